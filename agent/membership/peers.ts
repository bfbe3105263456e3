import { agentError } from '#shared/contract/agent/dashboard';
import { type Failure, fail } from '#shared/contract/errors';
import { type PeerCredentials, PeerWire, type WireAnswer } from './peer-wire';
import type { PeerAddress, PeerCall, Peers } from './types';

/** {@link Peers} over TLS with both certificates compared by fingerprint; close it when done. */
export interface OpenPeers extends Peers {
  close(): Promise<void>;
}

export function createPeers(credentials: PeerCredentials): OpenPeers {
  return new PinnedPeers(credentials);
}

class PinnedPeers implements OpenPeers {
  readonly #credentials: PeerCredentials;
  /** by member; a changed address or certificate makes a new one */
  readonly #wires = new Map<string, { key: string; wire: PeerWire }>();

  constructor(credentials: PeerCredentials) {
    this.#credentials = credentials;
  }

  async call(
    member: PeerAddress,
    method: 'GET' | 'POST',
    path: string,
    options: PeerCall,
  ): Promise<unknown> {
    if (!member.authenticated || member.fingerprint === '') throw stranger(member.name);
    const deadline = AbortSignal.timeout(options.deadlineMs);
    const answer = await this.#wireTo(member).send({
      method,
      path,
      ...(options.body === undefined ? {} : { body: options.body }),
      signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
    });
    if (answer.status >= 200 && answer.status < 300) {
      if (answer.body === undefined) throw unreadable(member.name);
      return answer.body;
    }
    throw refusal(member.name, answer);
  }

  async close(): Promise<void> {
    const wires = [...this.#wires.values()];
    this.#wires.clear();
    await Promise.all(wires.map(({ wire }) => wire.close()));
  }

  #wireTo(member: PeerAddress): PeerWire {
    const key = `${member.address} ${member.apiPort} ${member.fingerprint}`;
    const known = this.#wires.get(member.id);
    if (known?.key === key) return known.wire;
    void known?.wire.close();
    const { address, apiPort: port, fingerprint: pin } = member;
    const wire = new PeerWire({ address, port, pin }, this.#credentials);
    this.#wires.set(member.id, { key, wire });
    return wire;
  }
}

function refusal(node: string, answer: WireAnswer): Failure {
  const told = agentError.safeParse(answer.body);
  const code = answer.status === 401 || answer.status === 403 ? 'AUTH_FAILED' : 'SERVER_ERROR';
  const remedy = told.success ? told.data.remedy : 'Look at the log of the agent there.';
  return fail(code, {
    node,
    remedy,
    status: answer.status,
    ...(told.success && { detail: told.data.message }),
  });
}

const stranger = (node: string) =>
  fail('AUTH_FAILED', {
    node,
    remedy: 'Enrol it with the enrolment file of this cluster.',
    detail: 'It did not prove the cluster key, so nothing is sent to it.',
  });

const unreadable = (node: string) =>
  fail('BAD_RESPONSE', { node, remedy: 'Check that both nodes run the same version.' });
