import { armor, Decrypter, Encrypter, type Identity, type Stanza } from 'age-encryption';
import { Failure, fail } from '#shared/contract/errors';
import { type Audience, BINARY, type Keys } from './keys';
import type { Progress } from './progress';
import { damaged } from './refusals';
import { PassphraseIdentity, PassphraseRecipient } from './scrypt-stanza';

/** @throws Failure INVALID_INPUT for a recipient that is none */
export async function encrypt(
  text: string,
  audience: Audience,
  progress: Progress,
): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  if ('passphrase' in audience) {
    encrypter.addRecipient(new PassphraseRecipient(audience.passphrase, progress));
  } else {
    for (const [index, recipient] of audience.recipients.entries()) {
      try {
        encrypter.addRecipient(recipient);
      } catch {
        throw wrongKey(`recipients.${index}`, `${recipient.slice(0, 80)} is no age recipient.`);
      }
    }
  }
  return encrypter.encrypt(text);
}

/**
 * @throws Failure PASSPHRASE_NEEDED | PASSPHRASE_WRONG | IDENTITY_NEEDED | FILE_DAMAGED |
 * FILE_NEWER | FILE_UNKNOWN | INVALID_INPUT
 */
export async function decrypt(
  bytes: Uint8Array,
  keys: Keys,
  progress: Progress,
): Promise<Uint8Array> {
  const file = unarmored(bytes);
  checkVersion(file);
  const decrypter = new Decrypter();
  const identities = identitiesOf(keys.identity);
  decrypter.addIdentity(new PassphraseIdentity(keys.passphrase, progress));
  for (const identity of identities) {
    try {
      decrypter.addIdentity(identity);
    } catch {
      throw wrongKey('identity', 'A line of it is no age identity.');
    }
  }
  decrypter.addIdentity(new NobodyElse(identities.length > 0));
  try {
    return await decrypter.decrypt(file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    // the cipher cannot tell a cut from a change
    throw damaged('It was cut off or altered.');
  }
}

/** Stands behind all identities: who comes here has none that fits. */
class NobodyElse implements Identity {
  readonly #hadSome: boolean;

  constructor(hadSome: boolean) {
    this.#hadSome = hadSome;
  }

  unwrapFileKey(_stanzas: Stanza[]): never {
    throw fail('IDENTITY_NEEDED', {
      remedy: this.#hadSome
        ? 'None of these identities is among its recipients. Try another identity file.'
        : 'Choose the file with your age identity: it begins with AGE-SECRET-KEY-1.',
      field: 'identity',
    });
  }
}

function checkVersion(file: Uint8Array): void {
  const [line = '', ...rest] = Buffer.from(file.subarray(0, 64)).toString('latin1').split('\n');
  const isWhole = rest.length > 0;
  if (isWhole && line === `${BINARY}v1`) return;
  if (!isWhole || !/\/v\d{1,4}$/.test(line))
    throw damaged('Its first line was cut off or altered.');
  throw fail('FILE_NEWER', {
    remedy: 'Open it with a newer age command, or export it anew with this Clusterdeck.',
  });
}

function unarmored(bytes: Uint8Array): Uint8Array {
  if (Buffer.from(bytes.subarray(0, BINARY.length)).toString('latin1') === BINARY) return bytes;
  try {
    return armor.decode(Buffer.from(bytes).toString('latin1'));
  } catch {
    throw damaged('Its text was cut off or altered.');
  }
}

function identitiesOf(text = ''): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function wrongKey(field: string, sentence: string): Failure {
  const remedy = 'Correct it, then try again.';
  return fail('INVALID_INPUT', { remedy, field, fields: { [field]: sentence } });
}
