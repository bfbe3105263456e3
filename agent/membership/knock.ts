import { X509Certificate } from 'node:crypto';
import { agentError } from '#shared/contract/agent/dashboard';
import { Failure } from '#shared/contract/errors';
import { isProof, makeProof, newNonce } from './challenge';
import { type PeerCredentials, PeerWire, type WireAnswer } from './peer-wire';
import { HELLO_PATH, PROTOCOL, PROVE_PATH } from './protocol';
import { helloAnswer, type NodeDescription, type ProveAnswer, proveAnswer } from './records';
import { isRefusalCode, type RefusalCode } from './refusals';

export interface Applicant {
  node: NodeDescription;
  /** SHA-256 of its certificate, as the member will see it */
  fingerprint: string;
  credentials: PeerCredentials;
  clusterUuid: string;
  challengeKey: Uint8Array;
}

export type KnockOutcome =
  | { kind: 'joined'; answer: Omit<ProveAnswer, 'proof'> }
  /** it answered, and is no member itself */
  | { kind: 'unsettled' }
  | { kind: 'refused'; code: RefusalCode; message: string; remedy: string }
  /** it could not be asked, or did not prove the key itself */
  | { kind: 'failed'; message: string; remedy: string };

const DEADLINE_MS = 8_000;

/**
 * The joiner's side of the challenge with one agent. What the other side tells is believed only
 * after it proved the key too, for the very certificate it showed.
 */
export async function knock(
  where: { address: string; port: number },
  applicant: Applicant,
  abort: AbortSignal,
): Promise<KnockOutcome> {
  const wire = new PeerWire({ ...where, pin: null }, applicant.credentials);
  const signal = AbortSignal.any([abort, AbortSignal.timeout(DEADLINE_MS)]);
  try {
    return await converse(wire, applicant, signal);
  } catch (error) {
    if (abort.aborted || !(error instanceof Failure)) throw error;
    return { kind: 'failed', message: error.message, remedy: error.data.remedy };
  } finally {
    await wire.close();
  }
}

async function converse(
  wire: PeerWire,
  applicant: Applicant,
  signal: AbortSignal,
): Promise<KnockOutcome> {
  const { credentials, clusterUuid, challengeKey, node, fingerprint } = applicant;
  const joinerNonce = newNonce();
  const greeting = await wire.send({
    method: 'POST',
    path: HELLO_PATH,
    body: {
      protocol: PROTOCOL,
      clusterUuid,
      nonce: joinerNonce,
      certificate: new X509Certificate(credentials.certPem).raw.toString('base64'),
    },
    signal,
  });
  const hello = helloAnswer.safeParse(greeting.body);
  if (greeting.status !== 200 || !hello.success) return refusalOf(greeting);
  const handshake = {
    clusterUuid,
    joinerNonce,
    memberNonce: hello.data.nonce,
    joinerFingerprint: fingerprint,
    memberFingerprint: greeting.fingerprint,
  };
  const verdict = await wire.send({
    method: 'POST',
    path: PROVE_PATH,
    body: {
      nonce: hello.data.nonce,
      proof: makeProof(challengeKey, handshake, 'joiner'),
      node,
    },
    signal,
  });
  const proved = proveAnswer.safeParse(verdict.body);
  if (verdict.status !== 200 || !proved.success) return refusalOf(verdict);
  const { proof, ...answer } = proved.data;
  // its proof is bound to the certificate of the first answer: another one later proves nothing
  const isSame = verdict.fingerprint === greeting.fingerprint;
  if (!isSame || !isProof(challengeKey, handshake, 'member', proof)) {
    return {
      kind: 'failed',
      message: 'The other node did not prove the cluster key.',
      remedy: 'Find out which machine answers at this address.',
    };
  }
  return { kind: 'joined', answer };
}

function refusalOf(answer: WireAnswer): KnockOutcome {
  const told = agentError.safeParse(answer.body);
  if (told.success && told.data.code === 'not-settled') return { kind: 'unsettled' };
  if (told.success && isRefusalCode(told.data.code)) {
    const { code, message, remedy } = told.data;
    return { kind: 'refused', code, message, remedy };
  }
  return {
    kind: 'failed',
    message: `It answered ${answer.status} and nothing that a node agent says.`,
    remedy: 'Check that the node agent listens at this address and port.',
  };
}
