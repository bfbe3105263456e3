import { useMutation } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useLocation } from 'wouter';
import { isOpen } from '#shared/contract/cluster-operations';
import type { Settings } from '#shared/contract/settings';
import { useClient, useLive, useLiveStore } from '../../app/context';
import { type DialogRequest, useDialogs } from '../../app/dialogs';
import { useFailureToast } from '../../app/failure-toast';
import { jobHref } from '../clusteros/job-address';
import { KIND_WORDS } from '../clusters/state-words';
import { clusterHref } from '../clusters/use-cluster-actions';
import { guestHref } from '../guests/guest-address';
import { handoffHref, operationHref } from '../handoff/address';
import { mergeHref } from '../merge/address';
import { onceEach } from '../operations/once-each';
import { type PaletteEntry, paletteMatches } from './palette-search';

interface PaletteSection {
  name: string;
  entries: PaletteEntry[];
}

const PAGES: readonly { label: string; path: string }[] = [
  { label: 'Deck', path: '/' },
  { label: 'Guests', path: '/guests' },
  { label: 'Operations', path: '/operations' },
  { label: 'Sync & bundles', path: '/sync' },
  { label: 'Audit', path: '/audit' },
  { label: 'Settings', path: '/settings' },
];

const THEMES: Record<Settings['theme'], string> = {
  light: 'Light theme',
  dark: 'Dark theme',
  system: 'Theme as the system',
};

/** What the palette finds for a query, section by section. */
export function usePaletteEntries(query: string): PaletteSection[] {
  const clusters = useClusterEntries();
  const guests = useGuestEntries(query);
  const jobs = useJobEntries(query);
  const actions = useActionEntries();
  const [, navigate] = useLocation();
  const pages = PAGES.map(({ label, path }) => ({
    key: `page ${path}`,
    label,
    detail: 'page',
    run: () => navigate(path),
  }));
  const few = query.trim() === '' ? 5 : 8;
  return [
    { name: 'Clusters', entries: paletteMatches(clusters, query, few) },
    { name: 'Guests', entries: guests },
    { name: 'Jobs', entries: jobs },
    { name: 'Actions', entries: paletteMatches(actions, query, query === '' ? 6 : 12) },
    { name: 'Go to', entries: paletteMatches(pages, query, 4) },
  ].filter((section) => section.entries.length > 0);
}

function useClusterEntries(): PaletteEntry[] {
  const clusters = useLive((state) => state.clusters);
  const [, navigate] = useLocation();
  return [...clusters.values()].map((cluster) => ({
    key: `cluster ${cluster.uuid}`,
    label: cluster.name,
    detail: cluster.clusterId,
    run: () => navigate(clusterHref(cluster.clusterId)),
  }));
}

/** Guests by name or number; read once per query, so that live changes do not shift the list. */
function useGuestEntries(query: string): PaletteEntry[] {
  const store = useLiveStore();
  const [, navigate] = useLocation();
  return useMemo(() => {
    if (query.trim().length < 2) return [];
    function* all() {
      const { inventory, clusters } = store.getState();
      for (const [uuid, { guests }] of inventory) {
        const cluster = clusters.get(uuid);
        if (!cluster) continue;
        for (const guest of guests.byId.values()) {
          yield {
            key: `guest ${uuid} ${guest.id}`,
            label: guest.name === '' ? `${guest.vmid}` : guest.name,
            detail: `${guest.vmid} · ${guest.node} · ${cluster.name}`,
            run: () => navigate(guestHref(cluster.clusterId, uuid, guest.id)),
          };
        }
      }
    }
    return paletteMatches(all(), query, 8);
  }, [query, store, navigate]);
}

