import type { ClusterCreate, Endpoint } from '#shared/contract/clusters';
import { hostPort } from '#shared/domain/host';
import type { StoredCluster } from '../clusters/rows';
import type { Candidate } from './candidate';
import type { Outcome } from './deck';
import { FIELD_NAMES, namesOf } from './fields';

type Reached = Pick<ClusterCreate, 'endpoints' | 'verify' | 'authKind' | 'user' | 'tokenId'>;

/** An address as one text, to compare by. */
export const addressOf = ({ host, port }: Pick<Endpoint, 'host' | 'port'>) =>
  hostPort(host.toLowerCase(), port);

/** Whether both have an endpoint in common: else they are different clusters under one id. */
export function sharesAddress(
  mine: Pick<Reached, 'endpoints'>,
  theirs: Pick<Reached, 'endpoints'>,
) {
  const known = new Set(mine.endpoints.map(addressOf));
  return theirs.endpoints.some((endpoint) => known.has(addressOf(endpoint)));
}

/**
 * Whether the stored secret would be sent to whom it was not meant for: another machine, another
 * certificate, another account, or a server that nobody verifies.
 */
export function losesTrust(before: Reached, after: Reached): boolean {
  const known = new Set(before.endpoints.map((one) => `${addressOf(one)} ${one.pin}`));
  const isElsewhere = after.endpoints.some((one) => !known.has(`${addressOf(one)} ${one.pin}`));
  const isWeaker = after.verify !== before.verify && after.verify !== 'ca';
  const isOther = (['authKind', 'user', 'tokenId'] as const).some(
    (field) => before[field] !== after[field],
  );
  return isElsewhere || isWeaker || isOther;
}

interface Surroundings {
  hasSecret: boolean;
  madeAt: number | null;
  defaultId: string | null;
  /** another cluster here with one of its addresses */
  twin: string | null;
}

/** What a person should know before ticking the entry, in sentences. */
export function reasonsFor(
  candidate: Candidate,
  outcome: Outcome,
  before: StoredCluster | undefined,
  { hasSecret, madeAt, defaultId, twin }: Surroundings,
): string[] {
  const { input } = outcome;
  const reasons = [...candidate.corrections];
  const say = (when: boolean, sentence: string) => when && reasons.push(sentence);
  const wantsDefault = candidate.fields.isDefault === true && !input.isDefault;
  say(
    wantsDefault && defaultId !== null,
    `${defaultId} is the default cluster already; this one is not made the default.`,
  );
  say(input.verify === 'off', 'The certificate of its server is not verified.');
  if (before === undefined) {
    const token = input.kind === 'clusteros' ? 'token' : 'token secret';
    const what = input.authKind === 'token' ? token : 'password';
    say(candidate.secret === undefined, `It has no ${what}; enter one after the import.`);
    say(twin !== null, `${twin} has the same address.`);
    say(
      candidate.remoteUrl !== null && input.remoteUuid === null,
      'The remote it follows is not set up here; it follows none.',
    );
    return reasons;
  }
  const [first] = before.endpoints;
  say(
    !sharesAddress(before, input),
    `Another cluster has this id here: ${before.name}, ${first ? hostPort(first.host, first.port) : 'no address'}.`,
  );
  say(before.protected, 'It is protected here.');
  say(before.readOnly, 'It is read only here: an import leaves it as it is.');
  say(madeAt !== null && before.updatedAt > madeAt, 'Yours was edited after this bundle was made.');
  say(
    outcome.losesTrust && candidate.secret === undefined && hasSecret,
    'Its address, trust or account changes: taking it drops the stored secret, so enter it again.',
  );
  return reasons;
}

const KEYS = new Map<string, string>([...namesOf(FIELD_NAMES), ['clusterId', 'id']]);

/** Sentences for what the schema refused. */
export function complaints(issues: { path: PropertyKey[]; message: string }[]): string[] {
  return issues.map(({ path, message }) => {
    const [field, ...inner] = path.map(String);
    const what = [KEYS.get(field ?? '') ?? field, ...inner].join('.');
    const isTypeOnly = /^Invalid (input|option|value)/.test(message);
    return `${what}: ${isTypeOnly ? 'The value is of the wrong kind.' : message}`;
  });
}
