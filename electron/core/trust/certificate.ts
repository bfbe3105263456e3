import type { Endpoint, VerifyMode } from '#shared/contract/clusters';
import type { CertificateInfo } from '#shared/contract/connection';
import type { Failure } from '#shared/contract/errors';
import { hostPort } from '#shared/domain/host';
import { networkFailure, pinFailure } from '../net/network-errors';
import type { Handshake } from './probe';

/** What a stage found; with a failure it did not pass, whatever else it found. */
export interface Finding {
  detail?: string;
  remedy?: string;
  certificate?: CertificateInfo;
  pinned?: string;
  failure?: Failure;
  /** there was nothing to look at */
  skipped?: boolean;
}

/** Judges a handshake by the cluster's way of verifying. */
export function judgeCertificate(
  handshake: Handshake,
  endpoint: Endpoint,
  verify: VerifyMode,
): Finding {
  const { certificate, distrust } = handshake;
  const label = hostPort(endpoint.host, endpoint.port);
  const pinned = endpoint.pin === null ? {} : { pinned: endpoint.pin };
  const ends = new Date(certificate.validTo).toISOString().slice(0, 10);
  const life = certificate.validTo < Date.now() ? `expired on ${ends}` : `valid until ${ends}`;
  const found = { certificate, ...pinned };
  if (verify === 'off') return { ...found, detail: `not verified, ${life}` };
  if (verify === 'pin' && endpoint.pin === certificate.fingerprint) {
    return { ...found, detail: `pinned, ${life}` };
  }
  if (verify === 'pin') {
    return { ...found, failure: pinFailure(label, endpoint.pin, certificate.fingerprint) };
  }
  if (distrust === null) return { ...found, detail: `${certificate.issuer}, ${life}` };
  const failure = networkFailure(Object.assign(new Error(distrust), { code: distrust }), label);
  return { ...found, failure };
}
