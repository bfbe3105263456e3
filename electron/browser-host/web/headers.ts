import { PAGE_HEADERS } from '#electron/core/web/page-policy';
import { PAGE_STYLE } from './pages';

/** On every answer, whatever its status. */
export const SECURITY_HEADERS = {
  ...PAGE_HEADERS,
  'content-security-policy': PAGE_HEADERS['content-security-policy'].replace(
    "style-src 'self'",
    `style-src 'self' ${PAGE_STYLE}`,
  ),
  'cross-origin-embedder-policy': 'require-corp',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'x-frame-options': 'DENY',
  // nothing of a session may stay in a shared browser's cache
  'cache-control': 'no-store',
} as const;
