import { eq } from 'drizzle-orm';
import type { Protection } from '#shared/contract/vault';
import { staleKeys, vault } from '../db/schema/index';
import type { Reader, Writer } from '../db/store';
import { seal, unseal } from './seal';

/** How the vault key is held, as stored. */
export type KeyRow = typeof vault.$inferSelect;
const PROOF = Buffer.from('clusterdeck vault');

export function readKeyRow(db: Reader): KeyRow | null {
  return db.select().from(vault).get() ?? null;
}

/** @param key null where the protection is this session only */
export function writeKeyRow(
  db: Writer,
  row: { protection: Protection; keyId: string; kept: string; changedAt: number },
  key: Uint8Array | null,
): void {
  const values = { ...row, proof: key && seal(key, PROOF, `vault proof|${row.keyId}`) };
  db.insert(vault)
    .values({ id: 1, ...values })
    .onConflictDoUpdate({ target: vault.id, set: values })
    .run();
}

/** Puts what a keychain has renewed in place of the old form. */
export function renewKept(db: Writer, keyId: string, kept: string): void {
  db.update(vault).set({ kept }).where(eq(vault.keyId, keyId)).run();
}

/** Whether this is the key the stored secrets were sealed with. */
export function fits(row: KeyRow, key: Uint8Array): boolean {
  if (row.proof === null || key.length !== 32) return false;
  return unseal(key, row.proof, `vault proof|${row.keyId}`)?.equals(PROOF) ?? false;
}

export function listStaleKeys(db: Reader): { keyId: string; protection: Protection }[] {
  return db.select().from(staleKeys).all();
}

export function addStaleKey(db: Writer, keyId: string, protection: Protection): void {
  db.insert(staleKeys).values({ keyId, protection }).onConflictDoNothing().run();
}

export function dropStaleKey(db: Writer, keyId: string): void {
  db.delete(staleKeys).where(eq(staleKeys.keyId, keyId)).run();
}
