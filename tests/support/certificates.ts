import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** Named here, since the global name exists with a browser's types only. */
interface KeyPair {
  privateKey: InstanceType<typeof CryptoKey>;
  publicKey: InstanceType<typeof CryptoKey>;
}

x509.cryptoProvider.set(crypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** A key and certificate in PEM, with the fingerprint as PVE prints it. */
export interface TestCertificate {
  key: string;
  cert: string;
  fingerprint: string;
}

export interface CertificateWish {
  /** subject alternative names; addresses are told from names by their form */
  names?: string[];
  validFromDays?: number;
  validToDays?: number;
  issuer?: TestAuthority;
  /** distinguished name of the holder */
  subject?: string;
}

export interface TestAuthority {
  pem: string;
  certificate: x509.X509Certificate;
  keys: KeyPair;
}

/** A server's certificate: self-signed, or issued by the given authority. */
export async function makeCertificate(wish: CertificateWish = {}): Promise<TestCertificate> {
  const keys = await newKeys();
  const { names = ['localhost', '127.0.0.1'], subject = 'CN=pve1.lab.test, O=Test lab' } = wish;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject,
    issuer: wish.issuer?.certificate.subject ?? subject,
    notBefore: new Date(Date.now() + (wish.validFromDays ?? -1) * DAY_MS),
    notAfter: new Date(Date.now() + (wish.validToDays ?? 365) * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: wish.issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        names.map(
          (value): x509.JsonGeneralName => ({
            type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns',
            value,
          }),
        ),
      ),
    ],
  });
  return {
    key: await keyPem(keys),
    cert: certificate.toString('pem'),
    fingerprint: await fingerprintOf(certificate),
  };
}

/** An authority that a test may trust. */
export async function makeAuthority(): Promise<TestAuthority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=Test lab authority',
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 365 * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true)],
  });
  return { pem: certificate.toString('pem'), certificate, keys };
}

async function newKeys(): Promise<KeyPair> {
  return await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function keyPem(keys: KeyPair): Promise<string> {
  const der = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return x509.PemConverter.encode(der, 'PRIVATE KEY');
}

async function fingerprintOf(certificate: x509.X509Certificate): Promise<string> {
  const digest = await certificate.getThumbprint('SHA-256', crypto);
  return (Buffer.from(digest).toString('hex').toUpperCase().match(/../g) ?? []).join(':');
}

function serial(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString('hex');
}
