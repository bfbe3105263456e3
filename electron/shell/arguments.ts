import { isAbsolute, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface ShellArguments {
  /** absolute; null means the default folder of this user */
  dataDir: string | null;
  demo: boolean;
}

/**
 * Reads what Clusterdeck understands from a desktop program's command line: `--data DIR` and
 * `--demo`. Everything else on it (Chromium's switches, the app's path) is not ours and passes.
 * @param argv without the executable
 */
export function shellArguments(
  argv: readonly string[],
  env: { CLUSTERDECK_DATA?: string | undefined },
  workingDir: string,
): ShellArguments {
  const { values } = parseArgs({
    args: [...argv],
    strict: false,
    options: { data: { type: 'string' }, demo: { type: 'boolean' } },
  });
  const named = typeof values.data === 'string' ? values.data : env.CLUSTERDECK_DATA;
  const dataDir = named === undefined || named === '' ? null : named;
  return {
    dataDir: dataDir === null || isAbsolute(dataDir) ? dataDir : resolve(workingDir, dataDir),
    demo: values.demo === true,
  };
}
