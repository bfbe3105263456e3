import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { CustomScheme } from 'electron';

/** Where the renderer lives: `app://bundle/`, served from the built files and from nowhere else. */
export const BUNDLE_URL = 'app://bundle/';

/** Must be registered before the app is ready. */
export const BUNDLE_SCHEME: CustomScheme = {
  scheme: 'app',
  privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
};

/**
 * Styles may stand inline because the primitives of the renderer measure and place through them;
 * scripts, frames, forms and connections may not leave the bundle.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
};

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

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
    const type = path === null ? undefined : TYPES[extname(path)];
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
