import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Clock, Logger } from '../../ports';
import { DOOR_SCRIPT } from './door-script';
import { CONTROLLER_PORT, NODE_PORT } from './port';

/** What `Server.listen` takes for a socket that listens already. */
export interface ListeningSocket {
  close(): void;
}

/**
 * Keeps new calls away from a controller that is about to end, so that it ends when it has answered
 * all others: what it has not answered when it ends is lost, and its client is told so.
 */
export interface ControllerDoor {
  /**
   * Lends this agent the controller's own listening socket. It outlives the controller: whoever calls
   * after its end waits in its queue. Nothing changes yet.
   * @param pid of the controller; null: whoever listens there
   * @returns what `Server.listen` takes; null where this machine cannot do so
   */
  lend(pid: number | null): Promise<ListeningSocket | null>;
  /**
   * From now on nobody new gets to the controller. Whoever calls waits, and the kernels at both ends see
   * to it that he gets through when it is open again. It opens by itself when the controller has closed its port, or this agent
   * ends.
   * @returns false where it was not lent or stays open
   */
  shut(): Promise<boolean>;
  /** Opens it, also where an agent that was killed left it shut. */
  open(): Promise<void>;
  /**
   * Connections of the controller here that are not over: those which it answers or has yet to take
   * up, and its own to nodes.
   * @throws where the kernel does not tell
   */
  calls(): Promise<number>;
}

export interface DoorOptions {
  clock: Clock;
  logger: Logger;
  /** default: the controller's */
  port?: number;
  /** default: slurmd's */
  nodePort?: number;
}

/** number of that system call on 64-bit Linux */
const SENDMSG: Partial<Record<NodeJS.Architecture, number>> = { x64: 46, arm64: 211 };

const TELL_MS = 3_000;
/** as /proc/net/tcp has them */
const ESTABLISHED = '01';
const SYN_SENT = '02';
const CLOSE_WAIT = '08';

export function createDoor(options: DoorOptions): ControllerDoor {
  return new FilteredDoor(options);
}

class FilteredDoor implements ControllerDoor {
  readonly #options: DoorOptions;
  #keeper: ChildProcess | null = null;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  async lend(pid: number | null): Promise<ListeningSocket | null> {
    if (this.#keeper !== null) await this.open();
    const keeper = this.#run('lend', pid);
    this.#keeper = keeper;
    const words: string[] = [];
    keeper.stderr?.on('data', (chunk: Buffer) => words.push(String(chunk)));
    keeper.once('error', ({ message }) => words.push(message));
    const answer = await this.#answer(keeper);
    if (isListening(answer?.socket)) return answer.socket;
    const detail = words.join('').slice(0, 500);
    this.#options.logger.warn({ detail }, 'The socket of the SLURM controller cannot be lent');
    await this.open();
    return null;
  }

  async shut(): Promise<boolean> {
    const keeper = this.#keeper;
    if (keeper === null) return false;
    const answer = this.#answer(keeper);
    keeper.stdin?.write('shut\n');
    return (await answer)?.is === 'shut';
  }

  async open(): Promise<void> {
    const keeper = this.#keeper ?? this.#run('open', null);
    this.#keeper = null;
    keeper.stdin?.end();
    if (keeper.exitCode !== null || keeper.signalCode !== null) return;
    await this.#within(
      new Promise((resolve) => {
        keeper.once('error', resolve);
        keeper.once('exit', resolve);
      }),
    );
  }

  async calls(): Promise<number> {
    const { port = CONTROLLER_PORT, nodePort = NODE_PORT } = this.#options;
    const tables = await Promise.all([
      readFile('/proc/net/tcp', 'latin1'),
      // absent where IPv6 is switched off
      readFile('/proc/net/tcp6', 'latin1').catch(() => ''),
    ]);
    return tables.reduce((sum, table) => sum + callsIn(table, port, nodePort), 0);
  }

  /** @returns null where it ends without a word, or takes too long */
  #answer(keeper: ChildProcess): Promise<Answer | null> {
    return this.#within(
      new Promise<Answer | null>((resolve) => {
        keeper.once('message', (message, socket: unknown) => {
          resolve({ is: said.safeParse(message).data?.is ?? '', socket });
        });
        keeper.once('close', () => resolve(null));
      }),
    );
  }

  #run(wish: 'lend' | 'open', pid: number | null): ChildProcess {
    const { port = CONTROLLER_PORT } = this.#options;
    const sendmsg = SENDMSG[process.arch] ?? 0;
    const words = [port, wish, sendmsg, pid ?? 0].map(String);
    const child = spawn('perl', ['-e', DOOR_SCRIPT, ...words], {
      stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
      // what ends this agent's group must not end it: it opens first
      detached: true,
    });
    // without perl nothing can be shut, which whoever waits is told
    child.once('error', () => undefined);
    child.stdin?.on('error', () => undefined);
    return child;
  }

  /** @returns null where it takes too long */
  async #within<T>(work: Promise<T>): Promise<T | null> {
    const over = new AbortController();
    const late = this.#options.clock.sleep(TELL_MS, over.signal).then(
      () => null,
      () => null,
    );
    try {
      return await Promise.race([work, late]);
    } finally {
      over.abort();
    }
  }
}

/** What the script says, and the socket that comes with it. */
interface Answer {
  is: string;
  socket: unknown;
}
const said = z.object({ is: z.string() });

const isListening = (value: unknown): value is ListeningSocket =>
  typeof value === 'object' && value !== null && 'close' in value;

/** @param table as `/proc/net/tcp` has it: addresses as `0100007F:1AA1`, then the state */
function callsIn(table: string, port: number, nodePort: number): number {
  const [here, there] = [port, nodePort].map(
    (one) => `:${one.toString(16).toUpperCase().padStart(4, '0')}`,
  ) as [string, string];
  return table.split('\n').filter((row) => {
    const [, local = '', remote = '', state = ''] = row.trim().split(/\s+/);
    return (
      (local.endsWith(here) && [ESTABLISHED, CLOSE_WAIT].includes(state)) ||
      (remote.endsWith(there) && [ESTABLISHED, SYN_SENT].includes(state))
    );
  }).length;
}
