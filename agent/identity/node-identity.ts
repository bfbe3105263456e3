import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '#shared/contract/errors';
import { codeOf } from '../host/error-code';
import { isOpenToOthers, privateFolder, writeWhole } from '../host/files';
import { makeNodeCertificate, nodeIdOf } from './certificate';
import { nodeIdFrom } from './node-id';
import type { NodeIdentity } from './types';

const IDENTITY_KEY = 'identity.key';
const TLS_KEY = 'api.key';
const CERTIFICATE = 'api.crt';

/**
 * The node's identity; made at the first start and never again, also when names or addresses
 * change, since others pin the certificate.
 * @param folder of mode 0700, as `<state_dir>/identity`
 * @param names host names and addresses for a new certificate
 * @throws Failure PERMISSION_DENIED where others may read the keys, STORE_BROKEN where a part is
 *   missing or does not fit: a new identity is never made over a damaged one
 */
export async function loadNodeIdentity(
  folder: string,
  names: readonly string[],
  nowMs: number,
): Promise<NodeIdentity> {
  const existing = await readNodeIdentity(folder);
  if (existing !== null) return existing;
  await privateFolder(folder);
  const identity = generateKeyPairSync('ed25519');
  const made = await makeNodeCertificate(identity, names, nowMs);
  // the certificate is last: an identity counts from the moment it is whole
  await writeWhole(join(folder, IDENTITY_KEY), pem(identity.privateKey));
  await writeWhole(join(folder, TLS_KEY), made.keyPem);
  await writeWhole(join(folder, CERTIFICATE), made.certPem, { mode: 0o644 });
  return checked(folder, pem(identity.privateKey), made.keyPem, made.certPem);
}

/** @returns null where there is none yet. @throws as {@link loadNodeIdentity} */
export async function readNodeIdentity(folder: string): Promise<NodeIdentity | null> {
  const [certPem, identityPem, keyPem] = await Promise.all(
    [CERTIFICATE, IDENTITY_KEY, TLS_KEY].map((name) => readIfThere(join(folder, name))),
  );
  if (typeof certPem !== 'string') return null;
  if (typeof identityPem !== 'string' || typeof keyPem !== 'string') {
    throw broken(folder, 'a key is missing beside the certificate');
  }
  for (const name of [IDENTITY_KEY, TLS_KEY]) {
    const path = join(folder, name);
    if (!(await isOpenToOthers(path))) continue;
    const remedy = `Run chmod 600 ${path}. If others may have read it, retire this node's identity.`;
    throw fail('PERMISSION_DENIED', { remedy, path }, `Others may read ${path}.`);
  }
  return checked(folder, identityPem, keyPem, certPem);
}

async function checked(
  folder: string,
  identityPem: string,
  keyPem: string,
  certPem: string,
): Promise<NodeIdentity> {
  try {
    const certificate = new X509Certificate(certPem);
    const publicKey = createPublicKey(createPrivateKey(identityPem));
    const id = nodeIdFrom(publicKey.export({ type: 'spki', format: 'der' }));
    if (!certificate.checkPrivateKey(createPrivateKey(keyPem))) {
      throw new Error('key and certificate do not fit');
    }
    if (nodeIdOf(certificate.raw) !== id) throw new Error('the certificate is of another identity');
    return { id, certPem, keyPem, fingerprint: certificate.fingerprint256 };
  } catch (error) {
    throw broken(folder, error instanceof Error ? error.message : 'unreadable');
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    const remedy = 'Run it as root, as the agent itself runs.';
    throw fail('PERMISSION_DENIED', { remedy, path }, `${path} cannot be read (${codeOf(error)}).`);
  }
}

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

const broken = (folder: string, detail: string) =>
  fail(
    'STORE_BROKEN',
    {
      remedy: `Bring ${folder} back from a backup, or move it away to make this machine a new node.`,
      path: folder,
      detail,
    },
    'The identity of this node is damaged.',
  );
