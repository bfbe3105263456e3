import { dirname, join } from 'node:path';
import { Failure, fail } from '#shared/contract/errors';
import type { Clock, Logger, Supervisor } from '../ports';
import type { Kept } from './kept';
import { type ClusterParts, movesOf, sideOf } from './places';
import {
  CROSSING_FILE,
  type CrossingRecord,
  readCrossing,
  removeCrossing,
  writeCrossing,
} from './record';
import { moveTree, namesIn, syncFolders } from './tree';

/** The answer is on its way before the agent goes. */
const ANSWER_MS = 100;
/** Who finds no way into the gaining cluster for so long goes back. */
const ARRIVAL_MS = 120_000;

export interface CrossingDeps {
  /** of the agent's state */
  root: string;
  parts: ClusterParts;
  kept: Kept;
  supervisor: Pick<Supervisor, 'stop'>;
  clock: Clock;
  logger: Logger;
}

/** How a node is to go. */
export type CrossingWish = Pick<CrossingRecord, 'operation' | 'from' | 'to' | 'direction' | 'jobs'>;

/**
 * This node's way from one cluster into another. What is to be done stands on the disk before anything
 * is done, and each thing may be done again: cut off anywhere, the next start of the agent goes on, so
 * that the node is in exactly one of the two in the end.
 */
export class Crossing {
  readonly #deps: CrossingDeps;
  readonly #path: string;
  #asked = Promise.withResolvers<void>();
  #isAsked = false;

  constructor(deps: CrossingDeps) {
    this.#deps = deps;
    this.#path = join(deps.root, CROSSING_FILE);
  }

  get kept(): Kept {
    return this.#deps.kept;
  }

  /** Resolves when this node is to cross: the agent is to be closed, and to begin anew. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** How far a crossing is; null where none is under way. @throws Failure STORE_BROKEN */
  pending(): Promise<CrossingRecord | null> {
    return readCrossing(this.#path);
  }

  /**
   * From here on this node crosses, whatever happens to it; comes back before it does.
   * @throws Failure REVISION_CHANGED while another crossing is under way
   */
  async begin(wish: CrossingWish): Promise<void> {
    const known = await this.pending();
    if (known !== null && !isSame(known, wish)) throw underWay(known);
    if (this.#isAsked) return;
    await writeCrossing(this.#path, { version: 1, ...wish, phase: 'leaving', turned: '' });
    this.#isAsked = true;
    const { resolve } = this.#asked;
    void this.#deps.clock.sleep(ANSWER_MS).then(resolve);
  }

  /** @throws Failure REVISION_CHANGED while a crossing of this operation is under way */
  async needOver(operation: string): Promise<void> {
    const known = await this.pending();
    if (known?.operation === operation) throw underWay(known);
  }

  /**
   * Does what is left of a crossing, while no agent is composed.
   * @returns whether the agent is to look for its new cluster under observation, see {@link watched}
   * @throws Failure where it can go neither on nor back
   */
  async carryOut(): Promise<boolean> {
    this.#asked = Promise.withResolvers();
    this.#isAsked = false;
    const found = await this.pending();
    if (found === null) return false;
    let record = found;
    if (record.phase === 'leaving') record = await this.#leave(record);
    if (record.phase === 'entering') record = await this.#enter(record);
    return record.phase === 'arriving';
  }

  /** The agent takes part in the cluster that it came to. */
  async arrived(): Promise<void> {
    const record = await this.pending();
    if (record?.phase !== 'arriving') return;
    await removeCrossing(this.#path);
    const { from, to, operation } = record;
    this.#deps.logger.info({ from: from.name, to: to.name, operation }, 'This node has crossed');
  }

  /**
   * Waits until it has arrived, and has it turn round where that takes too long.
   * @param arrival resolves when the agent takes part
   * @param signal ends the waiting
   */
  async watched(arrival: Promise<void>, signal: AbortSignal): Promise<'arrived' | 'turned'> {
    const late = this.#deps.clock.sleep(ARRIVAL_MS, signal).then(() => true);
    const isLate = await Promise.race([late, arrival.then(() => false)]);
    if (!isLate) {
      await this.arrived();
      return 'arrived';
    }
    const record = await this.pending();
    if (record?.phase !== 'arriving') return 'arrived';
    await this.#turn(record, `It found no way into ${record.to.name}.`, 'leaving');
    return 'turned';
  }

  async #leave(record: CrossingRecord): Promise<CrossingRecord> {
    const { logger } = this.#deps;
    try {
      await this.#stopDaemons();
      await this.#move(record, 'from');
    } catch (error) {
      // one that can go neither way tells so by ending
      if (!(error instanceof Failure) || record.turned !== '') throw error;
      logger.error({ err: error }, 'This node cannot leave its cluster, and stays there');
      return this.#turn(record, error.message, 'entering');
    }
    return this.#next({ ...record, phase: 'entering' });
  }

  async #enter(record: CrossingRecord): Promise<CrossingRecord> {
    const { kept, logger } = this.#deps;
    const { direction, operation, jobs, to } = record;
    if (direction === 'back') await kept.mend(operation);
    await this.#move(record, 'to');
    if (direction === 'over') return this.#next({ ...record, phase: 'arriving' });
    await kept.dropGaining(operation, jobs);
    await removeCrossing(this.#path);
    logger.info({ to: to.name, operation }, 'This node is back in its cluster');
    return record;
  }

  /** All of the cluster that it leaves; one that was stopped before is asked again in vain. */
  async #stopDaemons(): Promise<void> {
    const { parts, supervisor } = this.#deps;
    for (const row of parts.daemons) {
      await Promise.all(row.map(({ name, force }) => supervisor.stop(name, { force })));
    }
  }

  async #move(record: CrossingRecord, end: 'from' | 'to'): Promise<void> {
    const { parts, kept } = this.#deps;
    const { operation, direction } = record;
    const places = await parts.places();
    const side = sideOf(direction, end);
    const moves = await movesOf(places, record, side, kept.folder(operation), namesIn);
    for (const { place, kept: aside } of moves) {
      if (end === 'from') await moveTree(place, aside);
      else await moveTree(aside, place);
    }
    await syncFolders(moves.flatMap((move) => [dirname(move.place), dirname(move.kept)]));
  }

  #turn(
    record: CrossingRecord,
    why: string,
    phase: 'leaving' | 'entering',
  ): Promise<CrossingRecord> {
    const { direction, from, to } = record;
    return this.#next({
      ...record,
      direction: direction === 'over' ? 'back' : 'over',
      from: to,
      to: from,
      phase,
      turned: why,
    });
  }

  async #next(record: CrossingRecord): Promise<CrossingRecord> {
    await writeCrossing(this.#path, record);
    this.#deps.logger.info(
      { direction: record.direction, phase: record.phase, to: record.to.name },
      'This node crosses',
    );
    return record;
  }
}

const isSame = (record: CrossingRecord, { operation, direction, to }: CrossingWish) =>
  record.operation === operation && record.direction === direction && record.to.uuid === to.uuid;

const underWay = ({ from, to }: CrossingRecord) =>
  fail(
    'REVISION_CHANGED',
    { remedy: 'Wait until it is over.' },
    `This node is on its way from ${from.name} to ${to.name}.`,
  );
