import { makeProof, newNonce } from '../../../membership/challenge';
import type { PeerRoute } from '../../../membership/peer-types';
import { PROTOCOL } from '../../../membership/protocol';
import type { ClusterRecord } from '../../../membership/records';
import { refusal } from '../../../membership/refusals';
import type { Clock } from '../../../ports';
import { Turnstile } from './turnstile';
import { WHO_PATH, type WhoAnswer, whoRequest } from './wire';

interface Deps {
  /** null as long as this node belongs to no cluster */
  cluster(): ClusterRecord | null;
  challengeKey: Uint8Array;
  /** SHA-256 of this node's certificate */
  fingerprint: string;
  clock: Pick<Clock, 'monotonic'>;
}

/**
 * Says to anybody with a certificate which cluster this node belongs to, and proves it to those who
 * hold its key. No other member is named.
 */
export function whoRoute({ cluster, challengeKey, fingerprint, clock }: Deps): PeerRoute {
  const turnstile = new Turnstile(clock);
  return {
    method: 'POST',
    path: WHO_PATH,
    access: 'candidate',
    async handle(request) {
      if (!turnstile.admit(request.address)) {
        return refusal('too-many', 'This is asked too often.', 'Ask again later.');
      }
      const parsed = whoRequest.safeParse(request.body);
      if (!parsed.success || parsed.data.protocol !== PROTOCOL) {
        const remedy = 'Install the same version of the node agent on all nodes.';
        return refusal('bad-request', 'The question cannot be understood.', remedy);
      }
      const own = cluster();
      if (own === null) {
        const remedy = 'Ask again once it has found its cluster.';
        return refusal('not-settled', 'This node looks for its cluster itself.', remedy);
      }
      const nonce = newNonce();
      const handshake = {
        clusterUuid: own.uuid,
        joinerNonce: parsed.data.nonce,
        memberNonce: nonce,
        joinerFingerprint: request.fingerprint,
        memberFingerprint: fingerprint,
      };
      const answer: WhoAnswer = {
        cluster: { uuid: own.uuid, name: own.name },
        founding: own.founding,
        nonce,
        proof: makeProof(challengeKey, handshake, 'who'),
      };
      return { status: 200, body: answer };
    },
  };
}
