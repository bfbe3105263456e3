import type { ConnectionOptions } from 'node:tls';
import { buildConnector } from 'undici';
import { type Failure, fail } from '#shared/contract/errors';

const CONNECT_MS = 4_000;

interface Pinned {
  /** as `10.77.1.1:9090`, for messages */
  label: string;
  /** SHA-256 of its certificate; null: any is taken, and told */
  pin: string | null;
  /** told the certificate of each connection */
  onOffered?(fingerprint: string): void;
  secureContext?: ConnectionOptions['secureContext'];
}

/**
 * Connects to an agent. Agents sign their certificates themselves, so that they are compared by
 * fingerprint: nothing is sent to a wrong one.
 */
export function pinnedConnector({
  label,
  pin,
  onOffered,
  secureContext,
}: Pinned): buildConnector.connector {
  const connect = buildConnector({
    allowH2: false,
    maxCachedSessions: 0,
    timeout: CONNECT_MS,
    keepAlive: true,
    // self-signed certificates are compared by fingerprint below
    rejectUnauthorized: false,
    ...(secureContext && { secureContext }),
  });
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      const offered =
        'getPeerCertificate' in socket ? socket.getPeerCertificate().fingerprint256 : '';
      if (offered !== '' && (pin === null || pin === offered)) {
        onOffered?.(offered);
        return callback(null, socket);
      }
      socket.destroy();
      return callback(changed(label, pin ?? '', offered), null);
    });
}

function changed(label: string, pinned: string, offered: string): Failure {
  return fail('TLS_CHANGED', {
    endpoint: label,
    pinned,
    offered,
    remedy: 'Find out which machine answers at this address before you trust it.',
  });
}
