import type { X509Certificate } from 'node:crypto';
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { CertificateInfo } from '#shared/contract/connection';
import { hostPort } from '#shared/domain/host';
import { abortFailure, networkFailure } from '../net/network-errors';

const STEP_MS = 8_000;

/** The authorities of this machine, read when they are first needed. */
export type TrustSource = () => SecureContext;

/** What a server showed in its handshake; no byte of HTTP was sent to it. */
export interface Handshake {
  certificate: CertificateInfo;
  /** `TLSv1.3` */
  protocol: string;
  /** why this machine's authorities do not vouch for it under this name, as an error code */
  distrust: string | null;
}

/** Where to look, and until when. */
export interface Probe {
  host: string;
  port: number;
  signal: AbortSignal;
}

/** @throws Failure NAME_NOT_RESOLVED | TIMEOUT | ABORTED */
export async function resolveName({ host, port, signal }: Probe): Promise<LookupAddress[]> {
  const label = hostPort(host, port);
  return await settled(signal, label, (resolve, reject) => {
    lookup(host, { all: true }).then(resolve, (error: unknown) =>
      reject(networkFailure(error, label)),
    );
    return () => {};
  });
}

/** Opens a TCP connection to one of the addresses. @throws Failure of the network */
export async function reach(probe: Probe, addresses: LookupAddress[]): Promise<Socket> {
  const { host, port, signal } = probe;
  const label = hostPort(host, port);
  return await settled(signal, label, (resolve, reject) => {
    const socket = connectTcp({
      host,
      port,
      // the addresses are known already; Node tries them in turn
      lookup: (_name, options, done) => {
        const [first] = addresses;
        if (options.all) done(null, addresses);
        else done(null, first?.address ?? '', first?.family);
      },
    });
    socket.once('connect', () => resolve(socket));
    socket.on('error', (error) => reject(networkFailure(error, label)));
    return () => socket.destroy();
  });
}

/** Shakes hands over an open socket, reads the certificate, and closes. @throws Failure TLS_FAILED | ... */
export async function shakeHands(
  probe: Probe,
  socket: Socket,
  trust: TrustSource,
): Promise<Handshake> {
  const { host, port, signal } = probe;
  const label = hostPort(host, port);
  try {
    const secured = await settled<TLSSocket>(signal, label, (resolve, reject) => {
      const opening = connectTls({
        socket,
        ...(isIP(host.split('%')[0] ?? '') === 0 ? { servername: host } : {}),
        secureContext: trust(),
        // whatever is shown is looked at; nothing is sent over this connection
        rejectUnauthorized: false,
        // the name is judged below: here Node would take an address for "localhost"
        checkServerIdentity: () => undefined,
        ALPNProtocols: ['http/1.1'],
      });
      opening.once('secureConnect', () => resolve(opening));
      // stays for the whole life of the socket: an error after this step is nobody's
      opening.on('error', (error) => reject(networkFailure(error, label)));
      opening.once('close', () =>
        reject(networkFailure(Object.assign(new Error('closed'), { code: 'EPROTO' }), label)),
      );
      return () => opening.destroy();
    });
    return described(secured, host);
  } finally {
    socket.destroy();
  }
}

/** Reads the certificate an endpoint offers now. @throws Failure of look-up, connection or handshake */
export async function readCertificate(probe: Probe, trust: TrustSource): Promise<CertificateInfo> {
  const socket = await reach(probe, await resolveName(probe));
  return (await shakeHands(probe, socket, trust)).certificate;
}

/** @throws when the server has no certificate, which the ciphers in use do not allow */
function described(socket: TLSSocket, host: string): Handshake {
  // in this order: once the X509 object was read, Node leaves the names out of the plain one
  const wrongName = checkServerIdentity(host, socket.getPeerCertificate());
  const x509 = socket.getPeerX509Certificate();
  if (x509 === undefined) throw new Error('A TLS server without a certificate');
  const distrust = socket.authorized
    ? wrongName && 'ERR_TLS_CERT_ALTNAME_INVALID'
    : String(socket.authorizationError);
  return {
    certificate: { ...certificateFacts(x509), trustedByCa: !distrust },
    protocol: socket.getProtocol() ?? '',
    distrust: distrust ?? null,
  };
}

function certificateFacts(x509: X509Certificate): Omit<CertificateInfo, 'trustedByCa'> {
  const oneLine = (name: string) => name.split('\n').join(', ').slice(0, 500);
  const names = (x509.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,]+)/g);
  return {
    fingerprint: x509.fingerprint256,
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    names: [...names].map(([, name = '']) => name).slice(0, 50),
    validFrom: Math.max(0, Date.parse(x509.validFrom)),
    validTo: Math.max(0, Date.parse(x509.validTo)),
    selfSigned: x509.checkIssued(x509) && x509.verify(x509.publicKey),
  };
}

/** One step with its own time limit; ending early undoes it. */
function settled<Value>(
  signal: AbortSignal,
  label: string,
  begin: (resolve: (value: Value) => void, reject: (reason: unknown) => void) => () => void,
): Promise<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  const both = AbortSignal.any([signal, AbortSignal.timeout(STEP_MS)]);
  if (both.aborted) return Promise.reject(abortFailure(both.reason, label));
  const undo = begin(resolve, reject);
  const onAbort = () => {
    reject(abortFailure(both.reason, label));
    undo();
  };
  both.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => both.removeEventListener('abort', onAbort));
}
