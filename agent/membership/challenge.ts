import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What both sides of one handshake saw. A certificate in between changes a fingerprint. */
export interface Handshake {
  clusterUuid: string;
  /** base64 of 32 random bytes, each side's own */
  joinerNonce: string;
  memberNonce: string;
  /** as TLS showed them, `AA:BB:...` */
  joinerFingerprint: string;
  memberFingerprint: string;
}

/**
 * Each side proves with its own word, so that no proof can be sent back to whoever made it. `who`: of a
 * node that says which cluster it is of, which lets nobody join.
 */
export type Side = 'joiner' | 'member' | 'who';

const LABEL = 'clusterdeck-join-v1';

export function newNonce(): string {
  return randomBytes(32).toString('base64');
}

/**
 * Proof that its maker holds the cluster key, valid for this handshake alone.
 * @param key 32 bytes derived from the cluster key for this purpose only
 * @returns base64
 */
export function makeProof(key: Uint8Array, handshake: Handshake, side: Side): string {
  return digest(key, handshake, side).toString('base64');
}

/** Compares in constant time. */
export function isProof(key: Uint8Array, handshake: Handshake, side: Side, given: string): boolean {
  const bytes = Buffer.from(given, 'base64');
  const expected = digest(key, handshake, side);
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}

/** SHA-256 of a certificate in DER, as TLS libraries print it. */
export function fingerprintOf(der: Uint8Array): string {
  const hex = createHash('sha256').update(der).digest('hex').toUpperCase();
  return hex.match(/../g)?.join(':') ?? '';
}

// A JSON array keeps the parts apart: no two handshakes have the same text.
function digest(key: Uint8Array, handshake: Handshake, side: Side): Buffer {
  const parts = [
    LABEL,
    handshake.joinerNonce,
    handshake.memberNonce,
    handshake.joinerFingerprint,
    handshake.memberFingerprint,
    handshake.clusterUuid,
    side,
  ];
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest();
}
