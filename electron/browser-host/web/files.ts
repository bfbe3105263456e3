import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { PAGE_TYPES } from '#electron/core/web/page-policy';

export interface WebFile {
  type: string;
  body: Buffer;
}

/**
 * The built renderer's files by their URL path below the base, `index.html` as ''. Only what a
 * listing of the folder names can be asked for, so no path can lead out of it.
 */
export function rendererFiles(rendererDir: string): (path: string) => Promise<WebFile | null> {
  let listed = list(rendererDir);
  return async (path) => {
    // a rebuild while the host runs brings new names
    if (path === '' || !listed.has(path)) listed = list(rendererDir);
    const file = listed.get(path === '' ? 'index.html' : path);
    const type = file === undefined ? undefined : PAGE_TYPES[extname(file)];
    if (file === undefined || type === undefined) return null;
    try {
      return { type, body: await readFile(file) };
    } catch {
      return null;
    }
  };
}

function list(folder: string): Map<string, string> {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return new Map(
      entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((file) => [relative(folder, file).split(sep).join('/'), file]),
    );
  } catch {
    return new Map();
  }
}
