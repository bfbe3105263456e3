import { homedir } from 'node:os';
import type { ClusterService } from '../clusters/service';
import type { Vault } from '../vault/vault';
import { BundleExporter, type ExporterDeps } from './exporter';
import { BundleImporter, type ImporterDeps } from './importer';
import { FileOffers } from './offers';

export interface BundleServices {
  exporter: BundleExporter;
  importer: BundleImporter;
  offers: FileOffers;
}

/** Where people keep a portal: their own folders, and those of services. */
const PLACES = [homedir(), '/opt', '/srv', '/var/www', '/var/lib'];

/** Exports, imports and the files at hand; a vault that is locked takes opened files along. */
export function composeBundles(
  deps: Omit<ExporterDeps & ImporterDeps, 'secrets' | 'clusters'> & {
    vault: Vault;
    clusters: ClusterService;
  },
): BundleServices {
  const { vault } = deps;
  const importer = new BundleImporter({ ...deps, secrets: vault });
  deps.clusters.events.subscribe(({ removed }) => importer.clustersRemoved(removed));
  vault.events.subscribe(({ state }) => {
    if (state === 'locked') importer.forgetOpened();
  });
  return {
    exporter: new BundleExporter({ ...deps, secrets: vault }),
    importer,
    offers: new FileOffers(PLACES),
  };
}
