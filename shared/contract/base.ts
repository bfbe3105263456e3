import { oc } from '@orpc/contract';
import { z } from 'zod';
import { ERROR_MESSAGES, type ErrorCode, errorData } from './errors';

type ErrorMap = { [Code in ErrorCode]: { message: string; data: typeof errorData } };

const errorMap = Object.fromEntries(
  Object.entries(ERROR_MESSAGES).map(([code, message]) => [code, { message, data: errorData }]),
) as ErrorMap;

/** Every call of the contract may fail with the typed codes of `errors.ts`. */
export const base = oc.errors(errorMap);

export const uuid = z.uuid();
/** Milliseconds since 1970, UTC. */
export const timestampMs = z.number().int().nonnegative();
export const byUuid = z.object({ uuid });
/** SHA-256 of a certificate as PVE prints it: 32 upper-case hex pairs joined by colons. */
export const fingerprint = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/, 'A SHA-256 fingerprint has 32 pairs: AA:BB:...');
/** `none` crosses the wire where a call has nothing to say. */
export const nothing = z.void();
