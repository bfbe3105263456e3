import { createServer, type Server, type Socket } from 'node:net';
import { fail } from '#shared/contract/errors';
import { codeOf } from '../../host/error-code';
import type { Clock, Logger } from '../../ports';
import type { ListeningSocket } from './door';
import { CONTROLLER_PORT, connectTo } from './port';

/** Hands on what comes for a controller that now works elsewhere. */
export interface ControllerRelay {
  /** id of the node it leads to; null: it is closed */
  readonly to: string | null;
  /**
   * Opens it at `own`, or turns it to another node.
   * @param socket of the controller that was here; whoever waits in its queue is served
   * @throws Failure SERVER_ERROR where the port is taken
   */
  open(
    own: string,
    to: { id: string; address: string },
    socket?: ListeningSocket | null,
  ): Promise<void>;
  /** Gives the port free at once. Who waits still is led to the controller that then starts here. */
  close(): Promise<void>;
  /** Closes it and cuts off whoever is in it. */
  end(): Promise<void>;
}

/** Those who called while it led to one place. */
interface Line {
  own: string;
  to: string;
  /** one looks for the other end on behalf of all that wait */
  whenUp: Promise<void> | null;
}

export interface RelayOptions {
  clock: Clock;
  logger: Logger;
  /** of both ends; default: the controller's */
  port?: number;
  targetPort?: number;
  /** how long a caller waits for the other end */
  holdMs?: number;
  maxCallers?: number;
}

const CONNECT_MS = 2_000;
const HOLD_MS = 45_000;
const POLL_MS = 20;
const MAX_CALLERS = 1_024;
/** SLURM's connections are short; one that says nothing for so long is forgotten by both ends. */
const SILENCE_MS = 300_000;

export function createRelay(options: RelayOptions): ControllerRelay {
  return new TcpRelay(options);
}

/**
 * TCP, byte by byte. Whoever calls while the other end does not answer yet waits, so that a
 * submission takes longer instead of failing.
 */
class TcpRelay implements ControllerRelay {
  readonly #options: RelayOptions;
  readonly #callers = new Set<Socket>();
  readonly #ends = new AbortController();
  #open: { server: Server; line: Line; to: string } | null = null;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  get to(): string | null {
    return this.#open?.to ?? null;
  }

  async open(
    own: string,
    { id, address: to }: { id: string; address: string },
    socket: ListeningSocket | null = null,
  ): Promise<void> {
    const line = this.#open?.line;
    if (line?.own === own && line.to === to) return;
    await this.close();
    const { logger, port = CONTROLLER_PORT, maxCallers = MAX_CALLERS } = this.#options;
    const next: Line = { own, to, whenUp: null };
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      void this.#serve(socket, next);
    });
    server.maxConnections = maxCallers;
    await listen(server, socket ?? { host: own, port }, port);
    this.#open = { server, line: next, to: id };
    logger.info({ to }, 'What comes for the SLURM controller is handed on');
  }

  async close(): Promise<void> {
    if (this.#open === null) return;
    const { server, line } = this.#open;
    this.#open = null;
    // its port is free at once, while those who are through already talk on
    server.close();
    line.to = line.own;
    this.#options.logger.info({}, 'Nothing is handed on to another SLURM controller any more');
  }

  async end(): Promise<void> {
    await this.close();
    this.#ends.abort();
    for (const socket of this.#callers) socket.destroy();
  }

  async #serve(caller: Socket, line: Line): Promise<void> {
    this.#callers.add(caller);
    caller.once('close', () => this.#callers.delete(caller));
    caller.on('error', () => caller.destroy());
    const other = await this.#reach(line, caller).catch(() => null);
    if (other === null || caller.destroyed || this.#ends.signal.aborted) {
      other?.destroy();
      caller.destroy();
      return;
    }
    join(caller, other);
    join(other, caller);
    caller.resume();
  }

  /** @returns null where the caller went away, or waited for too long */
  async #reach(line: Line, caller: Socket): Promise<Socket | null> {
    const { clock, port = CONTROLLER_PORT, targetPort = port, holdMs = HOLD_MS } = this.#options;
    const { signal } = this.#ends;
    const until = clock.monotonic() + holdMs;
    while (!signal.aborted && !caller.destroyed && clock.monotonic() < until) {
      const socket = await connectTo(line.to, targetPort, CONNECT_MS).catch(() => null);
      if (socket !== null) return socket;
      line.whenUp ??= this.#poll(line, targetPort).finally(() => {
        line.whenUp = null;
      });
      await Promise.race([line.whenUp, clock.sleep(until - clock.monotonic(), signal)]);
    }
    return null;
  }

  async #poll(line: Line, port: number): Promise<void> {
    const { signal } = this.#ends;
    while (!signal.aborted && this.#callers.size > 0) {
      await this.#options.clock.sleep(POLL_MS, signal);
      const socket = await connectTo(line.to, port, CONNECT_MS).catch(() => null);
      socket?.destroy();
      if (socket !== null) return;
    }
  }
}

/** Each side may end its half by itself; a broken one breaks the other. */
function join(from: Socket, to: Socket): void {
  from.setTimeout(SILENCE_MS, () => from.destroy());
  from.on('error', () => to.destroy());
  from.once('close', (hadError) => {
    if (hadError || !from.readableEnded) to.destroy();
  });
  from.pipe(to);
}

async function listen(
  server: Server,
  at: ListeningSocket | { host: string; port: number },
  port: number,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(at, resolve);
  try {
    await promise;
    server.off('error', reject);
    server.on('error', () => undefined);
  } catch (error) {
    const remedy = `Find out what listens on port ${port} of this node, then wait a moment.`;
    throw fail(
      'SERVER_ERROR',
      { remedy, detail: codeOf(error) },
      'What comes for the SLURM controller cannot be handed on.',
    );
  }
}
