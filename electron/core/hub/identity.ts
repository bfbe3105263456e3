import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { Failure } from '#shared/contract/errors';
import { hub } from '../db/schema/index';
import type { Store, Transaction } from '../db/store';
import type { Clock } from '../ports';

const OWNER = 'hub';
const DAY_MS = 86_400_000;

/** What the hub needs of the vault for its private key. */
export interface KeyVault {
  /** @throws Failure VAULT_LOCKED | VAULT_UNAVAILABLE */
  ready(): Promise<void>;
  has(owner: string): boolean;
  open(owner: string): Promise<string | null>;
  put(tx: Transaction, owner: string, secret: string): void;
}

/** What a hub shows of itself and knows its administrators by. */
export interface HubIdentity {
  certPem: string;
  keyPem: string;
  /** SHA-256 as PVE prints it, `AA:BB:...` */
  fingerprint: string;
  /** SHA-256 of the admin token, hex */
  tokenDigest: string;
  /** the admin token where it was made just now; it cannot be read again */
  newToken: string | null;
  /** clients which pinned an earlier one have to pin anew */
  isNewCertificate: boolean;
}

export interface IdentityDeps {
  store: Store;
  vault: KeyVault;
  clock: Pick<Clock, 'now'>;
}

export interface IdentityWish {
  /** names and addresses a new certificate is for */
  names: string[];
  /** the token to go by; without one the stored token stays, or a new one is made */
  token?: string | undefined;
  renewToken: boolean;
}

export const tokenDigestOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** 256 random bits. */
export const makeToken = () => randomBytes(32).toString('base64url');

/**
 * The stored identity; what is missing, spent or does not fit is made anew, and the key sealed.
 * @throws Failure VAULT_LOCKED | VAULT_UNAVAILABLE | STORE_FULL
 */
export async function hubIdentity(deps: IdentityDeps, wish: IdentityWish): Promise<HubIdentity> {
  const { store, vault, clock } = deps;
  await vault.ready();
  const row = store.read.select().from(hub).get() ?? null;
  const keyPem = await sealedKey(vault);
  const kept =
    row !== null && keyPem !== null && isUsable(row.certificate, keyPem, clock.now())
      ? { certPem: row.certificate, keyPem }
      : null;
  const pair = kept ?? (await newPair(wish.names, clock.now()));
  const makesToken = wish.token === undefined && (row === null || wish.renewToken);
  const newToken = makesToken ? makeToken() : null;
  const token = wish.token ?? newToken;
  const tokenDigest = token === null ? (row?.tokenDigest ?? '') : tokenDigestOf(token);
  const fingerprint = new X509Certificate(pair.certPem).fingerprint256;
  if (kept === null || tokenDigest !== row?.tokenDigest) {
    const values = { certificate: pair.certPem, tokenDigest, madeAt: clock.now() };
    store.mutate((tx) => {
      tx.db
        .insert(hub)
        .values({ id: 1, ...values })
        .onConflictDoUpdate({ target: hub.id, set: values })
        .run();
      if (kept === null) vault.put(tx, OWNER, pair.keyPem);
      const isNewToken = tokenDigest !== row?.tokenDigest;
      tx.audit({
        action: row === null ? 'hub.create' : 'hub.change',
        subject: 'hub',
        after: { fingerprint, ...(isNewToken && { token: 'changed' }) },
      });
    });
  }
  return { ...pair, fingerprint, tokenDigest, newToken, isNewCertificate: kept === null };
}

/** Loaded when it is needed: few programs ever make a certificate. */
async function newPair(names: string[], nowMs: number) {
  const { makeCertificate } = await import('./certificate');
  return makeCertificate(names, nowMs);
}

async function sealedKey(vault: KeyVault): Promise<string | null> {
  if (!vault.has(OWNER)) return null;
  try {
    return await vault.open(OWNER);
  } catch (error) {
    // sealed with a key that is lost: there is nothing to wait for
    if (error instanceof Failure && error.code === 'SECRET_MISSING') return null;
    throw error;
  }
}

function isUsable(certPem: string, keyPem: string, nowMs: number): boolean {
  const certificate = new X509Certificate(certPem);
  const fits = certificate.checkPrivateKey(createPrivateKey(keyPem));
  return fits && Date.parse(certificate.validTo) - DAY_MS > nowMs;
}
