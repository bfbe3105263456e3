import type { Clock, Commands, Logger } from '../../ports';
import type { Controller } from './controller';
import type { ControllerDoor, ListeningSocket } from './door';
import type { Partitions } from './partitions';

const ASK_MS = 3_000;
const POLL_MS = 25;
/** A node that does not answer keeps its calls open for longer than anybody should wait for. */
const LAUNCHES_MS = 2_000;
/** So may somebody who connects and says nothing, and a controller that is asked all the time. */
const QUIET_MS = 1_000;
/** Nobody gets through meanwhile. */
const SHUT_MS = 300;
const CALLS_POLL_MS = 5;

interface Deps {
  controller: Pick<Controller, 'stop' | 'daemon'>;
  door: ControllerDoor;
  partitions: Pick<Partitions, 'park'>;
  commands: Commands;
  clock: Clock;
  logger: Logger;
}

/**
 * Ends the controller at a moment when nothing is on its way. slurmctld drops what it has taken up
 * and not answered, and what stands in the queue of its port, and a job whose start is being told to
 * a node may be lost with its answer. So no job begins any more, then nobody new gets through, and
 * when all is answered it is stopped. What of this is not possible is done without.
 */
export class OrderlyEnd {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * @returns its listening socket, in whose queue waits whoever called since; null where it has none any more
   * @throws Failure TIMEOUT where it does not stop: nothing is forced
   */
  async stop(log: (line: string) => void): Promise<ListeningSocket | null> {
    const { controller, door, partitions, logger } = this.#deps;
    try {
      await partitions.park();
      log('no job begins any more');
      if (await this.#hasNoLaunches()) log('each job that began is told to its nodes');
    } catch (error) {
      logger.warn({ error }, 'Whether a job is just beginning is not known');
    }
    const { pid } = await controller.daemon();
    const socket = await door.lend(pid);
    try {
      // at a quiet moment hardly anybody new has to wait
      if (socket !== null) await this.#isQuiet(QUIET_MS);
      if (socket !== null && (await door.shut()) && (await this.#isQuiet(SHUT_MS))) {
        log('all who called slurmctld have their answer');
      }
      await controller.stop({ isPortKept: socket !== null });
      return socket;
    } catch (error) {
      socket?.close();
      throw error;
    } finally {
      await door.open();
    }
  }

  /** @returns false where a call of the controller to a node is on its way for too long */
  async #hasNoLaunches(): Promise<boolean> {
    const { commands, clock } = this.#deps;
    const until = clock.monotonic() + LAUNCHES_MS;
    while (clock.monotonic() < until) {
      const { code, stdout } = await commands.run(['sdiag'], { deadlineMs: ASK_MS });
      const counts = [...stdout.matchAll(/^Agent (?:queue size|count):\s+(\d+)/gm)];
      if (code !== 0) return false;
      if (counts.every(([, count]) => count === '0')) return true;
      await clock.sleep(POLL_MS);
    }
    return false;
  }

  /** @returns false where somebody holds a connection open for too long */
  async #isQuiet(withinMs: number): Promise<boolean> {
    const { door, clock } = this.#deps;
    const until = clock.monotonic() + withinMs;
    while ((await door.calls().catch(() => Number.NaN)) !== 0) {
      if (clock.monotonic() > until) return false;
      await clock.sleep(CALLS_POLL_MS);
    }
    return true;
  }
}
