import { actionAnswer } from '#shared/contract/agent/actions';
import { type ErrorCode, Failure } from '#shared/contract/errors';
import type { JobRow, MemberRow } from '#shared/contract/inventory';
import { type SlurmAction, slurmAction } from '#shared/contract/operations';
import type { ItemCarrier, ItemRecord, ItemWork } from '../operations/carriers';
import type { Clock } from '../ports';
import { SLURM_ACTIONS, slurmEnd, slurmPath } from './slurm-words';
import type { AgentClients } from './types';

/** What was last seen of a cluster, and a way to look again. */
export interface SlurmSight {
  /** @throws Failure where the cluster could not be asked */
  look(uuid: string): Promise<void>;
  member(uuid: string, node: string): MemberRow | undefined;
  job(uuid: string, id: string): JobRow | undefined;
}

export interface SlurmCarrierDeps {
  clock: Clock;
  clients: Pick<AgentClients, 'get'>;
  sight: SlurmSight;
}

/** The agent asks SLURM, which may take its time, and reads back. */
const DEADLINE_MS = 45_000;
const LOOK_EVERY_MS = 3_000;
const LOOKS = 4;
const GIVE_UP_MS = 600_000;

/** After these the agent may have done it without our hearing of it. */
const UNCERTAIN: readonly ErrorCode[] = [
  'TIMEOUT',
  'UNREACHABLE',
  'ABORTED',
  'BAD_RESPONSE',
  'RESPONSE_TOO_LARGE',
];

/** Actions on SLURM: sent once; the agent tells what it read back, and else this desk looks. */
export class SlurmCarrier implements ItemCarrier {
  readonly word = 'slurm';
  readonly #deps: SlurmCarrierDeps;

  constructor(deps: SlurmCarrierDeps) {
    this.#deps = deps;
  }

  atOnce(action: string): number {
    return SLURM_ACTIONS[slurmAction.parse(action)].atOnce;
  }

  /** @param body what the agent is sent with it */
  perform(action: SlurmAction, body: object): ItemWork {
    return async (record, signal) => {
      const { clusterUuid, guestId } = record.read();
      const { clock, clients } = this.#deps;
      // stored before anything is sent: a program killed in between finds out by reading
      record.change({ state: 'running', startedAt: clock.now(), message: 'Sending' });
      try {
        const path = slurmPath(action, guestId);
        const client = clients.get(clusterUuid);
        const answer = await client.post(path, body, { deadlineMs: DEADLINE_MS });
        const said = actionAnswer.safeParse(answer.data);
        if (said.success) return record.end('done', said.data.state);
        return await this.#find(action, record, signal);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        const uncertain = error.data.outcome === 'unknown' && UNCERTAIN.includes(error.code);
        if (uncertain) return await this.#find(action, record, signal, error);
        record.end('failed', error.message, error);
      }
    };
  }

  takeUp(action: string): ItemWork {
    return (record, signal) => this.#find(slurmAction.parse(action), record, signal);
  }

  /** Finds out by looking whether it was done; never sends it again. */
  async #find(
    action: SlurmAction,
    record: ItemRecord,
    signal: AbortSignal,
    lost?: Failure,
  ): Promise<void> {
    const { clock, sight } = this.#deps;
    const { clusterUuid, guestId } = record.read();
    record.change({ message: 'Finding out whether it was done' });
    const until = clock.now() + GIVE_UP_MS;
    // more than one look, for what the agent knows is some seconds old
    for (let looked = 0; looked < LOOKS && clock.now() < until; ) {
      await clock.sleep(LOOK_EVERY_MS, signal);
      try {
        await sight.look(clusterUuid);
        looked += 1;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        continue;
      }
      const end = slurmEnd(action, {
        member: sight.member(clusterUuid, guestId.slice(guestId.indexOf('/') + 1)),
        job: sight.job(clusterUuid, guestId),
      });
      if (end !== null) return record.end('done', end);
    }
    const message = 'It is not known whether this was done. Look before trying again.';
    record.end('unknown', message, lost);
  }
}
