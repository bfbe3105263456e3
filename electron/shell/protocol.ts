import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { CustomScheme } from 'electron';
import { PAGE_HEADERS, PAGE_TYPES } from '#electron/core/web/page-policy';

/** Where the renderer lives: `app://bundle/`, served from the built files and from nowhere else. */
export const BUNDLE_URL = 'app://bundle/';

/** Must be registered before the app is ready. */
export const BUNDLE_SCHEME: CustomScheme = {
  scheme: 'app',
  privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
};

const HEADERS = { ...PAGE_HEADERS, 'cache-control': 'no-cache' };

/** True for addresses of the bundle; `origin` says "null" for own schemes and cannot be used. */
export function isBundleUrl(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed !== null && parsed.protocol === 'app:' && parsed.host === 'bundle';
}

/**
 * Answers requests of the `app` scheme with files below `root`. Unknown hosts, methods, file types
 * and every path that leads out of `root` are refused.
 */
export function bundleHandler(root: string): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
    if (!isBundleUrl(request.url)) return refuse(404);
    const path = pathBelow(root, new URL(request.url).pathname);
    const type = path === null ? undefined : PAGE_TYPES[extname(path)];
    if (path === null || type === undefined) return refuse(404);
    try {
      const body = request.method === 'HEAD' ? null : await readFile(path);
      return new Response(body, { headers: { ...HEADERS, 'content-type': type } });
    } catch {
      return refuse(404);
    }
  };
}

const refuse = (status: number) => new Response(null, { status, headers: HEADERS });

/** The file a URL path names, or null when it is malformed or would leave `root`. */
function pathBelow(root: string, pathname: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return null;
  const path = join(root, decoded === '/' ? 'index.html' : decoded);
  return path.startsWith(root + sep) ? path : null;
}
