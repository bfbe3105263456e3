// The certificate library looks for this polyfill while it loads.
import 'reflect-metadata';

import { createPrivateKey, createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import type { EtcdTls } from './transport';

const AUTHORITY = { name: 'Ed25519' } as const;
const LEAF = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** what stands before the seed in an Ed25519 PKCS#8 (RFC 8410) */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
/**
 * Fixed, so that every node makes the same authority and no clock of the lab matters. Trust ends with
 * the cluster key and not with a date.
 */
const VALIDITY = { notBefore: new Date('2020-01-01'), notAfter: new Date('2099-12-31') };

/**
 * What a node shows to etcd and as etcd. Every holder of the cluster key can make it, so a new address
 * only needs a new certificate.
 * @param caSeed 32 bytes derived from the cluster key; never sent or stored
 * @param names addresses and host names at which this node's etcd is reached
 */
export async function issueEtcdTls(
  caSeed: Uint8Array,
  clusterUuid: string,
  nodeId: string,
  names: readonly string[],
): Promise<EtcdTls> {
  const authority = await authorityKeys(caSeed);
  const name = `CN=Clusterdeck state ${clusterUuid}`;
  const ca = await x509.X509CertificateGenerator.createSelfSigned(
    {
      // the same at every node, byte for byte
      serialNumber: '01',
      name,
      keys: authority,
      signingAlgorithm: AUTHORITY,
      ...VALIDITY,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    },
    webcrypto,
  );
  const keys = await webcrypto.subtle.generateKey(LEAF, true, ['sign', 'verify']);
  const leaf = await x509.X509CertificateGenerator.create(
    {
      serialNumber: `01${randomBytes(15).toString('hex')}`,
      subject: `CN=${nodeId}`,
      issuer: name,
      publicKey: keys.publicKey,
      signingKey: authority.privateKey,
      signingAlgorithm: AUTHORITY,
      ...VALIDITY,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
        ),
        new x509.ExtendedKeyUsageExtension([
          x509.ExtendedKeyUsage.serverAuth,
          x509.ExtendedKeyUsage.clientAuth,
        ]),
      ],
    },
    webcrypto,
  );
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    ca: ca.toString('pem'),
    cert: leaf.toString('pem'),
    key: x509.PemConverter.encode(key, 'PRIVATE KEY'),
  };
}

async function authorityKeys(seed: Uint8Array) {
  const der = Buffer.concat([PKCS8_PREFIX, seed]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', der, AUTHORITY, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, AUTHORITY, true, ['verify']),
  };
}
