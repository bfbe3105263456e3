import type { Cluster } from '#shared/contract/clusters';
import type { KeptFields } from '../clusters/rows';

/** The fields of a cluster that a file may name. What is this desk's own business is not among them. */
export type FileFields = Pick<
  Cluster,
  | 'kind'
  | 'name'
  | 'endpoints'
  | 'authKind'
  | 'user'
  | 'tokenId'
  | 'verify'
  | 'isActive'
  | 'isDefault'
  | 'allowVmDeployment'
  | 'allowTemplateSync'
  | 'allowIsoSync'
  | 'autoShutdownEnabled'
  | 'priority'
  | 'defaultStorage'
  | 'templateStorage'
  | 'isoStorage'
  | 'description'
  | 'protected'
  | 'colour'
>;

/** One entry of a file, whichever kind of file, before it is held against the deck. */
export interface Candidate {
  /** the id as it is to be; null where the entry has none */
  clusterId: string | null;
  name: string;
  /** `host:port` as far as it can be told */
  address: string;
  /** what the file names; the rest stays as it is, or takes its default. Not yet validated */
  fields: { [Field in keyof FileFields]?: unknown };
  /** one address and whether authorities verify it, as the portal knows a cluster */
  portal: { host: string; port: number; verifySsl: boolean | null } | null;
  kept: KeptFields;
  /** a name; null: in no group; undefined: the file does not say */
  group: string | null | undefined;
  /** URL of the remote it follows */
  remoteUrl: string | null;
  secret: string | undefined;
  /** what was corrected, in sentences */
  corrections: string[];
  /** why it cannot be imported */
  refusals: string[];
}

/** A file that was read. */
export interface SourceFile {
  source: 'bundle' | 'clustersJson' | 'portalDatabase';
  madeBy: string | null;
  /** ms since 1970, UTC */
  madeAt: number | null;
  groups: { name: string; colour: string }[];
  candidates: Candidate[];
}

export const MAX_ENTRIES = 10_000;

/** An entry that is no object at all. */
export function noObject(): Candidate {
  return {
    clusterId: null,
    name: '',
    address: '',
    fields: {},
    portal: null,
    kept: {},
    group: undefined,
    remoteUrl: null,
    secret: undefined,
    corrections: [],
    refusals: ['This entry is no object.'],
  };
}
