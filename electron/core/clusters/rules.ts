import type { Cluster, ClusterChanges } from '#shared/contract/clusters';
import { type Failure, fail } from '#shared/contract/errors';
import type { StoredCluster } from './rows';

/** The account of a cluster as it would be after a change. */
export interface Account {
  kind: Cluster['kind'];
  user: string;
  authKind: Cluster['authKind'];
  tokenId: string | null;
  /** whether a new secret comes with the change */
  secretGiven: boolean;
}

/** ClusterOS knows tokens alone: whatever else is said of an account there is left out. */
export function withAccount<Fields extends Omit<Account, 'secretGiven'>>(fields: Fields): Fields {
  if (fields.kind === 'clusteros') return { ...fields, authKind: 'token', user: '', tokenId: null };
  return fields.authKind === 'token' ? fields : { ...fields, tokenId: null };
}

/**
 * Whether account and secret belong together: a stored password is no token secret, and the secret
 * of one token is not that of another.
 * @param before the account as stored, null for a new cluster
 * @returns one sentence per wrong field
 */
export function accountProblems(
  account: Account,
  before: Pick<Account, 'kind' | 'authKind' | 'tokenId'> | null,
): Record<string, string> {
  const problems: Record<string, string> = {};
  const { kind, authKind, tokenId, secretGiven } = account;
  if (before !== null && before.kind !== kind) {
    problems.kind = 'A cluster keeps its kind. Add the other one as a new cluster.';
  }
  if (kind === 'clusteros') {
    if (before === null && !secretGiven) problems.secret = 'A ClusterOS cluster needs a token.';
    return problems;
  }
  if (account.user === '') problems.user = 'A user with realm, as root@pam.';
  const kindChanged = before !== null && before.authKind !== authKind;
  if (authKind === 'token') {
    if (tokenId === null) problems.tokenId = 'A token needs its id, as deck@pve!desk.';
    // a secret that was lost with its session or keychain must not stand in the way of other edits
    const sameToken = before !== null && !kindChanged && before.tokenId === tokenId;
    if (!secretGiven && !sameToken) problems.secret = 'A token needs its secret.';
  } else if (kindChanged && !secretGiven) {
    problems.secret = 'A password is needed where a token was used before.';
  }
  return problems;
}

const CONNECTION = ['kind', 'endpoints', 'user', 'authKind', 'tokenId', 'verify'] as const;

/** Whether open connections must be made anew after a change from one to the other. */
export function needsReconnect(before: StoredCluster, after: StoredCluster): boolean {
  return CONNECTION.some((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
}

/** The fields that differ, with both values; null when none does. */
export function differences<T extends object>(
  before: T,
  after: T,
): { before: Partial<T>; after: Partial<T> } | null {
  const changed = (Object.keys(after) as (keyof T)[]).filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  if (changed.length === 0) return null;
  const pick = (from: T): Partial<T> => {
    const picked: Partial<T> = {};
    for (const key of changed) picked[key] = from[key];
    return picked;
  };
  return { before: pick(before), after: pick(after) };
}

/** The changes that were named; `undefined` means "leave it". */
export function applied(
  before: StoredCluster,
  { secret: _secret, ...changes }: ClusterChanges,
): StoredCluster {
  const named = Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined),
  );
  const after: StoredCluster = { ...before, ...named };
  return withAccount(after);
}

export function invalid(fields: Record<string, string>): Failure {
  const field = Object.keys(fields)[0];
  return fail('INVALID_INPUT', {
    remedy: 'Correct the marked fields.',
    fields,
    ...(field === undefined ? {} : { field }),
  });
}

export function notFound(what: string): Failure {
  return fail('NOT_FOUND', { remedy: `List what there is: no ${what} has this name or number.` });
}

export function duplicateId(clusterId: string): Failure {
  return fail('DUPLICATE_ID', {
    remedy: 'Choose another id.',
    cluster: clusterId,
    field: 'clusterId',
    fields: { clusterId: 'Another cluster has this id.' },
  });
}

export function readOnlyHere(clusterId: string): Failure {
  return fail(
    'READ_ONLY',
    { remedy: 'Switch “Read only” off in its configuration first.', cluster: clusterId },
    `${clusterId} is read only here.`,
  );
}
