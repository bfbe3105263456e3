import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  fingerprintOf,
  type Handshake,
  isProof,
  makeProof,
  newNonce,
} from '#agent/membership/challenge';

const key = randomBytes(32);
const handshake: Handshake = {
  clusterUuid: '11111111-2222-4333-8444-555555555555',
  joinerNonce: newNonce(),
  memberNonce: newNonce(),
  joinerFingerprint: fingerprintOf(randomBytes(300)),
  memberFingerprint: fingerprintOf(randomBytes(300)),
};

test('a proof holds for its handshake, side and key, and for nothing else', () => {
  const proof = makeProof(key, handshake, 'joiner');
  expect(isProof(key, handshake, 'joiner', proof)).toBe(true);
  expect(isProof(key, handshake, 'member', proof)).toBe(false);
  expect(isProof(randomBytes(32), handshake, 'joiner', proof)).toBe(false);
  for (const part of Object.keys(handshake)) {
    const other = { ...handshake, [part]: `${newNonce()}x` };
    expect(isProof(key, other, 'joiner', proof)).toBe(false);
  }
  for (const given of ['', 'AAAA', proof.slice(0, -4)]) {
    expect(isProof(key, handshake, 'joiner', given)).toBe(false);
  }
});

test('moving a byte from one part into its neighbour makes another proof', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), fc.string(), (before, moved, after) => {
      const one = { ...handshake, joinerNonce: before + moved, memberNonce: after };
      const two = { ...handshake, joinerNonce: before, memberNonce: moved + after };
      expect(makeProof(key, one, 'joiner')).not.toBe(makeProof(key, two, 'joiner'));
    }),
  );
});

test('a nonce is 32 random bytes, never the same twice', () => {
  const nonces = Array.from({ length: 50 }, newNonce);
  expect(new Set(nonces).size).toBe(50);
  expect(nonces.every((nonce) => Buffer.from(nonce, 'base64').length === 32)).toBe(true);
});
