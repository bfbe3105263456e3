import type { Cluster } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import type { ImportEntry } from '#shared/contract/imports';
import type { NewCluster } from '../clusters/service';
import { type Judged, judgeClustersJson } from './judge';

/** What the import needs of the clusters. */
export interface ImportTarget {
  list(): Cluster[];
  /** all or nothing */
  createAll(list: NewCluster[]): Promise<Cluster[]>;
}

/** Imports a `clusters.json` of the lab portal; the file itself is left as it is. */
export class ClustersJsonImport {
  readonly #clusters: ImportTarget;

  constructor(clusters: ImportTarget) {
    this.#clusters = clusters;
  }

  /** What importing would do, entry by entry, with no secret in it. */
  preview(text: string): ImportEntry[] {
    return this.#judge(text).map(({ entry }) => entry);
  }

  /**
   * @param only the entries to import, by their index in the file
   * @throws Failure INVALID_INPUT when one of them cannot be imported; VAULT_* | STORE_FULL
   */
  async apply(text: string, only: number[]): Promise<Cluster[]> {
    const judged = this.#judge(text);
    const made: NewCluster[] = [];
    for (const index of new Set(only)) {
      const found = judged[index];
      if (found?.made) made.push(found.made);
      else throw notImportable(index, found?.entry);
    }
    return this.#clusters.createAll(made);
  }

  #judge(text: string): Judged[] {
    const present = this.#clusters.list();
    return judgeClustersJson(text, {
      clusterIds: new Set(present.map((cluster) => cluster.clusterId)),
      hasDefault: present.some((cluster) => cluster.isDefault),
    });
  }
}

function notImportable(index: number, entry: ImportEntry | undefined) {
  const reason = entry?.reasons.join(' ') ?? 'The file has no such entry.';
  return fail('INVALID_INPUT', {
    remedy: 'Look at the preview again and leave this entry out.',
    field: `only.${index}`,
    fields: { [`only.${index}`]: reason },
  });
}
