import { hkdfSync, randomBytes } from 'node:crypto';
import { fail } from '#shared/contract/errors';

const KEY_BYTES = 32;
/** A random key of 32 bytes has nearly always more than 20 different ones. */
const LEAST_DISTINCT = 12;
/** Gossip keys of the documentation and the tests of serf, consul and nomad; people copy them. */
const PUBLISHED = [
  'cg8StVXbQJ0gPvMd9o7yrg==',
  'cg8StVXbQJ0gPvMd9pJItg==',
  'pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=',
  'X4SYOinf2pTAcAHRhpj7dA==',
  '5K9OtfP7efFrNKe5WCQvXvnaXJ5cWP0SvXiwe0kkjM4=',
  'Luj2FZWwlt8475wD1WtwUQ==',
  'HvY8ubRZMgafUOWvrOadwckVa1wN3QWAo46FVKbVN8A=',
  'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
];

/**
 * The 32 bytes that make a node a member. They are never sent, tagged or logged; what is used are
 * keys derived from them (HKDF-SHA256, salted with the cluster's uuid). Its fields are private, so
 * that neither JSON nor the inspector shows them.
 */
export class ClusterKeys {
  readonly #key: Uint8Array;
  readonly #uuid: string;

  private constructor(key: Uint8Array, uuid: string) {
    this.#key = key;
    this.#uuid = uuid;
  }

  /**
   * @param base64 of 32 bytes, as the enrolment file has it
   * @throws Failure INVALID_INPUT for a key of another size, a published or a guessable one
   */
  static parse(base64: string, uuid: string): ClusterKeys {
    const text = base64.trim();
    const key = Buffer.from(text, 'base64');
    if (key.length !== KEY_BYTES || key.toString('base64') !== text) {
      throw refused('The cluster key is not 32 bytes in base64.');
    }
    const why = weakness(key);
    if (why !== null) throw refused(why);
    return new ClusterKeys(key, uuid);
  }

  /** A new key, in base64 for the enrolment file. */
  static generate(): string {
    return randomBytes(KEY_BYTES).toString('base64');
  }

  /** for serf's keyring */
  gossipKey(): Uint8Array {
    return this.#derive('clusterdeck-gossip-v1');
  }

  /** seed of the Ed25519 key that signs etcd's certificates */
  etcdCaSeed(): Uint8Array {
    return this.#derive('clusterdeck-etcd-ca-v1');
  }

  /** for the proof of belonging to the cluster */
  challengeKey(): Uint8Array {
    return this.#derive('clusterdeck-challenge-v1');
  }

  #derive(label: string): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#key, this.#uuid, label, KEY_BYTES));
  }
}

/** Why nobody should trust this key, in a sentence; null where nothing speaks against it. */
function weakness(key: Buffer): string | null {
  const published = PUBLISHED.some((text) => {
    const known = Buffer.from(text, 'base64');
    return key.subarray(0, known.length).equals(known);
  });
  if (published) return 'The cluster key stands in public documentation.';
  if (key.every((byte) => byte >= 0x20 && byte < 0x7f)) {
    return 'The cluster key is typed text, not random bytes.';
  }
  if (new Set(key).size < LEAST_DISTINCT || hasConstantStep(key)) {
    return 'The cluster key is not random.';
  }
  const half = key.subarray(0, KEY_BYTES / 2);
  return half.equals(key.subarray(KEY_BYTES / 2)) ? 'The cluster key repeats itself.' : null;
}

/** As 00 01 02 ... */
function hasConstantStep(key: Buffer): boolean {
  const step = ((key[1] ?? 0) - (key[0] ?? 0)) & 0xff;
  return key.every((byte, n) => n === 0 || ((byte - (key[n - 1] ?? 0)) & 0xff) === step);
}

const refused = (message: string) =>
  fail(
    'INVALID_INPUT',
    {
      field: 'cluster.key',
      remedy: 'Make a new enrolment file with "node-agent enrol --create NAME".',
    },
    message,
  );
