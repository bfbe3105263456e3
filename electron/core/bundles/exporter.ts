import { MAX_IMPORT_BYTES } from '#shared/contract/bundles';
import type { Cluster, Group } from '#shared/contract/clusters';
import { fail } from '#shared/contract/errors';
import { readAllKept } from '../clusters/rows';
import type { Store } from '../db/store';
import type { Clock } from '../ports';
import { audienceOf, bundleText, type ExportWish } from './bundle-text';
import { Progress, type ProgressNews } from './progress';
import { remoteUrls } from './remote-urls';
import { stretch } from './stretch';

export interface ExporterDeps {
  store: Store;
  clusters: { list(): Cluster[]; get(uuid: string): Cluster };
  groups: { list(): Group[] };
  secrets: {
    has(owner: string): boolean;
    /** @throws Failure VAULT_LOCKED | VAULT_UNAVAILABLE */
    ready(): Promise<void>;
    open(owner: string): Promise<string | null>;
  };
  clock: Clock;
  /** who exports, as `ada@desk` */
  actor: string;
  /** as `Clusterdeck 1.2.0` */
  program: string;
}

export type ExportNews =
  | ProgressNews
  | { type: 'done'; fileName: string; base64: string; clusters: number };

/** Makes encrypted bundles of clusters. */
export class BundleExporter {
  readonly #deps: ExporterDeps;

  constructor(deps: ExporterDeps) {
    this.#deps = deps;
  }

  /**
   * Makes an encrypted bundle.
   * @param ticked uuids; undefined: all clusters
   * @throws Failure INVALID_INPUT | NOT_FOUND | VAULT_*
   */
  async *run(wish: ExportWish, ticked: readonly string[] | undefined): AsyncGenerator<ExportNews> {
    const { store, clusters, clock, actor, program } = this.#deps;
    const audience = audienceOf(wish);
    const chosen =
      ticked === undefined
        ? clusters.list()
        : [...new Set(ticked)].map((uuid) => clusters.get(uuid));
    if (chosen.length === 0) {
      throw fail('INVALID_INPUT', { remedy: 'Add a cluster first: there is none to export.' });
    }
    const secrets = wish.withSecrets ? await this.#secretsOf(chosen) : null;
    const kept = readAllKept(store.read);
    const urls = new Map(remoteUrls(store.read).map(({ uuid, url }) => [uuid, url]));
    const text = bundleText({
      made: { by: actor, at: clock.now(), program },
      clusters: chosen,
      groups: this.#deps.groups.list(),
      keptOf: (uuid) => kept.get(uuid) ?? {},
      remoteUrl: (uuid) => urls.get(uuid) ?? null,
      secrets,
    });
    const progress = new Progress(clock, stretch);
    // the cipher is large and seldom needed
    const work = import('./age').then(({ encrypt }) => encrypt(text, audience, progress));
    const bytes = yield* progress.during('Deriving the key', work);
    if (bytes.length > MAX_IMPORT_BYTES) {
      throw fail('INVALID_INPUT', { remedy: 'Export fewer clusters at once: 16 MB is the limit.' });
    }
    store.mutate((tx) =>
      tx.audit({
        action: 'bundle.export',
        subject: `${chosen.length} clusters`,
        after: {
          clusters: chosen.map(({ clusterId }) => clusterId),
          withSecrets: wish.withSecrets,
          to: 'recipients' in audience ? audience.recipients : 'a passphrase',
        },
      }),
    );
    const day = new Date(clock.now()).toISOString().slice(0, 10);
    const base64 = Buffer.from(bytes).toString('base64');
    const fileName = `clusterdeck-${day}.cdeck`;
    yield { type: 'done', fileName, base64, clusters: chosen.length };
  }

  async #secretsOf(chosen: readonly Cluster[]): Promise<Map<string, string>> {
    const { secrets } = this.#deps;
    const found = new Map<string, string>();
    const holders = chosen.filter(({ uuid }) => secrets.has(uuid));
    if (holders.length > 0) await secrets.ready();
    for (const { uuid } of holders) {
      const secret = await secrets.open(uuid);
      if (secret !== null) found.set(uuid, secret);
    }
    return found;
  }
}
