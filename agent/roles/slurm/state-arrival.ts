import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, chown, lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail } from '#shared/contract/errors';
import { told } from '../../host/files';
import type { Member, Peers } from '../../membership/types';
import type { Clock, Commands } from '../../ports';
import type { Account } from './machine';
import { inParallel, isOurs, OURS_IN_FOLDER, stateFiles } from './state-facts';
import { MARK, type StateSave } from './state-save';
import {
  type ListedFile,
  listAnswer,
  MAX_PART_BYTES,
  type Part,
  readAnswer,
  STATE_PATH,
  type StateRequest,
  type Sums,
  sumOf,
} from './state-source';

const ARRIVING = `${OURS_IN_FOLDER}-arriving`;
const PREVIOUS = `${OURS_IN_FOLDER}-previous`;
const CALL_MS = 30_000;
const SYNC_MS = 60_000;
/** files of less than that are asked for together */
const MAX_PARTS = 256;
/** a file that grew, as a log of ended jobs, is continued where it is at least so large */
const GROWN_BYTES = 1024 * 1024;

interface Deps {
  peers: Peers;
  commands: Commands;
  clock: Clock;
  /** of what lies here and was compared; kept from call to call, so that nothing is read twice */
  sums?: Sums;
}

export interface Arrived {
  isDone: boolean;
  bytes: number;
  ofBytes: number;
  files: number;
  /** over all paths and sums; '' as long as it is not done */
  sum: string;
}

/**
 * The folder with the jobs as it comes from another node: file by file into a place beside, each
 * compared by its sum, then put in place as a whole. Begun anew at any point it fetches what lacks.
 */
export class StateArrival {
  readonly #folder: string;
  readonly #save: StateSave;
  readonly #deps: Deps;
  readonly #sums: Sums;

  constructor(folder: string, save: StateSave, deps: Deps) {
    this.#folder = folder;
    this.#save = save;
    this.#deps = deps;
    this.#sums = deps.sums ?? new Map();
  }

