import type { z } from 'zod';
import { Failure } from '#shared/contract/errors';
import type { StepContext } from '../../engine/types';
import type { Hand } from '../../hands/types';
import { translateDependency } from '../carry/dependency';
import {
  cancelCarried,
  findCarried,
  holdJob,
  type JobParcel,
  packJob,
  unholdJob,
  unpackJob,
} from '../carry-hands';
import { lookAtDrain, type MergeJob } from '../hands';
import { CarriedJobs, type CarriedRecord } from './carried';
import { forEach, type MergeGround } from './ground';

const AT_ONCE = 4;
const SUBMIT_MS = 30_000;

type Call = <In extends z.ZodType, Out extends z.ZodType>(
  hand: Hand<In, Out>,
  input: z.input<In>,
) => Promise<z.output<Out>>;

/** What became of a job in one round. */
type Fate = 'carried' | 'gone' | 'later' | 'stays';

/**
 * Carries pending jobs from one cluster to the other, each once: held at its old place, submitted held
 * at the new one under a key that names it, then cancelled at the old and released at the new place.
 * Wherever it is cut off, it goes on from what both clusters and the records say.
 */
export class Carrier {
  readonly #ground: MergeGround;
  readonly #context: StepContext;
  readonly #records: CarriedJobs;
  /** controller of the gaining cluster */
  readonly #gaining: Call;
  readonly #losing: Call;

  /** @param node id of a node of the gaining cluster with SLURM's commands */
  constructor(ground: MergeGround, context: StepContext, node: string) {
    this.#ground = ground;
    this.#context = context;
    this.#records = new CarriedJobs(ground.deps.state, context);
    this.#gaining = (hand, input) => ground.here(context, node, hand, input, SUBMIT_MS);
    this.#losing = (hand, input) => ground.there(context, hand, input, undefined, SUBMIT_MS);
  }

  /**
   * Everything that can be carried now.
   * @param jobs pending in the losing cluster
   * @returns why others stay there, by their numbers
   */
  async over(jobs: readonly MergeJob[]): Promise<Map<string, string>> {
    const why = new Map<string, string>();
    const known = new Map((await this.#records.list()).map((one) => [one.id, one]));
    await this.#finish([...known.values()]);
    let left = jobs.filter(({ stays }) => stays === '');
    for (let isMoving = true; isMoving && left.length > 0; ) {
      const later: MergeJob[] = [];
      const before = left.length;
      await forEach(left, AT_ONCE, async (job) => {
        const fate = await this.#carry(job, known, why);
        if (fate === 'later') later.push(job);
      });
      isMoving = later.length < before;
      left = later;
    }
    for (const { id } of left) {
      why.set(id, 'It waits for a job that is not carried over.');
      await this.#letGo(id, known.get(id));
    }
    return why;
  }

  /** What was not begun at its new place goes back to its old one. */
  async back(): Promise<void> {
    const { losing } = this.#ground.params;
    const records = await this.#records.list();
    if (records.length === 0) return;
    const { pending } = await this.#losing(lookAtDrain, {});
    const originals = new Set(pending.map(({ id }) => id));
    const { jobs } = await this.#gaining(findCarried, { from: losing.uuid });
    const there = new Map(jobs.map((job) => [job.key, job]));
    const numbers = new Map(records.flatMap(({ to, back }) => pairOf(to, back)));
    let left = records.filter(({ isSettled }) => !isSettled);
    for (let isMoving = true; isMoving && left.length > 0; ) {
      const later: CarriedRecord[] = [];
      for (const record of left) {
        const job = there.get(`${losing.uuid}/${record.id}`) ?? null;
        const isDone = originals.has(record.id)
          ? await this.#takeBack(record, job?.id ?? null, numbers)
          : await this.#carryBack(record, job, numbers);
        if (!isDone) later.push(record);
      }
      isMoving = later.length < left.length;
      left = later;
    }
    for (const record of left) {
      const job = there.get(`${losing.uuid}/${record.id}`);
      if (job !== undefined && !record.wasHeld) await this.#gaining(unholdJob, { id: job.id });
      this.#context.log(`job ${record.id} stays: what it waits for has begun`);
    }
    await this.#records.clear();
  }

  /** Those that were cut off on their last step: only the new one is there. */
  async #finish(records: readonly CarriedRecord[]): Promise<void> {
    const open = records.filter(({ to, isReleased }) => to !== null && !isReleased);
    if (open.length === 0) return;
    const { pending } = await this.#losing(lookAtDrain, {});
    for (const record of open) {
      const isThere = pending.some(({ id }) => id === record.id);
      if (!isThere && record.to !== null) await this.#release(record, record.to);
    }
  }

  async #carry(
    job: MergeJob,
    known: Map<string, CarriedRecord>,
    why: Map<string, string>,
  ): Promise<Fate> {
    const { id, user } = job;
    const { operation } = this.#context;
    const held = await this.#losing(holdJob, { id, operation });
    const before = known.get(id);
    if (held.state === 'gone') {
      if (before !== undefined && before.to === null) await this.#dropCopy(id);
      return 'gone';
    }
    const { wasHeld } = before ?? held;
    const record: CarriedRecord = before ?? {
      id,
      user,
      to: null,
      wasHeld,
      isReleased: false,
      back: null,
      isSettled: false,
    };
    known.set(id, record);
    await this.#records.put(record);
    const packed = await this.#losing(packJob, { id, wasHeld });
    if (packed.parcel === null) {
      why.set(id, packed.why);
      await this.#letGo(id, record);
      return 'stays';
    }
    const numbers = new Map([...known.values()].flatMap((one) => pairOf(one.id, one.to)));
    const dependency = translateDependency(packed.parcel.dependency, numbers);
    if (dependency === null) return 'later';
    const to = await this.#submit(this.#gaining, packed.parcel, dependency, why);
    if (to === null) {
      await this.#letGo(id, record);
      return 'stays';
    }
    const carried = { ...record, to };
    known.set(id, carried);
    await this.#records.put(carried);
    await this.#losing(cancelCarried, { id, operation });
    await this.#release(carried, to);
    known.set(id, { ...carried, isReleased: true });
    return 'carried';
  }

