import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { LabHost } from '#tests/lab/host';

const LOOK =
  'while :; do s=$(sinfo -h -N -n "$1" -o %T 2>/dev/null); echo "$(date +%s%3N) $s"; sleep 0.05; done';

interface Look {
  at: number;
  /** SLURM's word; '' where it does not know the node, or nobody answers */
  state: string;
}

/** Looks some fifteen times a second whether a node works in the one cluster or the other. */
export class AwayWatch {
  readonly #children: ChildProcess[] = [];
  readonly #before: Look[];
  readonly #after: Look[];

  /** @param from a host of the cluster that it leaves, @param to one of the other */
  constructor(node: string, from: LabHost, to: LabHost) {
    this.#before = this.#watch(from, node);
    this.#after = this.#watch(to, node);
  }

  /**
   * From the last moment at which the old cluster could give it jobs to the first at which the new
   * one can, ms. It is drained as the last thing before it goes; what is waited for until then, as its
   * seat in the shared state, is no time away. @throws Error where it was not seen in both
   */
  get awayMs(): number {
    const works = ({ state }: Look) => /^(idle|mixed|allocated)$/.test(state);
    const first = this.#after.find(works);
    const last = this.#before.findLast((look) => works(look) && look.at < (first?.at ?? 0));
    if (first === undefined || last === undefined) throw new Error('It was not seen in both.');
    return first.at - last.at;
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const over = once(child, 'exit');
        child.kill('SIGKILL');
        await over;
      }),
    );
  }

  #watch(host: LabHost, node: string): Look[] {
    const [program, ...args] = host.enter(['sh', '-c', LOOK, 'sh', node]);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#children.push(child);
    const looks: Look[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [at = '', state = ''] = line.split(' ');
      looks.push({ at: Number(at), state: state.replace(/[^a-z]+$/, '') });
    });
    return looks;
  }
}
