import { Failure } from '#shared/contract/errors';
import type { PeerRequest, PeerResponse } from '../api/types';
import { nodeIdOf } from '../identity/certificate';
import type { Clock, Logger } from '../ports';
import { OpenChallenges } from './candidates';
import { fingerprintOf, isProof, makeProof } from './challenge';
import type { PeerRoute } from './peer-types';
import { HELLO_PATH, PROTOCOL, PROVE_PATH } from './protocol';
import {
  type ClusterRecord,
  helloRequest,
  type MemberRecord,
  type ProveAnswer,
  proveRequest,
} from './records';
import { refusal } from './refusals';

/** Why a node could not be taken up, though it proved the key. */
export type Admission =
  | { ok: true; record: MemberRecord }
  | { ok: false; why: 'name-used' | 'identity-used' | 'held'; by: string };

/** What the doorkeeper must know of the cluster; null: this node is no member itself yet. */
export interface House {
  cluster: ClusterRecord;
  members(): MemberRecord[];
  /** client addresses of the shared state; null where only this node can reach it */
  stateEndpoints(): readonly string[] | null;
  /** @throws Failure of the shared state */
  admit(record: Omit<MemberRecord, 'joinedAt'>): Promise<Admission>;
}

export interface DoorkeeperOptions {
  clusterUuid: string;
  challengeKey: Uint8Array;
  /** SHA-256 of this node's certificate */
  fingerprint: string;
  house(): House | null;
  /** told about those who failed the proof */
  onStranger(address: string, why: string): void;
  clock: Clock;
  logger: Logger;
}

/**
 * The member's side of the challenge. The joiner proves first, so that nothing is proved, and
 * nothing of the cluster told, to whoever does not hold the key.
 */
export function createDoorkeeper(options: DoorkeeperOptions): PeerRoute[] {
  const keeper = new Doorkeeper(options);
  return [
    {
      method: 'POST',
      path: HELLO_PATH,
      access: 'candidate',
      handle: async (request) => keeper.hello(request),
    },
    {
      method: 'POST',
      path: PROVE_PATH,
      access: 'candidate',
      handle: (request) => keeper.prove(request),
    },
  ];
}

class Doorkeeper {
  readonly #options: DoorkeeperOptions;
  readonly #challenges: OpenChallenges;

  constructor(options: DoorkeeperOptions) {
    this.#options = options;
    this.#challenges = new OpenChallenges(options.clock);
  }

  hello(request: PeerRequest): PeerResponse {
    const parsed = helloRequest.safeParse(request.body);
    if (!parsed.success) return malformed();
    const { protocol, clusterUuid, nonce, certificate } = parsed.data;
    if (protocol !== PROTOCOL) {
      return refusal(
        'wrong-protocol',
        `This node speaks version ${PROTOCOL} of the handshake, the other one ${protocol}.`,
        'Install the same version of the node agent on all nodes.',
      );
    }
    if (clusterUuid !== this.#options.clusterUuid) {
      return refusal(
        'foreign-cluster',
        'This node belongs to another cluster.',
        'Take the seeds and the enrolment file of the same cluster.',
      );
    }
    const nodeId = this.#idOf(certificate, request.fingerprint);
    if (nodeId === null) return malformed();
    if (this.#options.house() === null) return unsettled();
    const own = this.#challenges.begin({
      fingerprint: request.fingerprint,
      address: request.address,
      joinerNonce: nonce,
      nodeId,
    });
    if (own === null) {
      return refusal(
        'too-many',
        'Too many nodes are being asked for their proof at once.',
        'It is tried again by itself.',
      );
    }
    return { status: 200, body: { protocol: PROTOCOL, nonce: own } };
  }

  async prove(request: PeerRequest): Promise<PeerResponse> {
    const parsed = proveRequest.safeParse(request.body);
    if (!parsed.success) return malformed();
    const { nonce, proof, node } = parsed.data;
    const open = this.#challenges.take(nonce, request.fingerprint);
    if (open === null) {
      return refusal(
        'challenge-unknown',
        'This challenge was not given out, was used already, or is too old.',
        'Begin again; the clock of neither node matters.',
      );
    }
    const { challengeKey, clusterUuid, fingerprint } = this.#options;
    const handshake = {
      clusterUuid,
      joinerNonce: open.joinerNonce,
      memberNonce: nonce,
      joinerFingerprint: request.fingerprint,
      memberFingerprint: fingerprint,
    };
    if (node.id !== open.nodeId || !isProof(challengeKey, handshake, 'joiner', proof)) {
      this.#options.onStranger(request.address, 'The proof of the cluster key was wrong.');
      return refusal(
        'proof-refused',
        'The proof of the cluster key was wrong.',
        'Install the enrolment file of this cluster on that node, and see that nothing stands between the nodes.',
      );
    }
    const house = this.#options.house();
    if (house === null) return unsettled();
    const stateEndpoints = house.stateEndpoints();
    if (stateEndpoints === null) {
      return refusal(
        'single-node',
        'This cluster keeps its state on one node and takes no other.',
        'Set state.kind to etcd on its founder before further nodes are enrolled.',
      );
    }
    const admission = await this.#admit(house, { ...node, fingerprint: request.fingerprint });
    if ('status' in admission) return admission;
    this.#options.logger.info(
      { node: node.name, id: node.id },
      'A node proved the cluster key and is a member now.',
    );
    const answer: ProveAnswer = {
      proof: makeProof(challengeKey, handshake, 'member'),
      cluster: house.cluster,
      joinedAt: admission.joinedAt,
      members: house.members(),
      stateEndpoints: [...stateEndpoints],
    };
    return { status: 200, body: answer };
  }

  async #admit(
    house: House,
    record: Omit<MemberRecord, 'joinedAt'>,
  ): Promise<MemberRecord | PeerResponse> {
    try {
      const admission = await house.admit(record);
      if (admission.ok) return admission.record;
      const { why, by } = admission;
      this.#options.logger.warn({ node: record.name, why, by }, 'A node was not let in.');
      if (why === 'held') return held(by);
      return why === 'name-used' ? nameUsed(record.name, by) : identityUsed(by);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return refusal(
        'state-unavailable',
        `The shared state cannot take up a member now: ${error.message}`,
        error.data.remedy,
      );
    }
  }

  /** null where the certificate is not the connection's, or no certificate */
  #idOf(certificate: string, fingerprint: string): string | null {
    const der = Buffer.from(certificate, 'base64');
    return fingerprintOf(der) === fingerprint ? nodeIdOf(der) : null;
  }
}

const malformed = () =>
  refusal(
    'bad-request',
    'The handshake cannot be understood.',
    'Install the same version of the node agent on all nodes.',
  );

const unsettled = () =>
  refusal(
    'not-settled',
    'This node looks for its cluster itself.',
    'Start the founder, or a node that belongs to the cluster already.',
  );

const nameUsed = (name: string, by: string) =>
  refusal(
    'name-used',
    `Another node of this cluster has the name ${name} (id ${by}).`,
    `Give this node another name in identity.name; or, if the other one is gone for good, run on any node: node-agent forget ${name}`,
  );

const identityUsed = (name: string) =>
  refusal(
    'identity-used',
    `The node ${name} has this id with another certificate.`,
    'Do not copy the state folder of one node to another; empty it on this one.',
  );

const held = (by: string) =>
  refusal(
    'held',
    `This cluster is held for a merge that ${by} carries out, and takes nobody else up.`,
    'Wait for the end of the merge; it is tried again by itself.',
  );
