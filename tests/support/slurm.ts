import { readFileSync } from 'node:fs';
import type {
  CommandOptions,
  CommandResult,
  Commands,
  DaemonSpec,
  DaemonState,
  Supervisor,
} from '#agent/ports';
import type { SlurmNode } from '#agent/roles/slurm/types';
import { fail } from '#shared/contract/errors';

type Program = (argv: readonly string[], options: CommandOptions) => Answer | Promise<Answer>;
type Answer = Partial<CommandResult> | string;

/** Programs as a test says; each call is kept. */
export class StagedCommands implements Commands {
  readonly calls: string[][] = [];
  readonly #programs = new Map<string, Program>();

  /** @param program answers from now on; a text is what it prints */
  on(name: string, program: Program): this {
    this.#programs.set(name, program);
    return this;
  }

  run: Commands['run'] = async (argv, options) => {
    this.calls.push([...argv]);
    const program = this.#programs.get(argv[0]);
    if (program === undefined) throw fail('NOT_FOUND', { remedy: `Install ${argv[0]}.` });
    const answer = await program(argv, options);
    const told = typeof answer === 'string' ? { stdout: answer } : answer;
    return { code: 0, stdout: '', stderr: '', ...told };
  };

  /** how often a program was run with this among its arguments */
  count(...words: string[]): number {
    return this.calls.filter((argv) => words.every((word) => argv.includes(word))).length;
  }
}

/**
 * What SLURM 22.05.8 printed in the lab, with this call's own marks.
 * Recorded with `squeue -h -a -o`, `sinfo -h -a -N -o` and SLURM_TIME_FORMAT=%s on three dynamic
 * nodes: jobs on one and over two, a held array, odd names; a node down, one draining.
 */
export function recorded(name: string, argv: readonly string[]): string {
  return readFileSync(fixture(name), 'utf8').replaceAll('\u001fMARK', markOf(argv));
}

const fixture = (name: string) => new URL(`../fixtures/slurm/${name}.txt`, import.meta.url);

/** Rows in the form of a listing, as the format in `argv` asks for them. */
export function listed(argv: readonly string[], rows: readonly string[][]): string {
  const mark = markOf(argv);
  return rows.map((fields) => `${fields.map((field) => field + mark).join('')}.\n`).join('');
}

function markOf(argv: readonly string[]): string {
  const format = argv.at(-1) ?? '';
  const digits = /^[0-9a-f]+/.exec(format.split('\u001f')[1] ?? '')?.[0];
  if (digits === undefined) throw new Error(`No listing was asked for: ${argv.join(' ')}`);
  return `\u001f${digits}`;
}

/** SLURM that answers as it was recorded. */
export function recordedSlurm(): StagedCommands {
  return new StagedCommands()
    .on('squeue', (argv) => recorded('squeue', argv))
    .on('sinfo', (argv) => recorded('sinfo', argv))
    .on('scontrol', () => readFileSync(fixture('ping'), 'utf8'));
}

/** Daemons that only say that they run; what was done to them is kept, as `start slurmd`. */
export class StagedSupervisor implements Supervisor {
  readonly done: string[] = [];
  readonly specs = new Map<string, DaemonSpec>();
  /** what a daemon does when it starts */
  onBegin: (name: string) => void = () => undefined;
  readonly #states = new Map<string, DaemonState>();

  start: Supervisor['start'] = async (spec) => {
    if (this.runs(spec.name)) return;
    this.#begin('start', spec);
  };

  restart: Supervisor['restart'] = async (spec) => this.#begin('restart', spec);

  stop: Supervisor['stop'] = async (name) => {
    this.done.push(`stop ${name}`);
    this.set(name, 'stopped');
  };

  signal: Supervisor['signal'] = async (name, signal) => {
    this.done.push(`${signal} ${name}`);
  };

  state: Supervisor['state'] = async (name) =>
    this.#states.get(name) ?? { state: 'stopped', pid: null, since: null, message: '' };

  runs(name: string): boolean {
    return this.#states.get(name)?.state === 'running';
  }

  /** What became of it by itself. */
  set(name: string, state: DaemonState['state'], message = ''): void {
    this.#states.set(name, { state, pid: state === 'running' ? 4711 : null, since: 0, message });
  }

  #begin(how: string, spec: DaemonSpec): void {
    this.done.push(`${how} ${spec.name}`);
    this.specs.set(spec.name, spec);
    this.set(spec.name, 'running');
    this.onBegin(spec.name);
  }
}

/** A node as SLURM lists it, on which no job is. */
export const slurmNode = (name: string, state: string): SlurmNode => ({
  name,
  state,
  drain: 'none',
  reason: '',
  cpus: 2,
  cpusAllocated: 0,
  partitions: ['batch'],
});