/** Jobs by name, number or user; read once per query, as the guests are. */
function useJobEntries(query: string): PaletteEntry[] {
  const store = useLiveStore();
  const [, navigate] = useLocation();
  return useMemo(() => {
    if (query.trim().length < 2) return [];
    function* all() {
      const { inventory, clusters } = store.getState();
      for (const [uuid, { jobs }] of inventory) {
        const cluster = clusters.get(uuid);
        if (!cluster) continue;
        for (const { id, job, name, user } of jobs.byId.values()) {
          yield {
            key: `job ${uuid} ${id}`,
            label: name === '' ? job : name,
            detail: `${job} · ${user} · ${cluster.name}`,
            run: () => navigate(jobHref(cluster.clusterId, uuid, id)),
          };
        }
      }
    }
    return paletteMatches(all(), query, 8);
  }, [query, store, navigate]);
}

function useActionEntries(): PaletteEntry[] {
  const client = useClient();
  const dialogs = useDialogs();
  const [, navigate] = useLocation();
  const clusters = useLive((state) => state.clusters);
  const remotes = useLive((state) => state.remotes);
  const onError = useFailureToast();
  const settings = useMutation({
    mutationFn: (changes: Partial<Settings>) => client.settings.update(changes),
    onError,
  });
  const hasLock = useLive((state) => state.access?.hasLock ?? false);
  const lock = useMutation({ mutationFn: () => client.access.lock(), onError });
  const refresh = useMutation({
    mutationFn: () => client.inventory.poll({}),
    onError,
  });
  const action = (label: string, run: () => void, detail = ''): PaletteEntry => ({
    key: `action ${label} ${detail}`,
    label,
    detail,
    run,
  });
  const show = (dialog: DialogRequest) => () => dialogs.open(dialog);
  const perCluster = [...clusters.values()].flatMap(({ uuid, name, clusterId, kind }) => [
    action(`Test ${name}`, show({ type: 'test', uuid }), 'connection'),
    action(
      `Merge ${name} with another cluster`,
      () => navigate(mergeHref(clusterId)),
      KIND_WORDS[kind],
    ),
    action(`Edit ${name}`, () => navigate(`/edit/${clusterId}`), 'configuration'),
    ...(kind === 'clusteros'
      ? [
          action(`Enrol nodes in ${name}`, show({ type: 'enrol', uuid }), 'ClusterOS'),
          action(
            `Hand over a role of ${name}`,
            () => navigate(handoffHref(clusterId)),
            'SLURM controller, k3s server, shared state',
          ),
          ...(['nodes', 'jobs', 'pods', 'services'] as const).map((tab) =>
            action(
              `${tab.slice(0, 1).toUpperCase()}${tab.slice(1)} of ${name}`,
              () => navigate(clusterHref(clusterId, tab)),
              'ClusterOS',
            ),
          ),
        ]
      : []),
  ]);
  const running = useLive((state) => state.clusterOperations);
  const underWay = onceEach(running.values())
    .filter(isOpen)
    .flatMap(({ uuid, id, title }) => {
      const cluster = clusters.get(uuid);
      if (cluster === undefined) return [];
      return [
        action(
          `Watch ${title}`,
          () => navigate(`${operationHref(cluster.clusterId, id)}?`),
          cluster.name,
        ),
      ];
    });
  return [
    ...underWay,
    action('Add a cluster', () => navigate('/add')),
    action('Enrol nodes', show({ type: 'enrol' }), 'a new ClusterOS cluster'),
    action('Refresh all clusters', () => refresh.mutate()),
    action('Import from a file', () => navigate('/import'), 'bundle, clusters.json'),
    action('Export a bundle', show({ type: 'export' })),
    action('Add a remote', show({ type: 'remote' }), 'sync'),
    ...remotes.map(({ uuid, name }) =>
      action(`Sync with ${name}`, () => navigate(`/sync/${uuid}`), 'look first'),
    ),
    action('Manage groups', show({ type: 'groups' })),
    action('Change the protection of the vault', show({ type: 'vault' })),
    ...(hasLock ? [action('Lock Clusterdeck', () => lock.mutate(), 'passwords leave memory')] : []),
    action('Show the keys', show({ type: 'help' }), 'help'),
    ...(['light', 'dark', 'system'] as const).map((theme) =>
      action(THEMES[theme], () => settings.mutate({ theme }), 'appearance'),
    ),
    ...perCluster,
  ];
}
