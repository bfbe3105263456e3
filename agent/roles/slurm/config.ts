import { z } from 'zod';

/** What all nodes agree on about SLURM, at `slurm/config`; every change is a compare-and-set. */
export const CONFIG_KEY = 'slurm/config';

const relay = z.object({
  /** node ids: on `from` whatever comes for the controller is handed on to the one of `to` */
  from: z.string(),
  to: z.string(),
  /** unix ms; jobs that began before then may still ask at `from` */
  since: z.number().int().nonnegative(),
});
export type RelayRecord = z.infer<typeof relay>;

export const slurmConfig = z.object({
  clusterName: z.string(),
  /** node ids; the first is the primary, the others its backups in this order */
  controllers: z.array(z.string()).min(1),
  stateSaveLocation: z.string(),
  /** whether all controllers see the same folder at `stateSaveLocation` */
  shared: z.boolean(),
  /** names the one folder that holds this cluster's jobs; see `state-save.ts` */
  stateId: z.string(),
  firstJobId: z.number().int().positive(),
  /** runs slurmctld; the same on all nodes */
  slurmUser: z.string(),
  containment: z.enum(['cgroup', 'linuxproc']),
  slurmctldTimeoutMs: z.number().positive(),
  slurmdTimeoutMs: z.number().positive(),
  /** beside `batch`, which holds all nodes; each holds the nodes that ask for it */
  partitions: z.array(z.string()),
  /** further lines, which win over ours */
  extra: z.array(z.string()),
  /** node ids where slurmctld is neither started nor stopped but by an operation */
  held: z.array(z.string()).default([]),
  relays: z.array(relay).default([]),
  /** while an operation moves the controller: nobody takes this record over but when told to */
  moving: z
    .object({
      operation: z.string(),
      /** how it was, for going back */
      before: z.object({
        controllers: z.array(z.string()),
        stateId: z.string(),
        held: z.array(z.string()),
        relays: z.array(relay),
      }),
    })
    .nullable()
    .default(null),
  /** a merge drains the whole cluster: its partitions take no jobs and begin none, also after a restart */
  closed: z.boolean().optional(),
  /** the highest epoch of an operation that changed it; lower ones are refused */
  epoch: z.number().int().nonnegative().default(0),
  /** grows with every change of this record */
  revision: z.number().int().positive(),
});
export type SlurmConfig = z.infer<typeof slurmConfig>;

/** What a node's slurm.conf says since when, at `slurm/files/<node id>`: its agent took it over. */
export const FILES_KEY = 'slurm/files/';
export const filesRecord = z.object({
  /** node ids, in their order */
  controllers: z.array(z.string()),
  /** unix ms */
  at: z.number().int().nonnegative(),
});

/** How the partitions were before they were taken down for the stop of a controller. */
export const PARTITIONS_KEY = 'slurm/partitions';

/** Which munge key is the cluster's, without giving it away: the key has 1024 random bits. */
export const MUNGE_KEY = 'slurm/munge';
export const mungeRecord = z.object({
  /** SHA-256 of the key, in hex */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  /** node id of who made it */
  madeBy: z.string(),
});
export type MungeRecord = z.infer<typeof mungeRecord>;

/** The file's sections `roles.slurm-controller` and `roles.slurm-worker`. Durations in ms. */
export interface SlurmSettings {
  controller: {
    enabled: boolean;
    state_save_location: string;
    shared: boolean;
    first_job_id?: number | undefined;
    slurmctld_timeout: number;
    slurmd_timeout: number;
    extra: readonly string[];
  };
  worker: { enabled: boolean; partitions: readonly string[]; features: readonly string[] };
}

/** What marks the nodes of one of `SlurmConfig.partitions`: SLURM picks them by this feature. */
export const partitionFeature = (partition: string) => `partition_${partition}`;
