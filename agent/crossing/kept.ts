import { createHash } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import { privateFolder, writeWhole } from '../host/files';
import { parseEnrolment } from '../identity/enrolment';
import type { Enrolment } from '../identity/types';
import type { Clock } from '../ports';
import { keptJobs, type Place } from './places';
import { copyTree, filesBelow, isThere, namesIn, sumOf } from './tree';

const MANIFEST = 'kept.json';
const COPY = 'copy';
const JOBS = 'jobs';
const SNAPSHOT = 'state.snapshot';
const STAGED = 'enrolment.yaml';
const SIDES = ['losing', 'gaining'] as const;
/** They change while they are in use, and go aside as they are when the node crosses. */
const NOT_COPIED = new Set(['etcd', 'serf', 'samples.json']);
const WIPE_BYTES = 64 * 1024;

const cluster = z.object({ uuid: z.uuid(), name: z.string() });
const manifest = z.object({
  version: z.literal(1),
  operation: z.uuid(),
  cluster,
  /** unix ms */
  at: z.number(),
  whole: z.boolean(),
  /** folder of SLURM's jobs that is this node's to put aside; null: none is */
  jobs: z.string().nullable(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sum: z.string() })),
});
type Manifest = z.infer<typeof manifest>;

export interface KeptSummary {
  bytes: number;
  files: number;
  /** SHA-256 over the list of all sums */
  sum: string;
}

/** What is to be kept beside the places themselves. */
export interface KeepWish {
  operation: string;
  cluster: z.infer<typeof cluster>;
  /** see the manifest's */
  jobs: string | null;
  /** Writes a snapshot of the shared state there; null: this node keeps none. */
  snapshot: ((path: string) => Promise<unknown>) | null;
}

interface Deps {
  /** of the agent's state */
  root: string;
  places(): Promise<Place[]>;
  clock: Pick<Clock, 'now'>;
}

/** What lies on this node for the way back of a merge, in a folder for each operation. */
export class Kept {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  folder(operation: string): string {
    return join(this.#deps.root, 'kept', operation);
  }

