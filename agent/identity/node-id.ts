import { createHash } from 'node:crypto';

/** UUID (version 8) from the SHA-256 of an Ed25519 public key in SPKI form. */
export function nodeIdFrom(publicKeyDer: Uint8Array): string {
  const bytes = createHash('sha256').update(publicKeyDer).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [0, 8, 12, 16, 20].map((from, n, all) => hex.slice(from, all[n + 1])).join('-');
}
