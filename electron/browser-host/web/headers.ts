import { PAGE_HEADERS } from '#electron/core/web/page-policy';

/** On every answer, whatever its status. */
export const SECURITY_HEADERS = {
  ...PAGE_HEADERS,
  'cross-origin-embedder-policy': 'require-corp',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'x-frame-options': 'DENY',
  // nothing of a session may stay in a shared browser's cache
  'cache-control': 'no-store',
} as const;
