import { randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { Clock } from '../ports';
import { seal, unseal } from './seal';

export interface ScryptCost {
  N: number;
  r: number;
  p: number;
}

/** 128 MiB and about half a second for each guess. */
const COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };
const MAX_MEMORY = 1024 ** 3;

const wrapped = z.object({
  kdf: z.literal('scrypt'),
  N: z
    .number()
    .int()
    .min(2)
    .max(2 ** 20),
  r: z.number().int().min(1).max(16),
  p: z.number().int().min(1).max(4),
  salt: z.base64(),
  sealed: z.base64(),
});

const context = (keyId: string) => `vault key|${keyId}`;

function derive(passphrase: string, salt: Uint8Array, cost: ScryptCost): Promise<Buffer> {
  // the same passphrase typed on another keyboard may come in another Unicode form
  const text = passphrase.normalize('NFKC');
  return new Promise((resolve, reject) => {
    scrypt(text, salt, 32, { ...cost, maxmem: MAX_MEMORY }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/**
 * Seals the vault key under a passphrase.
 * @param cost only tests give a lower one; it is stored beside the key
 * @returns JSON which is safe to store
 */
export async function wrapKey(
  keyId: string,
  key: Uint8Array,
  passphrase: string,
  cost: ScryptCost = COST,
): Promise<string> {
  const salt = randomBytes(16);
  const outer = await derive(passphrase, salt, cost);
  const sealed = seal(outer, key, context(keyId));
  outer.fill(0);
  return JSON.stringify({
    kdf: 'scrypt',
    ...cost,
    salt: salt.toString('base64'),
    sealed: sealed.toString('base64'),
  } satisfies z.infer<typeof wrapped>);
}

/** @throws Failure PASSPHRASE_WRONG, or VAULT_UNAVAILABLE when the stored form is damaged */
export async function unwrapKey(keyId: string, kept: string, passphrase: string): Promise<Buffer> {
  const parsed = wrapped.safeParse(parseJson(kept));
  if (!parsed.success) {
    throw fail('VAULT_UNAVAILABLE', {
      remedy: 'The stored form of the vault key is damaged. Restore a copy of the store.',
    });
  }
  const { salt, sealed, N, r, p } = parsed.data;
  const outer = await derive(passphrase, Buffer.from(salt, 'base64'), { N, r, p });
  const key = unseal(outer, Buffer.from(sealed, 'base64'), context(keyId));
  outer.fill(0);
  if (key === null)
    throw fail('PASSPHRASE_WRONG', { remedy: 'Check the passphrase and try again.' });
  return key;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const FREE_ATTEMPTS = 3;
const LONGEST_WAIT_MS = 60_000;

/** Slows guessing down: after three wrong passphrases each further one doubles the wait. */
export class AttemptLimiter {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #code: 'VAULT_LOCKED' | 'APP_LOCKED';
  #wrong = 0;
  #notBefore = 0;

  /** @param code what a caller is told while it has to wait */
  constructor(clock: Pick<Clock, 'now'>, code: 'VAULT_LOCKED' | 'APP_LOCKED' = 'VAULT_LOCKED') {
    this.#clock = clock;
    this.#code = code;
  }

  /** @throws Failure while the wait lasts */
  check(): void {
    const waitMs = this.#notBefore - this.#clock.now();
    if (waitMs <= 0) return;
    throw fail(this.#code, {
      remedy: `Wait ${Math.ceil(waitMs / 1000)} s before the next passphrase.`,
    });
  }

  wrong(): void {
    this.#wrong += 1;
    const over = this.#wrong - FREE_ATTEMPTS;
    if (over < 0) return;
    this.#notBefore = this.#clock.now() + Math.min(LONGEST_WAIT_MS, 1000 * 2 ** over);
  }

  right(): void {
    this.#wrong = 0;
    this.#notBefore = 0;
  }
}
