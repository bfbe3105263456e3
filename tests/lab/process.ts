import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process told apart from a later one of the same number by when it started. */
export interface ProcessId {
  pid: number;
  /** clock ticks since the machine's start, /proc/PID/stat field 22 */
  started: string;
}

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** @returns null where there is no such process (any more) */
export function identify(pid: number): ProcessId | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the program's name stands in brackets and may hold anything
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const started = fields[19];
    return started === undefined || fields[0] === 'Z' ? null : { pid, started };
  } catch {
    return null;
  }
}

export function isRunning(process: ProcessId): boolean {
  return identify(process.pid)?.started === process.started;
}

/** Kills exactly this process and returns when it is gone. */
export async function end(target: ProcessId): Promise<void> {
  if (isRunning(target)) process.kill(target.pid, 'SIGKILL');
  await until(() => !isRunning(target), `process ${target.pid} to end`);
}

/**
 * Asks again and again until the answer is neither false nor null nor undefined.
 * @throws Error with what was waited for, and the last error of `ask`, after `withinMs`
 */
export async function until<T>(
  ask: () => T | Promise<T>,
  what: string,
  { withinMs = 15_000, everyMs = 50 } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    let trouble = '';
    try {
      const answer = await ask();
      if (answer !== false && answer !== null && answer !== undefined) {
        return answer as Exclude<T, false | null | undefined>;
      }
    } catch (error) {
      trouble = `: ${String(error)}`;
    }
    if (performance.now() > deadline) {
      throw new Error(`Waited ${withinMs / 1000} s in vain for ${what}${trouble}`);
    }
    await sleep(everyMs);
  }
}

/** Runs a program to its end; killed after `deadlineMs`, which gives code 124. */
export function run(
  argv: readonly [string, ...string[]],
  { input = '', deadlineMs = 30_000 }: { input?: string | undefined; deadlineMs?: number } = {},
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), { stdio: 'pipe' });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
      // what it started may still hold the pipes
      child.stdout.destroy();
      child.stderr.destroy();
    }, deadlineMs);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({
        code: late ? 124 : (code ?? 137),
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      });
    });
  });
}

/** As `run`; @returns what it printed; @throws Error with what it complained of */
export async function must(
  argv: readonly [string, ...string[]],
  options: { input?: string; deadlineMs?: number } = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(argv, options);
  if (code === 0) return stdout;
  throw new Error(`${argv.join(' ')} ended with ${code}: ${(stderr || stdout).trim()}`);
}
