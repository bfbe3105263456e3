// The certificate library looks for this polyfill while it loads.
import 'reflect-metadata';

import {
  createPublicKey,
  type KeyObject,
  type KeyPairKeyObjectResult,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { nodeIdFrom } from './node-id';

/**
 * The TLS key is P-256 and not the identity's own: Electron's TLS offers no Ed25519, so that the
 * desktop could not connect. An extension ties the certificate to the identity: the raw Ed25519
 * public key and its signature over the TLS key.
 */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** under 2.25, the arc of identifiers made from UUIDs; the library reads no arc above 2^53 */
const BINDING_OID = '2.25.1873642517.1';
const BINDING_LABEL = Buffer.from('clusterdeck-node-certificate-v1\0');
const RAW_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** what stands before the raw key in an Ed25519 SPKI (RFC 8410) */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const HOUR_MS = 3_600_000;
/** Others trust the fingerprint, so a short life would only break their pins. */
const LIFE_MS = 10 * 365 * 24 * HOUR_MS;

export interface MadeCertificate {
  certPem: string;
  keyPem: string;
}

/**
 * A self-signed certificate, for server and client, with a new key.
 * @param identity Ed25519
 * @param names host names and addresses it is for
 */
export async function makeNodeCertificate(
  identity: KeyPairKeyObjectResult,
  names: readonly string[],
  nowMs: number,
): Promise<MadeCertificate> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const tlsKey = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey));
  const identityKey = identity.publicKey.export({ type: 'spki', format: 'der' });
  const binding = Buffer.concat([
    identityKey.subarray(SPKI_PREFIX.length),
    sign(null, Buffer.concat([BINDING_LABEL, tlsKey]), identity.privateKey),
  ]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      // positive and never the same twice, as RFC 5280 asks
      serialNumber: `01${randomBytes(15).toString('hex')}`,
      name: `CN=${nodeIdFrom(identityKey)}`,
      keys,
      signingAlgorithm: ALGORITHM,
      // clocks of a lab differ
      notBefore: new Date(nowMs - 24 * HOUR_MS),
      notAfter: new Date(nowMs + LIFE_MS),
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.SubjectAlternativeNameExtension(
          names.map(
            (value): x509.JsonGeneralName => ({
              type: isIP(value) === 0 ? 'dns' : 'ip',
              value,
            }),
          ),
        ),
        new x509.ExtendedKeyUsageExtension([
          x509.ExtendedKeyUsage.serverAuth,
          x509.ExtendedKeyUsage.clientAuth,
        ]),
        new x509.Extension(BINDING_OID, false, binding),
      ],
    },
    crypto,
  );
  const der = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certPem: certificate.toString('pem'),
    keyPem: x509.PemConverter.encode(der, 'PRIVATE KEY'),
  };
}

/**
 * The node id that a certificate proves: its holder has the identity key of this id. It does not say
 * that the node is a member.
 * @param certificate DER, as a TLS connection shows it
 * @returns null where it is no node's certificate or the proof is wrong
 */
export function nodeIdOf(certificate: Uint8Array): string | null {
  try {
    const parsed = new x509.X509Certificate(new Uint8Array(certificate));
    const extension = parsed.getExtension(BINDING_OID);
    if (extension === null) return null;
    const binding = Buffer.from(extension.value);
    if (binding.length !== RAW_KEY_BYTES + SIGNATURE_BYTES) return null;
    const identityKey = Buffer.concat([SPKI_PREFIX, binding.subarray(0, RAW_KEY_BYTES)]);
    const signed = Buffer.concat([BINDING_LABEL, Buffer.from(parsed.publicKey.rawData)]);
    const isProven = verify(null, signed, ed25519(identityKey), binding.subarray(RAW_KEY_BYTES));
    return isProven ? nodeIdFrom(identityKey) : null;
  } catch {
    // anything may be shown to us
    return null;
  }
}

const ed25519 = (spki: Buffer): KeyObject =>
  createPublicKey({ key: spki, format: 'der', type: 'spki' });
