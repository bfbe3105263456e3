import { randomBytes } from 'node:crypto';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { type Identity, type Recipient, Stanza } from 'age-encryption';
import { fail } from '#shared/contract/errors';
import type { Progress } from './progress';
import { stretch } from './stretch';

/** What the age command takes: 256 MiB and about a second for each guess. */
const LOG_N = 18;
/** 1 GiB for one guess: a file that asks for more is made to exhaust the machine. */
const MAX_LOG_N = 20;
const LABEL = 'age-encryption.org/v1/scrypt';
/** A file key is wrapped once under a key of its own, so the format has no nonce. */
const NONCE = new Uint8Array(12);

/**
 * Wraps the file key under a passphrase, as age's own recipient does, but derives in Node's thread
 * pool, so that everything else goes on meanwhile.
 */
export class PassphraseRecipient implements Recipient {
  readonly #passphrase: string;
  readonly #progress: Progress;
  readonly #logN: number;

  constructor(passphrase: string, progress: Progress, logN: number = LOG_N) {
    this.#passphrase = passphrase;
    this.#progress = progress;
    this.#logN = logN;
  }

  async wrapFileKey(fileKey: Uint8Array): Promise<Stanza[]> {
    const salt = randomBytes(16);
    const key = await derive(this.#passphrase, salt, this.#logN, this.#progress);
    const body = chacha20poly1305(key, NONCE).encrypt(fileKey);
    key.fill(0);
    const encoded = salt.toString('base64').replace(/=+$/, '');
    return [new Stanza(['scrypt', encoded, String(this.#logN)], body)];
  }
}

/** Opens what a passphrase wraps; other files are left to the identities behind it. */
export class PassphraseIdentity implements Identity {
  readonly #passphrase: string | undefined;
  readonly #progress: Progress;

  constructor(passphrase: string | undefined, progress: Progress) {
    this.#passphrase = passphrase;
    this.#progress = progress;
  }

  /** @throws Failure PASSPHRASE_NEEDED | PASSPHRASE_WRONG; any error for a malformed header */
  async unwrapFileKey(stanzas: Stanza[]): Promise<Uint8Array | null> {
    if (!stanzas.some(({ args }) => args[0] === 'scrypt')) return null;
    const [stanza, ...others] = stanzas;
    if (stanza === undefined || others.length > 0) throw new Error('more than one scrypt stanza');
    const [, encoded = '', rounds = ''] = stanza.args;
    const salt = Buffer.from(encoded, 'base64');
    if (stanza.args.length !== 3 || salt.length !== 16 || stanza.body.length !== 32) {
      throw new Error('a malformed scrypt stanza');
    }
    if (!/^[1-9]\d?$/.test(rounds)) throw new Error('a malformed work factor');
    const logN = Number(rounds);
    if (logN > MAX_LOG_N) throw tooSlow(logN);
    if (this.#passphrase === undefined) {
      throw fail('PASSPHRASE_NEEDED', { remedy: 'Enter the passphrase it was exported with.' });
    }
    const key = await derive(this.#passphrase, salt, logN, this.#progress);
    try {
      return chacha20poly1305(key, NONCE).decrypt(stanza.body);
    } catch {
      throw fail('PASSPHRASE_WRONG', {
        remedy: 'Check the passphrase and try again. Nothing was imported.',
        field: 'passphrase',
      });
    } finally {
      key.fill(0);
    }
  }
}

function derive(
  passphrase: string,
  salt: Uint8Array,
  logN: number,
  progress: Progress,
): Promise<Uint8Array> {
  const whole = Buffer.concat([Buffer.from(LABEL), salt]);
  return progress.derivation(logN, () => stretch(passphrase, whole, logN));
}

const tooSlow = (logN: number) =>
  fail('FILE_UNKNOWN', {
    remedy: `Its passphrase asks for ${2 ** (logN - 10)} MB of memory. Export it anew with Clusterdeck or the age command.`,
  });
