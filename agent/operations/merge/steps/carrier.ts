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
type Fate = 'submitted' | 'gone' | 'later' | 'stays';

/**
 * Carries pending jobs from one cluster to the other, each once: held at its old place, submitted held
 * at the new one under a key that names it, then cancelled at the old and released at the new place.
 * None is cancelled before all are submitted: SLURM takes the end of a job for what others wait for.
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
    const submitted: string[] = [];
    for (let isMoving = true; isMoving && left.length > 0; ) {
      const later: MergeJob[] = [];
      const before = left.length;
      await forEach(left, AT_ONCE, async (job) => {
        const fate = await this.#submitHeld(job, known, why);
        if (fate === 'later') later.push(job);
        if (fate === 'submitted') submitted.push(job.id);
      });
      isMoving = later.length < before;
      left = later;
    }
    await forEach(submitted, AT_ONCE, async (id) => {
      const record = known.get(id);
      if (record !== undefined) await this.#handOver(record);
    });
    for (const { id } of left) {
      why.set(id, 'It waits for a job that is not carried over.');
      await this.#letGo(id);
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
    const copyOf = ({ id }: CarriedRecord) => there.get(`${losing.uuid}/${id}`) ?? null;
    const returned: CarriedRecord[] = [];
    let left = records.filter(({ isSettled }) => !isSettled);
    for (let isMoving = true; isMoving && left.length > 0; ) {
      const later: CarriedRecord[] = [];
      for (const record of left) {
        const copy = copyOf(record);
        const fate = originals.has(record.id)
          ? { ...record, to: copy?.id ?? record.to, back: record.id }
          : await this.#submitBack(record, copy, numbers);
        if (fate === 'later') later.push(record);
        if (typeof fate === 'string') continue;
        if (fate.to !== null && fate.back !== null) numbers.set(fate.to, fate.back);
        returned.push(fate);
      }
      isMoving = later.length < left.length;
      left = later;
    }
    for (const record of returned) await this.#settle(record, copyOf(record)?.id ?? null);
    for (const record of left) {
      const job = copyOf(record);
      if (job !== null) await this.#gaining(unholdJob, { id: job.id });
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

  /** Held at both places then, and known by both numbers. */
  async #submitHeld(
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
      await this.#letGo(id);
      return 'stays';
    }
    const numbers = new Map([...known.values()].flatMap((one) => pairOf(one.id, one.to)));
    const dependency = translateDependency(packed.parcel.dependency, numbers);
    if (dependency === null) return 'later';
    const to = await this.#submit(this.#gaining, packed.parcel, dependency, why);
    if (to === null) {
      await this.#letGo(id);
      return 'stays';
    }
    const carried = { ...record, to };
    known.set(id, carried);
    await this.#records.put(carried);
    return 'submitted';
  }

  /** From here on it waits at its new place alone, unless its user ended it meanwhile. */
  async #handOver(record: CarriedRecord): Promise<void> {
    const { id, to } = record;
    if (to === null) return;
    const { operation } = this.#context;
    const { state } = await this.#losing(holdJob, { id, operation });
    if (state === 'gone') return this.#dropCopy(id);
    await this.#losing(cancelCarried, { id, operation });
    await this.#release(record, to);
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
  async #letGo(id: string): Promise<void> {
    await this.#losing(unholdJob, { id });
    await this.#records.remove(id);
  }

  /**
   * Held at both places then.
   * @returns with its number there; `later` where it waits for another one that is not back yet,
   * `stays` where it is the gaining cluster's
   */
  async #submitBack(
    record: CarriedRecord,
    job: { id: string; state: string } | null,
    numbers: ReadonlyMap<string, string>,
  ): Promise<CarriedRecord | 'later' | 'stays'> {
    const { operation } = this.#context;
    if (record.back !== null) return record;
    const stays = async () => {
      await this.#records.put({ ...record, isSettled: true });
      return 'stays' as const;
    };
    // what has begun, or is over, is the gaining cluster's
    if (job === null || job.state !== 'PENDING') return stays();
    const held = await this.#gaining(holdJob, { id: job.id, operation });
    if (held.state === 'gone') return stays();
    const wasHeld = record.isReleased ? held.wasHeld : record.wasHeld;
    const packed = await this.#gaining(packJob, { id: job.id, wasHeld });
    if (packed.parcel === null) {
      this.#context.log(`job ${job.id} stays: ${packed.why}`);
      await this.#gaining(unholdJob, { id: job.id });
      return stays();
    }
    const dependency = translateDependency(packed.parcel.dependency, numbers);
    if (dependency === null) return 'later';
    const { id: back } = await this.#losing(unpackJob, { parcel: packed.parcel, dependency });
    const returned = { ...record, wasHeld, back };
    await this.#records.put(returned);
    return returned;
  }

  /** It waits at its old place alone, as it was before. It is noted until all are: others wait for it. */
  async #settle(record: CarriedRecord, copy: string | null): Promise<void> {
    const { id, back, user, wasHeld } = record;
    if (back === null) return;
    const { operation } = this.#context;
    if (copy !== null) await this.#gaining(cancelCarried, { id: copy, operation });
    const isOriginal = back === id;
    if (isOriginal || !wasHeld) await this.#losing(unholdJob, { id: back });
    if (!isOriginal)
      this.#context.log(`job ${copy ?? record.to} of ${user} waits here again as ${back}`);
    await this.#records.put({ ...record, isSettled: true });
  }
}

const pairOf = (from: string | null, to: string | null): [string, string][] =>
  from === null || to === null ? [] : [[from, to]];
