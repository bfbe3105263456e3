import { type ClusterCreate, clusterCreate } from '#shared/contract/clusters';
import { endpointsAfter, verifyAfter } from '#shared/domain/portal/projection';
import type { KeptFields, StoredCluster } from '../clusters/rows';
import type { Candidate, FileFields } from './candidate';
import type { Deck, Judged, Outcome } from './deck';
import { diffOf } from './diff';
import { FIELD_NAMES, namesOf } from './fields';
import { complaints, losesTrust, reasonsFor, sharesAddress } from './reasons';

/** Holds every entry of a file against the deck, each by itself; nothing is changed. */
export function judgeAll(candidates: readonly Candidate[], deck: Deck): Judged[] {
  const seen = new Set<string>();
  let defaultId = [...deck.clusters.values()].find((cluster) => cluster.isDefault)?.clusterId;
  return candidates.map((candidate, index) => {
    const judged = judge(candidate, String(index), deck, seen, defaultId);
    const { clusterId } = judged.entry;
    if (clusterId !== null && judged.outcome !== null) seen.add(clusterId);
    if (judged.outcome?.input.isDefault) defaultId ??= judged.outcome.input.clusterId;
    return judged;
  });
}

function judge(
  candidate: Candidate,
  key: string,
  deck: Deck,
  seen: ReadonlySet<string>,
  defaultId: string | undefined,
): Judged {
  const { clusterId } = candidate;
  const before = clusterId === null ? undefined : deck.clusters.get(clusterId);
  const view = {
    key,
    clusterId,
    name: candidate.name.slice(0, 200),
    address: candidate.address,
    hasSecret: candidate.secret !== undefined,
  };
  const { input, refusals } = parsed(candidate, before, defaultId);
  if (clusterId !== null && seen.has(clusterId)) {
    refusals.push(`A cluster with the id ${clusterId} stands earlier in this file.`);
  }
  if (input === null || refusals.length > 0) {
    const reasons = [...new Set(refusals)];
    return {
      entry: { ...view, verdict: 'invalid', diff: [], reasons },
      present: null,
      outcome: null,
    };
  }
  const group =
    candidate.group === undefined ? groupName(before, deck) : asHere(candidate.group, deck);
  const keptBefore = before === undefined ? {} : deck.keptOf(before.uuid);
  const kept = mergedKept(keptBefore, candidate.kept);
  const remoteUuid =
    before !== undefined
      ? before.remoteUuid
      : candidate.remoteUrl === null
        ? null
        : deck.remoteUuid(candidate.remoteUrl);
  const { secret: _secret, groupUuid: _group, ...rest } = input;
  const outcome: Outcome = {
    input: { ...rest, remoteUuid },
    group,
    kept,
    secret: candidate.secret,
    losesTrust: before !== undefined && losesTrust(before, rest),
  };
  const reasons = reasonsFor(candidate, outcome, before, deck, defaultId);
  if (before === undefined) {
    return { entry: { ...view, verdict: 'new', diff: [], reasons }, present: null, outcome };
  }
  const diff = diffOf(
    { input: before, group: groupName(before, deck), kept: keptBefore },
    outcome,
    secretChange(candidate, before, deck),
  );
  const verdict =
    diff.length === 0
      ? 'same'
      : before.protected || before.readOnly || !sharesAddress(before, rest)
        ? 'conflict'
        : 'changed';
  const { uuid, revision, readOnly } = before;
  return {
    entry: { ...view, verdict, diff, reasons: verdict === 'same' ? [] : reasons },
    present: { uuid, revision, readOnly },
    outcome,
  };
}

/** The whole cluster as it would be, or why it cannot be. */
function parsed(
  candidate: Candidate,
  before: StoredCluster | undefined,
  defaultId: string | undefined,
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
  const free = defaultId === undefined || defaultId === clusterId;
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
  const { authKind, tokenId } = result.data;
  if (authKind === 'token' && tokenId === null) refusals.push('Its token has no id.');
  const input = authKind === 'token' ? result.data : { ...result.data, tokenId: null };
  return { input, refusals };
}

function editableOf(cluster: StoredCluster) {
  const { uuid: _u, number: _n, createdAt: _c, updatedAt: _a, revision: _r, ...fields } = cluster;
  return fields;
}

function groupName(cluster: StoredCluster | undefined, deck: Deck): string | null {
  const uuid = cluster?.groupUuid ?? null;
  return deck.groups.find((group) => group.uuid === uuid)?.name ?? null;
}

/** A group's name in the letters it has on this deck. */
function asHere(name: string | null, deck: Deck): string | null {
  const same = ({ name: known }: { name: string }) => known.toLowerCase() === name?.toLowerCase();
  return deck.groups.find(same)?.name ?? name;
}

function mergedKept(before: KeptFields, theirs: KeptFields): KeptFields {
  const extra = { ...before.extra, ...theirs.extra };
  return { ...before, ...theirs, ...(Object.keys(extra).length > 0 && { extra }) };
}

function secretChange(
  { secret }: Candidate,
  { uuid, clusterId }: StoredCluster,
  deck: Deck,
): { mine: string; theirs: string } | null {
  if (secret === undefined || deck.sameSecret.has(clusterId)) return null;
  return { mine: deck.hasSecret(uuid) ? 'stored' : 'none', theirs: 'in the file' };
}
