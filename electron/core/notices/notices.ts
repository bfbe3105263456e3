import type { Cluster } from '#shared/contract/clusters';
import type { Operation } from '#shared/contract/operations';
import type { WatchEvent } from '../inventory/watcher';
import type { Clock, Logger, Notifier, Power } from '../ports';
import { TroubleWatch } from './trouble-watch';
import { TROUBLE_WORDS, type Trouble } from './troubles';

type Source<Event> = { subscribe(listener: (event: Event) => void): () => void };
type Note = Parameters<Notifier['notify']>[0];

export interface NoticesDeps {
  clock: Clock;
  logger: Logger;
  notifier: Notifier;
  power: Pick<Power, 'onChange'>;
  clusters: { list(): Cluster[] };
  changes: Source<{ removed: string[] }>;
  watched: Source<WatchEvent>;
  operations: Source<Operation>;
  /** whether the person wants notices, and nothing keeps them back */
  isWanted(): boolean;
  /** whether some window shows the deck */
  isSeen(): boolean;
}

/** An operation that ends sooner was waited for. */
const LONG_MS = 10_000;
/** What happens within this time is told together. */
const GATHER_MS = 3_000;
/** More troubles at once are one: the network, most likely. */
const AT_MOST = 2;

/** Tells through the desktop what somebody should know who does not look at the deck. */
export class Notices {
  readonly #deps: NoticesDeps;
  readonly #troubles: TroubleWatch;
  readonly #end = new AbortController();
  readonly #subscriptions: (() => void)[];
  /** operations that are over, so that none is told twice */
  readonly #ended = new Set<string>();
  #gathered: { uuid: string; trouble: Trouble }[] = [];

  constructor(deps: NoticesDeps) {
    this.#deps = deps;
    const onTrouble = (uuid: string, trouble: Trouble) => this.#gather(uuid, trouble);
    this.#troubles = new TroubleWatch({ clock: deps.clock, onTrouble });
    this.#subscriptions = [
      deps.watched.subscribe((event) => {
        if (event.type === 'live') this.#troubles.see(event.live);
      }),
      deps.changes.subscribe(({ removed }) => {
        for (const uuid of removed) this.#troubles.forget(uuid);
      }),
      deps.operations.subscribe((operation) => this.#operation(operation)),
      deps.power.onChange(() => this.#troubles.restart()),
    ];
  }

  close(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#troubles.close();
    this.#end.abort();
  }

  #gather(uuid: string, trouble: Trouble): void {
    this.#gathered.push({ uuid, trouble });
    if (this.#gathered.length > 1) return;
    const { clock } = this.#deps;
    clock.sleep(GATHER_MS, this.#end.signal).then(
      () => this.#tell(),
      () => undefined,
    );
  }

  #tell(): void {
    const names = new Map(this.#deps.clusters.list().map(({ uuid, name }) => [uuid, name]));
    const found = this.#gathered.flatMap(({ uuid, trouble }) => {
      const name = names.get(uuid);
      return name === undefined ? [] : [{ uuid, trouble, name }];
    });
    this.#gathered = [];
    if (found.length > AT_MOST) {
      const title = `${new Set(found.map(({ uuid }) => uuid)).size} clusters need you`;
      return this.#notify({ title, body: found.map(({ name }) => name).join(', ') });
    }
    for (const { uuid, trouble, name } of found) {
      const { title, body } = TROUBLE_WORDS[trouble];
      this.#notify({ title: `${name}: ${title}`, body, clusterUuid: uuid });
    }
  }

  #operation({ id, state, title, items, createdAt, endedAt }: Operation): void {
    if (state === 'running' || endedAt === null || this.#ended.has(id)) return;
    this.#ended.add(id);
    if (endedAt - createdAt < LONG_MS || this.#deps.isSeen()) return;
    const done = items.filter((item) => item.state === 'done').length;
    const body = done === items.length ? 'It is done.' : `${done} of ${items.length} are done.`;
    this.#notify({ title, body });
  }

  #notify(note: Note): void {
    if (!this.#deps.isWanted()) return;
    try {
      this.#deps.notifier.notify(note);
    } catch (error) {
      this.#deps.logger.warn({ error }, 'A notice could not be shown');
    }
  }
}