  /**
   * Fetches for at most `forMs`.
   * @param last the controller there is stopped: it is put in place once all is here
   * @throws Failure STORE_FULL | PERMISSION_DENIED | of the call
   */
  async fetch(
    from: Member,
    owner: Account,
    wish: { stateId: string; last: boolean; forMs: number; signal: AbortSignal },
  ): Promise<Arrived> {
    const { clock } = this.#deps;
    const until = clock.monotonic() + wish.forMs;
    const listed = await this.#listing(from, wish.signal);
    const ofBytes = listed.reduce((sum, { size }) => sum + size, 0);
    const here = { bytes: 0, ofBytes, files: listed.length };
    const placed = await this.#save.seen();
    if (wish.last && placed?.stateId === wish.stateId) {
      return { ...here, isDone: true, bytes: ofBytes, sum: sumOver(listed) };
    }
    try {
      await this.#prepare(owner);
      const lacking = await this.#lacking(listed);
      here.bytes = ofBytes - lacking.reduce((sum, { size }) => sum + size, 0);
      for (const batch of batches(lacking)) {
        if (clock.monotonic() > until) return { ...here, isDone: false, sum: '' };
        await this.#take(from, owner, batch, wish.signal);
        here.bytes += batch.reduce((sum, { size }) => sum + size, 0);
      }
      if (!wish.last) return { ...here, isDone: true, sum: '' };
      // what changed while it was fetched is noticed here, and fetched by the next call
      const isWhole = (await this.#lacking(lacking)).length === 0;
      if (!isWhole) return { ...here, isDone: false, sum: '' };
      await this.#place(listed, owner, wish.stateId);
      return { ...here, isDone: true, sum: sumOver(listed) };
    } catch (error) {
      throw told(error, this.#folder);
    }
  }

  /** Takes a copy away that nothing worked on, and puts back what lay there before. */
  async drop(stateId: string): Promise<void> {
    await rm(join(this.#folder, ARRIVING), { recursive: true, force: true });
    const found = await this.#save.seen();
    const previous = join(this.#folder, PREVIOUS);
    const before = await names(previous);
    const isCopy = found?.stateId === stateId && !found.hasRun;
    // cut off while it was put in place: it has no mark yet, and what lay there is aside
    const isHalf = found === null && before.includes(MARK);
    if (!isCopy && !isHalf) return;
    await rm(join(this.#folder, MARK), { force: true });
    for (const name of await names(this.#folder)) {
      if (!isOurs(name)) await rm(join(this.#folder, name), { recursive: true, force: true });
    }
    // the mark comes last: with it the folder counts as whole
    for (const name of before.toSorted((a, b) => Number(a === MARK) - Number(b === MARK))) {
      await rename(join(previous, name), join(this.#folder, name));
    }
    await rm(previous, { recursive: true, force: true });
  }

  async #prepare(owner: Account): Promise<void> {
    const folder = this.#folder;
    const isNew = (await mkdir(folder, { recursive: true })) !== undefined;
    if (isNew) {
      await chmod(folder, 0o700);
      await chown(folder, owner.uid, owner.gid);
    }
    const isForeign = (await names(folder)).some((name) => !isOurs(name));
    if (isForeign && (await this.#save.seen()) === null) {
      const remedy = `Move what is in ${folder} away.`;
      throw fail('INVALID_INPUT', { remedy, path: folder }, `${folder} holds something else.`);
    }
    // root's alone as long as it is not whole
    await mkdir(join(folder, ARRIVING), { recursive: true, mode: 0o700 });
  }

  async #listing(from: Member, signal: AbortSignal): Promise<ListedFile[]> {
    const files: ListedFile[] = [];
    for (;;) {
      const after = files.at(-1)?.path ?? '';
      const answer = listAnswer.parse(await this.#ask(from, { list: { after } }, signal));
      files.push(...answer.files);
      if (answer.isLast || answer.files.length === 0) return files;
    }
  }

  /** What is not here as it is there. */
  async #lacking(listed: readonly ListedFile[]): Promise<ListedFile[]> {
    const isHere = await inParallel(listed, async (file) => {
      const path = this.#arriving(file.path);
      const seen = await stat(path).catch(() => null);
      return seen?.size === file.size && (await this.#sum(path, seen)) === file.sha;
    });
    return listed.filter((_, index) => isHere[index] !== true);
  }

  async #sum(path: string, { size, mtimeMs, ino }: Stats): Promise<string | null> {
    const key = `${size} ${mtimeMs} ${ino}`;
    const known = this.#sums.get(path);
    if (known?.key === key) return known.sha;
    const sha = await sumOf(path, size);
    if (sha !== null) this.#sums.set(path, { key, sha });
    return sha;
  }

  async #take(
    from: Member,
    owner: Account,
    batch: readonly ListedFile[],
    signal: AbortSignal,
  ): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined && only.size > MAX_PART_BYTES) {
      return this.#takeLarge(from, owner, only, signal);
    }
    const wanted = batch.map(({ path, size }) => ({ path, offset: 0, bytes: size }));
    const parts = await this.#parts(from, wanted, signal);
    for (const below of new Set(batch.map(({ path }) => dirname(path)))) {
      await this.#folders(below, owner);
    }
    await inParallel(batch, async (file, index) => {
      const part = parts[index] ?? null;
      // gone or changed since it was listed: the next listing tells
      if (part !== null) await this.#put(file, owner, [part], 0);
    });
  }

  /** In pieces; what lies here from before is continued where its beginning is the same. */
  async #takeLarge(
    from: Member,
    owner: Account,
    file: ListedFile,
    signal: AbortSignal,
  ): Promise<void> {
    let at = await this.#common(from, file, signal);
    await this.#folders(dirname(file.path), owner);
    await this.#put(file, owner, [], at);
    while (at < file.size) {
      const bytes = Math.min(MAX_PART_BYTES, file.size - at);
      const wanted = [{ path: file.path, offset: at, bytes }];
      const [part = null] = await this.#parts(from, wanted, signal);
      if (part === null) return;
      await this.#put(file, owner, [part], at);
      at += bytes;
    }
  }

  /** How many first bytes are surely the same here and there. */
  async #common(from: Member, file: ListedFile, signal: AbortSignal): Promise<number> {
    const path = this.#arriving(file.path);
    const size = (await stat(path).catch(() => null))?.size ?? 0;
    const common = Math.min(size, file.size);
    if (common < GROWN_BYTES) return 0;
    const bytes = Math.min(common, GROWN_BYTES);
    const wanted = [{ path: file.path, offset: common - bytes, bytes }];
    const [there = null] = await this.#parts(from, wanted, signal);
    if (there === null) return 0;
    const handle = await open(path, 'r');
    try {
      const { buffer } = await handle.read(Buffer.alloc(bytes), 0, bytes, common - bytes);
      // the sum over all of it is compared at the end
      return there.equals(buffer) ? common : 0;
    } finally {
      await handle.close();
    }
  }

  async #put(file: ListedFile, owner: Account, parts: readonly Buffer[], at: number) {
    const path = this.#arriving(file.path);
    const handle = await open(path, 'a+', 0o600);
    try {
      await handle.truncate(at);
      for (const part of parts) await handle.appendFile(part);
      await handle.chmod(file.mode);
      await handle.chown(owner.uid, owner.gid);
    } finally {
      await handle.close();
    }
  }

  async #folders(below: string, owner: Account): Promise<void> {
    if (below === '.') return;
    await this.#folders(dirname(below), owner);
    const path = this.#arriving(below);
    const isThere = await lstat(path).then(
      (seen) => seen.isDirectory(),
      () => false,
    );
    if (isThere) return;
    await mkdir(path, { mode: 0o700 });
    await chown(path, owner.uid, owner.gid);
  }

  /** Without its mark the folder is nobody's: cut off in here, nothing starts on it. */
  async #place(listed: readonly ListedFile[], owner: Account, stateId: string): Promise<void> {
    const folder = this.#folder;
    const [arriving, previous] = [join(folder, ARRIVING), join(folder, PREVIOUS)];
    const paths = new Set(listed.map(({ path }) => path));
    for (const { path } of await stateFiles(arriving)) {
      if (!paths.has(path)) await rm(join(arriving, path));
    }
    await this.#onDisk();
    const isBefore = (await this.#save.seen()) !== null;
    if (isBefore) {
      await rm(previous, { recursive: true, force: true });
      await mkdir(previous, { mode: 0o700 });
      await rename(join(folder, MARK), join(previous, MARK));
      for (const name of await names(folder)) {
        if (!isOurs(name)) await rename(join(folder, name), join(previous, name));
      }
    }
    for (const name of await names(arriving)) {
      await rm(join(folder, name), { recursive: true, force: true });
      await rename(join(arriving, name), join(folder, name));
    }
    await rm(arriving, { recursive: true, force: true });
    this.#sums.clear();
    await chmod(folder, 0o700);
    await chown(folder, owner.uid, owner.gid);
    await this.#save.mark(stateId);
  }

  /** One call for all files: one for each takes minutes where there are many. */
  async #onDisk(): Promise<void> {
    const argv = ['sync', '--file-system', this.#folder] as const;
    const { code, stderr } = await this.#deps.commands.run(argv, { deadlineMs: SYNC_MS });
    if (code === 0) return;
    const remedy = `Look at the disk of ${this.#folder}.`;
    throw fail(
      'SERVER_ERROR',
      { remedy, detail: stderr.slice(0, 300) },
      'The disk did not take it.',
    );
  }

  async #parts(from: Member, read: Part[], signal: AbortSignal): Promise<(Buffer | null)[]> {
    const { parts } = readAnswer.parse(await this.#ask(from, { read }, signal));
    return parts.map((part) => (part === null ? null : Buffer.from(part, 'base64')));
  }

  #ask(from: Member, body: StateRequest, signal: AbortSignal): Promise<unknown> {
    return this.#deps.peers.call(from, 'POST', STATE_PATH, { body, deadlineMs: CALL_MS, signal });
  }

  #arriving(path: string): string {
    return join(this.#folder, ARRIVING, path);
  }
}

/** Small ones together, a large one alone. */
function* batches(files: readonly ListedFile[]): Generator<ListedFile[]> {
  let batch: ListedFile[] = [];
  let bytes = 0;
  for (const file of files) {
    const isFull = batch.length >= MAX_PARTS || bytes + file.size > MAX_PART_BYTES;
    if (isFull && batch.length > 0) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(file);
    bytes += file.size;
  }
  if (batch.length > 0) yield batch;
}

function sumOver(files: readonly ListedFile[]): string {
  const hash = createHash('sha256');
  for (const { path, size, sha } of files) hash.update(`${path}\0${size}\0${sha}\n`);
  return hash.digest('hex');
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
