import { connect } from 'node:tls';
import { Agent } from 'undici';
import { type Failure, fail } from '#shared/contract/errors';
import { hostPort } from '#shared/domain/host';
import { pinnedConnector } from '../membership/pinned-connect';
import { wireFailure } from '../membership/wire-errors';
import { type AgentLine, ask, type Lost, listen, type Way } from './agent-line';

const CONNECT_MS = 5_000;

export interface RemoteAgent {
  address: string;
  port: number;
  /** SHA-256 of its certificate, `AA:BB:...` */
  fingerprint: string;
  /** of an admin there; never logged */
  token: string;
}

/** The agent of another machine: by its certificate's fingerprint, with a token. */
export function remoteLine({ address, port, fingerprint, token }: RemoteAgent): AgentLine {
  const label = hostPort(address, port);
  const way: Way = {
    origin: `https://${label}`,
    dispatcher: () => new Agent({ connect: pinnedConnector({ label, pin: fingerprint }) }),
    headers: { authorization: `Bearer ${token}` },
    told: (error, lost) => told(error, label, lost),
  };
  return {
    act: (method, path, body, signal, deadlineMs) =>
      ask(way, { method, path, body, signal, deadlineMs }),
    listen: (path, signal) => listen(way, path, signal),
  };
}

/**
 * Which certificate answers there. Nothing is sent to it.
 * @returns its SHA-256, `AA:BB:...`
 * @throws Failure of the connection
 */
export async function fingerprintAt(
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<string> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // compared by a person, who is asked next
  const socket = connect({ host: address, port, rejectUnauthorized: false });
  socket.once('secureConnect', () => resolve(socket.getPeerCertificate().fingerprint256));
  socket.once('error', reject);
  const end = () => reject(until.reason);
  until.addEventListener('abort', end, { once: true });
  try {
    return await promise;
  } catch (error) {
    throw told(error, hostPort(address, port), { signal, until, isMutation: false });
  } finally {
    until.removeEventListener('abort', end);
    socket.destroy();
  }
}

function told(error: unknown, label: string, { signal, until, isMutation }: Lost): Failure {
  if (signal.aborted) return fail('ABORTED', { remedy: 'Run it again when you want to.' });
  const { code, data } = wireFailure(error, label, isMutation, until);
  const remedy =
    code === 'TLS_CHANGED'
      ? data.remedy
      : 'Check that the node agent runs there, its address and its port, and the network between.';
  return fail(code, { ...data, remedy }, `${label}: ${WORDS[code] ?? 'It cannot be asked.'}`);
}

const WORDS: Partial<Record<Failure['code'], string>> = {
  CONNECTION_REFUSED: 'Nothing listens there.',
  NAME_NOT_RESOLVED: 'Nobody knows this name.',
  TIMEOUT: 'It does not answer.',
  UNREACHABLE: 'It cannot be reached.',
  TLS_FAILED: 'No secure connection could be made.',
  TLS_CHANGED: 'Another certificate answers there than the one that was named.',
};