  /**
   * Copies what a return needs and reads it back; what was kept before for this operation counts where
   * it is whole.
   * @throws Failure STORE_FULL | PERMISSION_DENIED | STORE_BROKEN where it reads back otherwise
   */
  async keep(wish: KeepWish): Promise<KeptSummary> {
    const { operation, jobs, snapshot } = wish;
    const known = await this.#manifest(operation);
    const isEnough = known !== null && (known.whole || snapshot === null);
    if (isEnough && (await this.#isWhole(known))) return summary(known);
    const folder = this.folder(operation);
    await privateFolder(folder);
    const copy = join(folder, COPY);
    await rm(copy, { recursive: true, force: true });
    await privateFolder(copy);
    for (const place of await this.#deps.places()) {
      if (!NOT_COPIED.has(place.name)) await copyPlace(place, join(copy, place.name));
    }
    if (snapshot !== null) await snapshot(join(copy, SNAPSHOT));
    if (jobs !== null && snapshot !== null && (await isThere(jobs))) {
      await copyTree(jobs, join(copy, JOBS));
    }
    const files = await Promise.all(
      (await filesBelow(copy)).map(async ({ path, bytes }) => {
        return { path, bytes, sum: await sumOf(join(copy, path)) };
      }),
    );
    const made: Manifest = {
      version: 1,
      operation,
      cluster: wish.cluster,
      at: this.#deps.clock.now(),
      whole: snapshot !== null,
      jobs,
      files,
    };
    await writeWhole(join(folder, MANIFEST), JSON.stringify(made));
    if (await this.#isWhole(made)) return summary(made);
    throw damaged(folder);
  }

  /** Whether all that was kept for this operation reads back as it was written. */
  async isIntact(operation: string): Promise<boolean> {
    const known = await this.#manifest(operation);
    return known !== null && (await this.#isWhole(known));
  }

  /** Lays the enrolment text of the gaining cluster ready. @throws Failure INVALID_INPUT */
  async stage(operation: string, text: string): Promise<void> {
    parseEnrolment(text, 'the enrolment of the gaining cluster');
    const folder = this.folder(operation);
    await privateFolder(folder);
    await writeWhole(join(folder, 'gaining', STAGED), text);
  }

  /** null where none lies ready */
  async staged(operation: string): Promise<Enrolment | null> {
    return this.#enrolment(join(this.folder(operation), 'gaining', STAGED));
  }

  /** Of the cluster that a return leads to; null where there is none of this operation. */
  async losing(operation: string): Promise<Enrolment | null> {
    const folder = this.folder(operation);
    return (
      (await this.#enrolment(join(folder, 'losing', STAGED))) ??
      (await this.#enrolment(join(folder, COPY, STAGED)))
    );
  }

  /** The folder of SLURM's jobs that was noted for this operation; null: none. */
  async jobs(operation: string): Promise<string | null> {
    return (await this.#manifest(operation))?.jobs ?? null;
  }

  /** What was copied stands in for what is missing among what was put aside. */
  async mend(operation: string): Promise<void> {
    const folder = this.folder(operation);
    for (const { name, path, takes } of await this.#deps.places()) {
      const [copy, aside] = [join(folder, COPY, name), join(folder, 'losing', name)];
      const isMissing = takes === undefined && !(await isThere(path)) && !(await isThere(aside));
      if (isMissing && (await isThere(copy))) {
        await privateFolder(join(folder, 'losing'));
        await copyTree(copy, aside);
      }
    }
  }

  /** Of what would be copied now. @param jobs see the manifest's */
  async bytes(jobs: string | null): Promise<number> {
    const places = (await this.#deps.places()).filter(({ name }) => !NOT_COPIED.has(name));
    const roots = [...places.map(({ path }) => path), ...(jobs === null ? [] : [jobs])];
    const files = await Promise.all(roots.map((root) => filesBelow(root)));
    return files.flat().reduce((sum, file) => sum + file.bytes, 0);
  }

  /** All operations that something is kept for. */
  async list(): Promise<
    { operation: string; cluster: Manifest['cluster']; at: number; intact: boolean }[]
  > {
    const found = await Promise.all(
      (await namesIn(join(this.#deps.root, 'kept'))).map(async (operation) => {
        const known = await this.#manifest(operation);
        if (known === null) return [];
        const { cluster: of, at } = known;
        return [{ operation, cluster: of, at, intact: await this.#isWhole(known) }];
      }),
    );
    return found.flat();
  }

  /** Deletes it all, what is secret first and overwritten. @returns how many files there were */
  async drop(operation: string): Promise<number> {
    const folder = this.folder(operation);
    const jobs = await this.jobs(operation);
    const besides = jobs === null ? [] : SIDES.map((side) => keptJobs(jobs, side, operation));
    const roots = [folder, ...besides];
    const count = (await Promise.all(roots.map((root) => filesBelow(root)))).flat().length;
    for (const side of [COPY, ...SIDES]) await this.#wipe(join(folder, side));
    for (const root of besides) await rm(root, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
    return count;
  }

  /** What came from the gaining cluster has no business on a node that went back. */
  async dropGaining(operation: string, jobs: string | null): Promise<void> {
    const folder = join(this.folder(operation), 'gaining');
    await this.#wipe(folder);
    await rm(folder, { recursive: true, force: true });
    if (jobs === null) return;
    await rm(keptJobs(jobs, 'gaining', operation), { recursive: true, force: true });
  }

  /** Takes secrets out of one side's folder. */
  async #wipe(side: string): Promise<void> {
    for (const { name, isSecret } of await this.#deps.places()) {
      if (!isSecret) continue;
      const root = join(side, name);
      for (const { path, bytes } of await filesBelow(root)) {
        await overwrite(join(root, path), bytes);
      }
      await rm(root, { recursive: true, force: true });
    }
  }

  async #manifest(operation: string): Promise<Manifest | null> {
    const text = await readFile(join(this.folder(operation), MANIFEST), 'utf8').catch(() => null);
    if (text === null) return null;
    try {
      return manifest.parse(JSON.parse(text));
    } catch {
      return null;
    }
  }

  async #isWhole({ operation, files }: Manifest): Promise<boolean> {
    const copy = join(this.folder(operation), COPY);
    const sums = await Promise.all(
      files.map(async ({ path, sum }) => {
        return sum === (await sumOf(join(copy, path)).catch(() => ''));
      }),
    );
    return sums.every(Boolean);
  }

  async #enrolment(path: string): Promise<Enrolment | null> {
    const text = await readFile(path, 'utf8').catch(() => null);
    return text === null ? null : parseEnrolment(text, path);
  }
}

async function copyPlace({ path, takes }: Place, to: string): Promise<void> {
  if (!(await isThere(path))) return;
  if (takes === undefined) return copyTree(path, to);
  await privateFolder(to);
  for (const name of (await namesIn(path)).filter(takes)) {
    await copyTree(join(path, name), join(to, name));
  }
}

/** Not all disks write where they wrote before; those that do keep nothing of it. */
async function overwrite(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const nothing = Buffer.alloc(WIPE_BYTES);
    for (let at = 0; at < bytes; at += WIPE_BYTES) {
      await file.write(nothing, 0, Math.min(WIPE_BYTES, bytes - at), at);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

function summary({ files }: Manifest): KeptSummary {
  const hash = createHash('sha256');
  for (const { path, sum } of files) hash.update(`${path}\0${sum}\n`);
  const bytes = files.reduce((all, file) => all + file.bytes, 0);
  return { bytes, files: files.length, sum: hash.digest('hex') };
}

const damaged = (folder: string) =>
  fail(
    'STORE_BROKEN',
    { remedy: 'Check the disk of this node.', path: folder },
    'What was kept for a return reads back otherwise than it was written.',
  );
