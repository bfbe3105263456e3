import { createHmac, timingSafeEqual } from 'node:crypto';

const STEP_SECONDS = 30;
const DIGITS = 6;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A user's time-based second factor. */
export interface TotpFactor {
  id: string;
  description: string;
  createdSeconds: number;
  secret: Buffer;
  /** The newest step a code was taken for: no code counts twice. */
  lastStep: number;
}

/** The code of RFC 6238 (SHA-1, 30 s, 6 digits) at a moment. */
export function totpCode(secret: Buffer, seconds: number): string {
  return codeOfStep(secret, Math.floor(seconds / STEP_SECONDS));
}

/** The secret as authenticator programs take it. */
export function base32(secret: Buffer): string {
  let bits = 0;
  let value = 0;
  let out = '';
  for (const byte of secret) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      out += BASE32[(value >>> (bits - 5)) & 31];
      bits -= 5;
    }
  }
  return bits > 0 ? out + BASE32[(value << (5 - bits)) & 31] : out;
}

/** Takes a code of this step or a neighbour, once. */
export function acceptTotp(factor: TotpFactor, code: string, seconds: number): boolean {
  const now = Math.floor(seconds / STEP_SECONDS);
  for (const step of [now - 1, now, now + 1]) {
    if (step > factor.lastStep && sameText(codeOfStep(factor.secret, step), code)) {
      factor.lastStep = step;
      return true;
    }
  }
  return false;
}

function codeOfStep(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  const number = digest.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
