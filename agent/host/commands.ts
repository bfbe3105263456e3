import { spawn } from 'node:child_process';
import { ERROR_MESSAGES, fail } from '#shared/contract/errors';
import type { CommandOptions, CommandResult, Commands } from '../ports';
import { codeOf } from './error-code';

const MAX_BYTES = 8 * 1024 * 1024;

/** Programs of this machine. Their output is in no language but C's. */
export const systemCommands: Commands = { run };

function run(
  argv: readonly [string, ...string[]],
  options: CommandOptions,
): Promise<CommandResult> {
  const [program, ...args] = argv;
  const { deadlineMs, input, maxBytes = MAX_BYTES, signal } = options;
  if (signal?.aborted) return Promise.reject(aborted(program));
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const child = spawn(program, args, {
    cwd: options.cwd ?? '/',
    env: { ...process.env, LC_ALL: 'C', ...options.env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    // a group of its own, so that the deadline also ends what it has started
    detached: true,
  });
  let isSettled = false;
  const settle = (end: () => void) => {
    if (isSettled) return;
    isSettled = true;
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    end();
  };
  // not waited for: a program stuck in the kernel does not even die of SIGKILL
  const kill = (why: Error) => {
    killGroup(child.pid);
    child.stdout?.destroy();
    child.stderr?.destroy();
    settle(() => reject(why));
  };
  const timer = setTimeout(
    () =>
      kill(
        fail(
          'TIMEOUT',
          { remedy: `Find out why ${program} hangs.`, detail: argv.join(' ') },
          `${program} did not end within ${deadlineMs / 1000} s.`,
        ),
      ),
    deadlineMs,
  );
  const abort = () => kill(aborted(program));
  signal?.addEventListener('abort', abort, { once: true });

  const outputs = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else
        kill(
          fail(
            'RESPONSE_TOO_LARGE',
            { remedy: 'Ask it for less.', detail: argv.join(' ') },
            `${program} printed more than ${maxBytes} bytes.`,
          ),
        );
    });
    return chunks;
  });
  const [out, err] = outputs.map((chunks) => () => Buffer.concat(chunks).toString('utf8'));
  // a program that reads no input closes the pipe, which is no failure
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);

  child.once('error', (error) => settle(() => reject(notStarted(program, error))));
  child.once('close', (code, killedBy) =>
    settle(() =>
      resolve({
        code: code ?? 128 + signalNumber(killedBy),
        stdout: out?.() ?? '',
        stderr: err?.() ?? '',
      }),
    ),
  );
  return promise;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

/** As a shell counts: 128 + the signal's number, of those that programs die of. */
function signalNumber(name: NodeJS.Signals | null): number {
  const numbers: Partial<Record<NodeJS.Signals, number>> = {
    SIGHUP: 1,
    SIGINT: 2,
    SIGABRT: 6,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGTERM: 15,
  };
  return name === null ? 0 : (numbers[name] ?? 0);
}

const aborted = (program: string) =>
  fail('ABORTED', { remedy: 'Run it again when you want to.', detail: program });

function notStarted(program: string, error: Error) {
  const code = codeOf(error);
  if (code === 'ENOENT') {
    return fail(
      'NOT_FOUND',
      { remedy: `Install ${program}, or put it on the PATH.`, detail: program },
      `${program} is not installed.`,
    );
  }
  const remedy = 'Look whether this user may run it.';
  return fail(
    'SERVER_ERROR',
    { remedy, detail: `${program}: ${code}` },
    ERROR_MESSAGES.SERVER_ERROR,
  );
}
