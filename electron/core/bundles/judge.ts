import type { BundleEntry } from '#shared/contract/bundles';
import { type ClusterCreate, clusterCreate } from '#shared/contract/clusters';
import { endpointsAfter, verifyAfter } from '#shared/domain/portal/projection';
import type { KeptFields, StoredCluster } from '../clusters/rows';
import { withAccount } from '../clusters/rules';
import type { Candidate, FileFields } from './candidate';
import type { Deck, Judged, Outcome } from './deck';
import { diffOf } from './diff';
import { FIELD_NAMES, namesOf } from './fields';
import { addressOf, complaints, losesTrust, reasonsFor, sharesAddress } from './reasons';

/** Holds every entry of a file against the deck, each by itself; nothing is changed. */
export function judgeAll(candidates: readonly Candidate[], deck: Deck): Judged[] {
  const judge = new Judge(deck);
  return candidates.map((candidate, index) => judge.judge(candidate, String(index)));
}

/** Goes through one file in its order: earlier entries count for later ones. */
class Judge {
  readonly #deck: Deck;
  readonly #seen = new Set<string>();
  /** address -> cluster_id */
  readonly #twins = new Map<string, string>();
  readonly #groupNames = new Map<string, string>();
  /** small letters -> the letters it has on this deck */
  readonly #groupsHere = new Map<string, string>();
  #defaultId: string | null = null;

  constructor(deck: Deck) {
    this.#deck = deck;
    for (const { clusterId, endpoints, isDefault } of deck.clusters.values()) {
      for (const endpoint of endpoints) this.#twins.set(addressOf(endpoint), clusterId);
      if (isDefault) this.#defaultId = clusterId;
    }
    for (const { uuid, name } of deck.groups) {
      this.#groupNames.set(uuid, name);
      this.#groupsHere.set(name.toLowerCase(), name);
    }
  }

  judge(candidate: Candidate, key: string): Judged {
    const { clusterId } = candidate;
    const before = clusterId === null ? undefined : this.#deck.clusters.get(clusterId);
    const view = {
      key,
      clusterId,
      name: candidate.name.slice(0, 200),
      address: candidate.address,
      hasSecret: candidate.secret !== undefined,
    };
    const { input, refusals } = parsed(candidate, before, this.#defaultId);
    if (clusterId !== null && this.#seen.has(clusterId)) {
      refusals.push(`A cluster with the id ${clusterId} stands earlier in this file.`);
    }
    if (input === null || refusals.length > 0) {
      const reasons = [...new Set(refusals)];
      const entry = { ...view, verdict: 'invalid' as const, diff: [], reasons };
      return { entry, present: null, outcome: null };
    }
    const outcome = this.#outcome(candidate, input, before);
    const reasons = reasonsFor(candidate, outcome, before, {
      hasSecret: before !== undefined && this.#deck.hasSecret(before.uuid),
      madeAt: this.#deck.madeAt,
      defaultId: this.#defaultId,
      twin: this.#twinOf(outcome),
    });
    this.#seen.add(input.clusterId);
    if (input.isDefault) this.#defaultId ??= input.clusterId;
    if (before === undefined) {
      return { entry: { ...view, verdict: 'new', diff: [], reasons }, present: null, outcome };
    }
    const diff = this.#diff(candidate, before, outcome);
    const verdict = diff.length === 0 ? 'same' : verdictOn(before, outcome);
    const { uuid, revision, readOnly } = before;
    return {
      entry: { ...view, verdict, diff, reasons: verdict === 'same' ? [] : reasons },
      present: { uuid, revision, readOnly },
      outcome,
    };
  }

  #outcome(
    candidate: Candidate,
    { secret, groupUuid: _group, ...input }: ClusterCreate,
    before: StoredCluster | undefined,
  ): Outcome {
    const { group, remoteUrl } = candidate;
    const remote = remoteUrl === null ? null : this.#deck.remoteUuid(remoteUrl);
    const kept = before === undefined ? {} : this.#deck.keptOf(before.uuid);
    return {
      input: { ...input, remoteUuid: before === undefined ? remote : before.remoteUuid },
      group: group === undefined ? this.#groupOf(before) : this.#asHere(group),
      kept: mergedKept(kept, candidate.kept),
      secret,
      losesTrust: before !== undefined && losesTrust(before, input),
    };
  }

