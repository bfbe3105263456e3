import { randomUUID } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FileOffer, MAX_IMPORT_BYTES } from '#shared/contract/bundles';
import { fail } from '#shared/contract/errors';

const NAME = 'clusters.json';
const MOST_FOLDERS = 400;
const MOST_OPENED = 20;

/**
 * Files which this machine has at hand. A page names them by their id alone, so it can read no
 * other file.
 */
export class FileOffers {
  readonly #places: readonly string[];
  readonly #ids = new Map<string, string>();
  #opened: readonly string[] = [];

  /** @param places folders in which, and one level below which, a portal may have its file */
  constructor(places: readonly string[]) {
    this.#places = places;
  }

  /** A file which a person opened with Clusterdeck. @returns its id */
  add(path: string): string {
    const others = this.#opened.filter((other) => other !== path);
    this.#opened = [path, ...others].slice(0, MOST_OPENED);
    return this.#idOf(path);
  }

  /** Opened ones first, the latest at the top, then those that a search finds now. */
  async list(): Promise<FileOffer[]> {
    const found = await this.#search();
    const rest = found.filter((path) => !this.#opened.includes(path));
    const offers = await Promise.all([
      ...this.#opened.map((path) => this.#offer(path, 'opened')),
      ...rest.map((path) => this.#offer(path, 'found')),
    ]);
    return offers.filter((offer) => offer !== null);
  }

  /** @throws Failure NOT_FOUND | FILE_UNKNOWN */
  async read(id: string): Promise<{ bytes: Uint8Array; fileName: string }> {
    const path = this.#ids.get(id);
    const offer = path === undefined ? null : await this.#offer(path, 'opened');
    if (path === undefined || offer === null) throw gone();
    if (offer.sizeBytes > MAX_IMPORT_BYTES) {
      throw fail('FILE_UNKNOWN', { remedy: 'It has more than 16 MB: it is no bundle.' });
    }
    try {
      return { bytes: await readFile(path), fileName: offer.fileName };
    } catch {
      throw gone();
    }
  }

  async #search(): Promise<string[]> {
    const folders = await Promise.all(
      this.#places.map(async (place) => [place, ...(await foldersIn(place))]),
    );
    const paths = folders.flat().map((folder) => join(folder, NAME));
    const present = await Promise.all(
      paths.map((path) =>
        stat(path)
          .then((entry) => entry.isFile())
          .catch(() => false),
      ),
    );
    return paths.filter((_path, index) => present[index]);
  }

  async #offer(path: string, origin: FileOffer['origin']): Promise<FileOffer | null> {
    const entry = await stat(path).catch(() => null);
    if (!entry?.isFile()) return null;
    return {
      id: this.#idOf(path),
      origin,
      fileName: basename(path),
      folder: dirname(path),
      sizeBytes: entry.size,
      modifiedAt: Math.max(0, Math.round(entry.mtimeMs)),
    };
  }

  #idOf(path: string): string {
    for (const [id, known] of this.#ids) if (known === path) return id;
    const id = randomUUID();
    this.#ids.set(id, path);
    return id;
  }
}

async function foldersIn(place: string): Promise<string[]> {
  const entries = await readdir(place, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .slice(0, MOST_FOLDERS)
    .map(({ name }) => join(place, name));
}

const gone = () =>
  fail('NOT_FOUND', {
    remedy: 'The file is not there any more, or cannot be read. Choose it again.',
  });
