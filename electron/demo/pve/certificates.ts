// The certificate library looks for this polyfill while it loads.
import 'reflect-metadata';

import { randomBytes } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** Named here, since the global name exists with a browser's types only. */
interface KeyPair {
  privateKey: InstanceType<typeof CryptoKey>;
  publicKey: InstanceType<typeof CryptoKey>;
}

const DAY_MS = 86_400_000;
const YEARS_OF_AUTHORITY = 10;
const DAYS_OF_NODE = 730;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** How a node's certificate may be wrong. */
export type CertificateFlaw = 'none' | 'expired' | 'wrong-host';

/** A certificate with its key, ready for a TLS server. */
export interface ServerCertificate {
  certPem: string;
  keyPem: string;
  /** SHA-256 over the DER form, upper-case hex with colons. */
  fingerprint: string;
  notAfterMs: number;
}

/**
 * The authority every cluster makes for itself: it signs the nodes'
 * certificates and nobody outside trusts it.
 */
export class ClusterAuthority {
  readonly certPem: string;
  readonly #keys: KeyPair;
  readonly #name: string;

  private constructor(certPem: string, keys: KeyPair, name: string) {
    this.certPem = certPem;
    this.#keys = keys;
    this.#name = name;
  }

  static async create(uuid: string, nowMs: number): Promise<ClusterAuthority> {
    const keys = await newKeys();
    const name = `CN=Proxmox Virtual Environment, OU=${uuid}, O=PVE Cluster Manager CA`;
    const certificate = await x509.X509CertificateGenerator.createSelfSigned(
      {
        serialNumber: '01',
        name,
        keys,
        signingAlgorithm: ALGORITHM,
        notBefore: new Date(nowMs - 200 * DAY_MS),
        notAfter: new Date(nowMs + YEARS_OF_AUTHORITY * 365 * DAY_MS),
        extensions: [
          new x509.BasicConstraintsExtension(true, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign),
        ],
      },
      crypto,
    );
    return new ClusterAuthority(certificate.toString('pem'), keys, name);
  }

  /** Signs a certificate for a node, two years long unless it shall be wrong. */
  async issue(node: string, flaw: CertificateFlaw, nowMs: number): Promise<ServerCertificate> {
    const keys = await newKeys();
    const expired = flaw === 'expired';
    const notBefore = new Date(nowMs - (expired ? DAYS_OF_NODE + 20 : 100) * DAY_MS);
    const notAfter = new Date(notBefore.getTime() + DAYS_OF_NODE * DAY_MS);
    const host = flaw === 'wrong-host' ? 'elsewhere.lab.test' : `${node}.lab.test`;
    const certificate = await x509.X509CertificateGenerator.create(
      {
        serialNumber: `0${randomBytes(8).toString('hex').slice(1)}`,
        subject: `OU=PVE Cluster Node, O=Proxmox Virtual Environment, CN=${host}`,
        issuer: this.#name,
        publicKey: keys.publicKey,
        signingKey: this.#keys.privateKey,
        signingAlgorithm: ALGORITHM,
        notBefore,
        notAfter,
        extensions: [
          new x509.BasicConstraintsExtension(false),
          new x509.SubjectAlternativeNameExtension(
            flaw === 'wrong-host'
              ? [{ type: 'dns', value: host }]
              : [
                  { type: 'ip', value: '127.0.0.1' },
                  { type: 'ip', value: '::1' },
                  { type: 'dns', value: 'localhost' },
                  { type: 'dns', value: node },
                  { type: 'dns', value: host },
                ],
          ),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        ],
      },
      crypto,
    );
    const hash = Buffer.from(await certificate.getThumbprint('SHA-256', crypto));
    const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
    return {
      certPem: certificate.toString('pem'),
      keyPem: x509.PemConverter.encode(key, 'PRIVATE KEY'),
      fingerprint: colons(hash),
      notAfterMs: notAfter.getTime(),
    };
  }
}

function newKeys(): Promise<KeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function colons(hash: Buffer): string {
  return (hash.toString('hex').toUpperCase().match(/../g) ?? []).join(':');
}
