import type { ClusterKind } from '#shared/contract/clusters';
import type { ClusterLive, ConnectionState } from '#shared/contract/inventory';
import type { Tone } from '../../ui/state';
import { leaderWord, stateWord } from '../clusteros/words';

interface StateWords {
  /** how a person says it, small, without a full stop */
  word: string;
  tone: Tone;
}

/** The words of each connection state; the only place that maps them. */
const STATE_WORDS: Record<ConnectionState, StateWords> = {
  notConnected: { word: 'not connected yet', tone: 'idle' },
  connecting: { word: 'connecting', tone: 'busy' },
  active: { word: 'live', tone: 'ok' },
  authenticationRequired: { word: 'sign-in needed', tone: 'warning' },
  insufficientPermissions: { word: 'privileges missing', tone: 'warning' },
  untrustedCertificate: { word: 'certificate not trusted', tone: 'bad' },
  unavailable: { word: 'unreachable', tone: 'bad' },
  paused: { word: 'paused', tone: 'idle' },
  maintenance: { word: 'maintenance', tone: 'idle' },
};

/** The state of a cluster for its dot: a live one with a problem is not simply fine. */
export function clusterState(live: ClusterLive | undefined): StateWords {
  if (live === undefined) return STATE_WORDS.notConnected;
  const words = STATE_WORDS[live.state];
  if (live.state !== 'active') return words;
  const worst = live.problems.some((problem) => problem.severity === 'bad')
    ? 'bad'
    : live.problems.length > 0
      ? 'warning'
      : null;
  if (worst !== null) return { word: 'live, with a problem', tone: worst };
  return live.stale ? { word: 'live, data are old', tone: 'warning' } : words;
}

export const KIND_WORDS: Record<ClusterKind, string> = { proxmox: 'PVE', clusteros: 'ClusterOS' };

/** Whether the members agree, or who leads them; null where it is not known. */
export function standingWord(
  kind: ClusterKind,
  live: ClusterLive,
): { text: string; bad: boolean } | null {
  if (kind === 'clusteros') {
    const state = stateWord(live);
    return state === null ? leaderWord(live) : { text: state, bad: true };
  }
  const quorum = quorumWord(live);
  return quorum === null ? null : { text: quorum, bad: quorum === 'no quorum' };
}

/** `quorate`, `no quorum`, `standalone`; null where it is not known. */
function quorumWord(live: ClusterLive): string | null {
  if (live.standalone === true) return 'standalone';
  if (live.quorate === null) return null;
  return live.quorate ? 'quorate' : 'no quorum';
}

/** `3/3 nodes`, `1 node`; null where nothing is known. */
export function nodesWord(live: ClusterLive): string | null {
  if (live.totals === null) return null;
  const { online, offline, unknown } = live.totals.nodes;
  const all = online + offline + unknown;
  if (all === 1 && online === 1) return '1 node';
  return `${online}/${all} nodes`;
}
