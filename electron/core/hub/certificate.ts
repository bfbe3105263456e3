// The certificate library looks for this polyfill while it loads.
import 'reflect-metadata';

import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3_600_000;
/** Clients trust the fingerprint, so a short life would only break their pins. */
const LIFE_MS = 10 * 365 * 24 * HOUR_MS;

export interface MadeCertificate {
  certPem: string;
  keyPem: string;
}

/**
 * A self-signed server certificate with a new key.
 * @param names host names and addresses it is for
 */
export async function makeCertificate(names: string[], nowMs: number): Promise<MadeCertificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      // positive and never the same twice, as RFC 5280 asks
      serialNumber: `01${randomBytes(15).toString('hex')}`,
      name: 'CN=Clusterdeck hub',
      keys,
      signingAlgorithm: ALGORITHM,
      // clocks of a lab differ
      notBefore: new Date(nowMs - 24 * HOUR_MS),
      notAfter: new Date(nowMs + LIFE_MS),
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
        ),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      ],
    },
    webcrypto,
  );
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certPem: certificate.toString('pem'),
    keyPem: x509.PemConverter.encode(der, 'PRIVATE KEY'),
  };
}
