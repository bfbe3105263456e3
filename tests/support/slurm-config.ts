import type { SlurmConfig } from '#agent/roles/slurm/config';

/** What a cluster agrees on about SLURM where nothing special is set; each test says what it is about. */
export const slurmConfigWith = (changes: Partial<SlurmConfig> = {}): SlurmConfig => ({
  clusterName: 'forge',
  controllers: [],
  stateSaveLocation: '',
  shared: false,
  stateId: 'one',
  firstJobId: 1,
  slurmUser: 'root',
  containment: 'linuxproc',
  slurmctldTimeoutMs: 10_000,
  slurmdTimeoutMs: 300_000,
  partitions: [],
  extra: [],
  held: [],
  relays: [],
  moving: null,
  epoch: 0,
  revision: 1,
  ...changes,
});