  /** Its user ended it before it was carried: nothing of it stays at the new place. */
  async #dropCopy(id: string): Promise<void> {
    const { uuid } = this.#ground.params.losing;
    const { jobs } = await this.#gaining(findCarried, { from: uuid });
    const copy = jobs.find(({ key }) => key === `${uuid}/${id}`);
    const { operation } = this.#context;
    if (copy !== undefined) await this.#gaining(cancelCarried, { id: copy.id, operation });
    await this.#records.remove(id);
  }

  /** @returns its number; null where the new place does not take it yet */
  async #submit(
    to: Call,
    parcel: JobParcel,
    dependency: string,
    why: Map<string, string>,
  ): Promise<string | null> {
    try {
      return (await to(unpackJob, { parcel, dependency })).id;
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'PARAMETER_REFUSED') throw error;
      why.set(parcel.id, `${error.message} ${error.data.remedy}`.trim());
      return null;
    }
  }

  async #release(record: CarriedRecord, to: string): Promise<void> {
    if (!record.wasHeld) await this.#gaining(unholdJob, { id: to });
    await this.#records.put({ ...record, isReleased: true });
    this.#context.log(`job ${record.id} of ${record.user} goes on waiting as ${to}`);
  }

  /** It stays where it is, as it was before. */
  async #letGo(id: string, record: CarriedRecord | undefined): Promise<void> {
    if (record?.wasHeld !== true) await this.#losing(unholdJob, { id });
    await this.#records.remove(id);
  }

  /** The original is still there, held: the copy goes. */
  async #takeBack(
    record: CarriedRecord,
    copy: string | null,
    numbers: Map<string, string>,
  ): Promise<boolean> {
    const { operation } = this.#context;
    if (copy !== null) {
      await this.#gaining(cancelCarried, { id: copy, operation });
      numbers.set(copy, record.id);
    }
    if (!record.wasHeld) await this.#losing(unholdJob, { id: record.id });
    return this.#settled({ ...record, to: copy ?? record.to, back: record.id });
  }

  /** @returns false where it waits for another one that is not back yet */
  async #carryBack(
    record: CarriedRecord,
    job: { id: string; state: string } | null,
    numbers: Map<string, string>,
  ): Promise<boolean> {
    const { operation } = this.#context;
    if (record.back !== null) return this.#settle(record, record.back, job, numbers);
    // what has begun, or is over, is the gaining cluster's
    if (job === null || job.state !== 'PENDING') return this.#settled(record);
    const held = await this.#gaining(holdJob, { id: job.id, operation });
    if (held.state === 'gone') return this.#settled(record);
    const wasHeld = record.isReleased ? held.wasHeld : record.wasHeld;
    const packed = await this.#gaining(packJob, { id: job.id, wasHeld });
    if (packed.parcel === null) {
      this.#context.log(`job ${job.id} stays: ${packed.why}`);
      if (!wasHeld) await this.#gaining(unholdJob, { id: job.id });
      return this.#settled(record);
    }
    const dependency = translateDependency(packed.parcel.dependency, numbers);
    if (dependency === null) return false;
    const { id: back } = await this.#losing(unpackJob, { parcel: packed.parcel, dependency });
    const returned = { ...record, wasHeld, back };
    await this.#records.put(returned);
    return this.#settle(returned, back, job, numbers);
  }

  async #settle(
    record: CarriedRecord,
    back: string,
    job: { id: string; state: string } | null,
    numbers: Map<string, string>,
  ): Promise<boolean> {
    const { operation } = this.#context;
    if (record.to !== null) numbers.set(record.to, back);
    if (job !== null) await this.#gaining(cancelCarried, { id: job.id, operation });
    if (!record.wasHeld) await this.#losing(unholdJob, { id: back });
    this.#context.log(`job ${job?.id ?? record.to} of ${record.user} waits here again as ${back}`);
    return this.#settled(record);
  }

  /** It is noted until all are back: others may wait for it. */
  async #settled(record: CarriedRecord): Promise<boolean> {
    await this.#records.put({ ...record, isSettled: true });
    return true;
  }
}

const pairOf = (from: string | null, to: string | null): [string, string][] =>
  from === null || to === null ? [] : [[from, to]];
