import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type AgentOperation, agentOperation } from '#shared/contract/agent/operations';
import type { LabHost } from '#tests/lab/host';

const ROOT = '/clusterdeck/';
const LIST = '/operations/list/';
/** One answer of `etcdctl watch`; only what is read. */
const watched = z.object({
  Events: z.array(z.object({ kv: z.object({ key: z.base64(), value: z.base64().default('') }) })),
});
const header = z.object({ header: z.object({ revision: z.number() }) });
const text = (base64: string) => Buffer.from(base64, 'base64').toString();

/**
 * Every state of an operation as it is written to the cluster's journal, heard from the store itself,
 * so that it is known within milliseconds and whatever becomes of the agents.
 */
export class JournalWatch {
  readonly #seen: AgentOperation[] = [];
  readonly #stop: () => void;
  readonly #listeners = new Set<(operation: AgentOperation) => void>();

  private constructor(host: LabHost, revision: number) {
    const from = ['--prefix', '--rev', String(revision)];
    const [program, ...args] = host.enter(['etcdctl', 'watch', ...from, '-w', 'json', ROOT]);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#stop = () => child.kill('SIGKILL');
    createInterface({ input: child.stdout }).on('line', (line) => {
      for (const operation of operationsIn(line)) {
        this.#seen.push(operation);
        for (const listener of this.#listeners) listener(operation);
      }
    });
  }

  /** Hears everything from now on. @param host a voter that stays */
  static async open(host: LabHost): Promise<JournalWatch> {
    const status = await host.must(['etcdctl', 'get', '-w', 'json', ROOT]);
    return new JournalWatch(host, header.parse(JSON.parse(status)).header.revision + 1);
  }

  /** All states so far, oldest first. */
  get seen(): readonly AgentOperation[] {
    return this.#seen;
  }

  /** The first state for which it holds, of those seen and those to come. */
  first(holds: (operation: AgentOperation) => boolean): Promise<AgentOperation> {
    const known = this.#seen.find(holds);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      const listener = (operation: AgentOperation) => {
        if (!holds(operation)) return;
        this.#listeners.delete(listener);
        resolve(operation);
      };
      this.#listeners.add(listener);
    });
  }

  close(): void {
    this.#stop();
  }
}

function operationsIn(line: string): AgentOperation[] {
  const answer = watched.safeParse(parsed(line));
  if (!answer.success) return [];
  return answer.data.Events.flatMap(({ kv }) => {
    if (kv.value === '' || !text(kv.key).includes(LIST)) return [];
    return agentOperation.safeParse(parsed(text(kv.value))).data ?? [];
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
