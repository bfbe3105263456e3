import { Readable } from 'node:stream';
import { runCli } from '#electron/cli/program';
import type { KeyProtector } from '#electron/core/ports';

/** What one run of the command line left behind. */
export interface CliRun {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CliWorld {
  /** the data folder of every command */
  dataDir: string;
  env?: NodeJS.ProcessEnv;
  /** none: no key of a test may end up in the keychain of whoever runs it */
  protectors?: KeyProtector[];
}

/**
 * The command line in this process, on one data folder.
 * @returns a function that runs one command with its standard input
 */
export function commandLine({ dataDir, env = {}, protectors = [] }: CliWorld) {
  return async (
    args: readonly string[],
    options: {
      stdin?: string;
      env?: NodeJS.ProcessEnv;
      signal?: AbortSignal;
      /** hears what goes to standard output while the command runs */
      onOutput?: (text: string) => void;
    } = {},
  ): Promise<CliRun> => {
    let stdout = '';
    let stderr = '';
    const code = await runCli(
      ['--data', dataDir, ...args],
      {
        stdin: Readable.from([options.stdin ?? '']),
        stdout: (text) => {
          stdout += text;
          options.onOutput?.(text);
        },
        stderr: (text) => {
          stderr += text;
        },
        env: { ...env, ...options.env },
        signal: options.signal ?? new AbortController().signal,
      },
      { installation: { version: '0.0.0-test', rendererDir: '', cliPath: '' }, protectors },
    );
    return { code, stdout, stderr };
  };
}
