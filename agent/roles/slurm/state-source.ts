import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import { codeOf } from '../../host/error-code';
import type { PeerRoute } from '../../membership/peer-types';
import type { SlurmConfig } from './config';
import { inParallel, type StateFile, stateFiles } from './state-facts';

export const STATE_PATH = '/api/v1/peer/slurm-state';
/** of file content in one answer; base64 makes a third more of it, and 8 MiB are taken */
export const MAX_PART_BYTES = 4 * 1024 * 1024;
const MAX_PARTS = 512;
export const MAX_LISTED = 10_000;

const listedFile = z.object({
  path: z.string(),
  size: z.number().int().nonnegative(),
  mode: z.number().int(),
  /** SHA-256 in hex */
  sha: z.string(),
});
export type ListedFile = z.infer<typeof listedFile>;
export const listAnswer = z.object({ files: z.array(listedFile), isLast: z.boolean() });
/** null: the file is gone, or shorter by now */
export const readAnswer = z.object({ parts: z.array(z.base64().nullable()) });

const part = z.strictObject({
  path: z.string().max(1024),
  offset: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative().max(MAX_PART_BYTES),
});
export type Part = z.infer<typeof part>;
const request = z.union([
  z.strictObject({ list: z.strictObject({ after: z.string().max(1024) }) }),
  z.strictObject({ read: z.array(part).max(MAX_PARTS) }),
]);
export type StateRequest = z.infer<typeof request>;

/** SHA-256 of what did not change since, by path. */
export type Sums = Map<string, { key: string; sha: string }>;

/**
 * Gives the folder with the jobs to the node that takes SLURM over: only while an operation moves
 * the controller away from here, and only over connections on which both sides proved themselves.
 */
export class StateSource {
  readonly #config: () => Promise<SlurmConfig | null>;
  readonly #self: string;
  readonly #sums: Sums = new Map();

  /** @param config read anew from the shared state */
  constructor(self: string, config: () => Promise<SlurmConfig | null>) {
    this.#self = self;
    this.#config = config;
  }

  route(): PeerRoute {
    return {
      method: 'POST',
      path: STATE_PATH,
      access: 'member',
      handle: async ({ body }, caller) => {
        const asked = request.safeParse(body);
        if (!asked.success) throw fail('INVALID_INPUT', { remedy: 'Run the same version.' });
        const folder = await this.#open(caller?.id ?? '');
        if ('list' in asked.data) {
          return { status: 200, body: await this.#list(folder, asked.data.list.after) };
        }
        return { status: 200, body: await this.#read(folder, asked.data.read) };
      },
    };
  }

  async #open(caller: string): Promise<string> {
    const config = await this.#config();
    const isMoving = config?.moving !== undefined && config.moving !== null;
    const both = [caller, this.#self];
    if (config !== null && isMoving && both.every((id) => config.held.includes(id))) {
      return config.stateSaveLocation;
    }
    const remedy = 'Move the controller by an operation.';
    throw fail('PERMISSION_DENIED', { remedy }, 'The jobs are given away only while they move.');
  }

  async #list(folder: string, after: string): Promise<z.infer<typeof listAnswer>> {
    const all = await stateFiles(folder);
    const rest = all.filter(({ path }) => path > after);
    const some = rest.slice(0, MAX_LISTED);
    const sums = await inParallel(some, (file) => this.#sum(folder, file));
    const files = some.flatMap(({ path, size, mode }, index) => {
      const sha = sums[index] ?? null;
      return sha === null ? [] : [{ path, size, mode, sha }];
    });
    const paths = new Set(all.map(({ path }) => path));
    for (const path of this.#sums.keys()) if (!paths.has(path)) this.#sums.delete(path);
    return { files, isLast: rest.length <= MAX_LISTED };
  }

  async #sum(folder: string, { path, size, mtimeMs, ino }: StateFile): Promise<string | null> {
    const key = `${size} ${mtimeMs} ${ino}`;
    const known = this.#sums.get(path);
    if (known?.key === key) return known.sha;
    const sha = await sumOf(join(folder, path), size);
    if (sha !== null) this.#sums.set(path, { key, sha });
    return sha;
  }

  /** Only what was listed: a path that leads elsewhere is not there. */
  async #read(folder: string, parts: readonly Part[]): Promise<z.infer<typeof readAnswer>> {
    const answer: (string | null)[] = [];
    let left = MAX_PART_BYTES;
    for (const { path, offset, bytes } of parts) {
      if (bytes > left) throw fail('INVALID_INPUT', { remedy: 'Ask for less at once.' });
      left -= bytes;
      answer.push(this.#sums.has(path) ? await piece(join(folder, path), offset, bytes) : null);
    }
    return { parts: answer };
  }
}

/** SHA-256 of a file's first bytes; null where it is gone or shorter. */
export async function sumOf(path: string, bytes: number): Promise<string | null> {
  const hash = createHash('sha256');
  const isThere = await withFile(path, async (file) => {
    const buffer = Buffer.allocUnsafe(Math.min(bytes, 1024 * 1024) || 1);
    for (let at = 0; at < bytes; ) {
      const most = Math.min(buffer.length, bytes - at);
      const { bytesRead } = await file.read(buffer, 0, most, at);
      if (bytesRead === 0) return false;
      hash.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    return true;
  });
  return isThere === true ? hash.digest('hex') : null;
}

async function piece(path: string, offset: number, bytes: number): Promise<string | null> {
  return withFile(path, async (file) => {
    const buffer = Buffer.alloc(bytes);
    const { bytesRead } = await file.read(buffer, 0, bytes, offset);
    return bytesRead === bytes ? buffer.toString('base64') : null;
  });
}

/** @returns null where there is no such file */
async function withFile<T>(
  path: string,
  work: (file: FileHandle) => Promise<T>,
): Promise<T | null> {
  let file: FileHandle;
  try {
    // what SlurmUser puts in a file's place must not lead the agent out of the folder
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ELOOP') return null;
    throw error;
  }
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}
