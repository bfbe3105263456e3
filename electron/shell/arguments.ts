import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export interface ShellArguments {
  /** absolute; null means the default folder of this user */
  dataDir: string | null;
  demo: boolean;
  /** absolute paths of bundles that were opened with this program, as by double click */
  files: string[];
}

/**
 * Reads what Clusterdeck understands from a desktop program's command line: `--data DIR`, `--demo`
 * and bundles to open (paths, or file addresses as Linux desktops hand them over). Everything else on it (Chromium's switches, the app's path) is not ours and passes.
 * @param argv without the executable
 */
export function shellArguments(
  argv: readonly string[],
  env: { CLUSTERDECK_DATA?: string | undefined },
  workingDir: string,
): ShellArguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    options: { data: { type: 'string' }, demo: { type: 'boolean' } },
  });
  const named = typeof values.data === 'string' ? values.data : env.CLUSTERDECK_DATA;
  const dataDir = named === undefined || named === '' ? null : named;
  return {
    dataDir: dataDir === null || isAbsolute(dataDir) ? dataDir : resolve(workingDir, dataDir),
    demo: values.demo === true,
    files: positionals.flatMap((text) => bundlePath(text, workingDir)),
  };
}

function bundlePath(text: string, workingDir: string): string[] {
  if (!/\.cdeck$/i.test(text)) return [];
  if (!/^file:/i.test(text)) return [resolve(workingDir, text)];
  try {
    return [fileURLToPath(text)];
  } catch {
    // a file on another machine
    return [];
  }
}
