import type { ErrorCode, FailureView } from '#shared/contract/errors';
import type { ConnectionState } from '#shared/contract/inventory';

/** Codes that mean more than "not to be had at the moment". */
const STATES: Partial<Record<ErrorCode, ConnectionState>> = {
  AUTH_FAILED: 'authenticationRequired',
  SECRET_MISSING: 'authenticationRequired',
  TFA_REQUIRED: 'authenticationRequired',
  TFA_FAILED: 'authenticationRequired',
  PASSPHRASE_WRONG: 'authenticationRequired',
  PERMISSION_DENIED: 'insufficientPermissions',
  TLS_UNTRUSTED: 'untrustedCertificate',
  TLS_CHANGED: 'untrustedCertificate',
  TLS_INVALID: 'untrustedCertificate',
  VAULT_LOCKED: 'notConnected',
  VAULT_UNAVAILABLE: 'notConnected',
};

/** The connection state a failed poll leaves a cluster in. */
export function stateAfter(failure: FailureView): ConnectionState {
  return STATES[failure.code] ?? 'unavailable';
}

/** Whether trying again by itself can help; the others wait for a person. */
export function isPassing(failure: FailureView): boolean {
  return stateAfter(failure) === 'unavailable';
}

const FIRST_MS = 10_000;
const LONGEST_MS = 180_000;

/** How long to leave a silent cluster alone after so many failures in a row: 10 s, 20 s, ... 180 s. */
export function backOffMs(failures: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(10, Math.max(0, failures - 1)));
}
