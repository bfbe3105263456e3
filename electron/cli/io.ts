import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Writable } from 'node:stream';
import { UsageError } from '#electron/browser-host/usage-error';

/** What a command sees of its process; tests hand in their own. */
export interface CliIo {
  stdin: Readable & { isTTY?: boolean };
  stdout(text: string): void;
  stderr(text: string): void;
  env: NodeJS.ProcessEnv;
  /** aborted by Ctrl-C and by the wish of the system to end the program */
  signal: AbortSignal;
}

const MAX_SECRET_CHARS = 64 * 1024;

/**
 * Reads one line from standard input, without its line break; typed input is not shown.
 * @param what names it in the prompt, as `Password`
 */
export async function readSecretLine(io: CliIo, what: string): Promise<string> {
  const isTyped = io.stdin.isTTY === true;
  if (isTyped) io.stderr(`${what}: `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: io.stdin, output: nowhere, terminal: isTyped });
  const stop = () => lines.close();
  io.signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const line of lines) {
      if (line.length > MAX_SECRET_CHARS) throw new UsageError(`${what}: the line is too long.`);
      return line;
    }
  } finally {
    io.signal.removeEventListener('abort', stop);
    lines.close();
    if (isTyped) io.stderr('\n');
  }
  io.signal.throwIfAborted();
  throw new UsageError(`${what}: nothing came in on standard input.`);
}