  #diff(candidate: Candidate, before: StoredCluster, outcome: Outcome): BundleEntry['diff'] {
    const kept = this.#deck.keptOf(before.uuid);
    const mine = { input: before, group: this.#groupOf(before), kept };
    const isSame = candidate.secret === undefined || this.#deck.sameSecret.has(before.clusterId);
    const stored = this.#deck.hasSecret(before.uuid) ? 'stored' : 'none';
    return diffOf(mine, outcome, isSame ? null : { mine: stored, theirs: 'in the file' });
  }

  #groupOf(cluster: StoredCluster | undefined): string | null {
    return this.#groupNames.get(cluster?.groupUuid ?? '') ?? null;
  }

  #asHere(name: string | null): string | null {
    return name === null ? null : (this.#groupsHere.get(name.toLowerCase()) ?? name);
  }

  #twinOf({ input }: Outcome): string | null {
    const [twin] = input.endpoints.flatMap((one) => this.#twins.get(addressOf(one)) ?? []);
    return twin ?? null;
  }
}

function verdictOn(before: StoredCluster, { input }: Outcome): 'conflict' | 'changed' {
  const isGuarded = before.protected || before.readOnly;
  return isGuarded || !sharesAddress(before, input) ? 'conflict' : 'changed';
}

/** The whole cluster as it would be, or why it cannot be. */
function parsed(
  candidate: Candidate,
  before: StoredCluster | undefined,
  defaultId: string | null,
): { input: ClusterCreate | null; refusals: string[] } {
  const refusals = [...candidate.refusals];
  const named: { [Field in keyof FileFields]?: unknown } = {};
  for (const [field] of namesOf(FIELD_NAMES)) {
    if (candidate.fields[field] !== undefined) named[field] = candidate.fields[field];
  }
  const { portal, clusterId } = candidate;
  if (portal !== null) {
    named.endpoints = endpointsAfter(portal, before?.endpoints ?? []);
    named.verify =
      portal.verifySsl === null
        ? (before?.verify ?? 'pin')
        : verifyAfter(portal.verifySsl, before?.verify ?? null);
  }
  // there is one default at most, and an import neither moves nor takes it away
  const free = defaultId === null || defaultId === clusterId;
  if (!free || before?.isDefault) named.isDefault = before?.isDefault ?? false;
  const result = clusterCreate.safeParse({
    ...(before === undefined ? {} : editableOf(before)),
    ...named,
    clusterId: clusterId ?? '',
    secret: candidate.secret,
  });
  if (!result.success) {
    // a missing id or host was complained about before
    refusals.push(...(refusals.length > 0 ? [] : complaints(result.error.issues)));
    return { input: null, refusals };
  }
  const input = withAccount(result.data);
  const { kind, authKind, tokenId, user } = input;
  if (before !== undefined && before.kind !== kind) {
    refusals.push('A cluster of another kind has this id here.');
  }
  if (kind === 'proxmox' && authKind === 'token' && tokenId === null) {
    refusals.push('Its token has no id.');
  }
  if (kind === 'proxmox' && user === '') refusals.push('It has no user.');
  return { input, refusals };
}

function editableOf(cluster: StoredCluster) {
  const { uuid: _u, number: _n, createdAt: _c, updatedAt: _a, revision: _r, ...fields } = cluster;
  return fields;
}

function mergedKept(before: KeptFields, theirs: KeptFields): KeptFields {
  const extra = { ...before.extra, ...theirs.extra };
  return { ...before, ...theirs, ...(Object.keys(extra).length > 0 && { extra }) };
}
