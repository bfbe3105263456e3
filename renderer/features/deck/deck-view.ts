import { z } from 'zod';
import type { Cluster } from '#shared/contract/clusters';
import type { ClusterLive } from '#shared/contract/inventory';
import type { Settings } from '#shared/contract/settings';
import type { LiveState } from '../../app/live-store';
import { shareOf, type Usage } from '../clusters/usage';

/** States as the deck filters them; each cluster is in exactly one. */
export const DECK_STATES = ['live', 'attention', 'unreachable', 'resting'] as const;
export type DeckState = (typeof DECK_STATES)[number];

export const DECK_STATE_NAMES: Record<DeckState, string> = {
  live: 'Live',
  attention: 'Needs you',
  unreachable: 'Not reached',
  resting: 'Paused or in maintenance',
};

export const deckStates = z.array(z.enum(DECK_STATES));

interface DeckEntry {
  cluster: Cluster;
  live: ClusterLive | undefined;
}

/** Whether somebody has to do something: it has a problem which waiting does not solve. */
function needsYou(live: ClusterLive | undefined): boolean {
  return live !== undefined && live.state !== 'maintenance' && live.problems.length > 0;
}

export function deckState(live: ClusterLive | undefined): DeckState {
  if (live?.state === 'maintenance' || live?.state === 'paused') return 'resting';
  if (needsYou(live)) return 'attention';
  return live?.state === 'active' ? 'live' : 'unreachable';
}

/** What is not known stands last. */
const share = (usage: Usage | undefined): number => shareOf(usage) ?? -1;

const SEVERITY: Record<DeckState, number> = { attention: 0, unreachable: 1, live: 2, resting: 3 };

function severity({ live }: DeckEntry): number {
  const worst = live?.problems.some((problem) => problem.severity === 'bad') ? -1 : 0;
  return SEVERITY[deckState(live)] + worst;
}

const ORDER: Record<Settings['deckSort'], (a: DeckEntry, b: DeckEntry) => number> = {
  attention: (a, b) => severity(a) - severity(b) || b.cluster.priority - a.cluster.priority,
  priority: (a, b) => b.cluster.priority - a.cluster.priority,
  name: () => 0,
  cpu: (a, b) => share(b.live?.totals?.cpu) - share(a.live?.totals?.cpu),
  memory: (a, b) => share(b.live?.totals?.memory) - share(a.live?.totals?.memory),
};

export interface DeckFilter {
  groupUuid: string | null;
  states: readonly DeckState[];
  text: string;
  sort: Settings['deckSort'];
}

function matches({ cluster, live }: DeckEntry, filter: DeckFilter): boolean {
  if (filter.groupUuid !== null && cluster.groupUuid !== filter.groupUuid) return false;
  if (filter.states.length > 0 && !filter.states.includes(deckState(live))) return false;
  const words = filter.text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const hay = [
    cluster.name,
    cluster.clusterId,
    cluster.description,
    live?.version ?? '',
    live?.clusteros ? `clusteros ${live.clusteros.region} ${live.clusteros.datacenter}` : '',
    ...cluster.endpoints.map((endpoint) => endpoint.host),
  ]
    .join(' ')
    .toLowerCase();
  return words.every((word) => hay.includes(word));
}

/** The uuids of the cards to show, in their order; equal ones stand by name. */
export function deckOrder(
  state: Pick<LiveState, 'clusters' | 'live'>,
  filter: DeckFilter,
): string[] {
  return [...state.clusters.values()]
    .map((cluster): DeckEntry => ({ cluster, live: state.live.get(cluster.uuid) }))
    .filter((entry) => matches(entry, filter))
    .sort((a, b) => ORDER[filter.sort](a, b) || a.cluster.name.localeCompare(b.cluster.name))
    .map((entry) => entry.cluster.uuid);
}

/** `9 clusters · 7 live · 1 needs you · 214 guests · 34 jobs` */
export function deckSentence(state: Pick<LiveState, 'clusters' | 'live'>): string {
  const lives = [...state.clusters.keys()].map((uuid) => state.live.get(uuid));
  const live = lives.filter((entry) => entry?.state === 'active').length;
  const waiting = lives.filter(needsYou).length;
  const guests = lives.reduce((sum, entry) => {
    const counts = entry?.totals?.guests;
    if (!counts) return sum;
    return sum + counts.running + counts.stopped + counts.other + counts.unknown;
  }, 0);
  const jobs = lives.flatMap((entry) => entry?.clusteros?.jobs.total ?? []);
  const parts = [plural(lives.length, 'cluster'), `${live} live`];
  if (waiting > 0) parts.push(waiting === 1 ? '1 needs you' : `${waiting} need you`);
  parts.push(plural(guests, 'guest'));
  if (jobs.length > 0)
    parts.push(
      plural(
        jobs.reduce((sum, n) => sum + n, 0),
        'job',
      ),
    );
  return parts.join(' · ');
}

/** `1 guest`, `4 guests` */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
