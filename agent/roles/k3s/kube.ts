import { Failure } from '#shared/contract/errors';
import { Followed } from '../../facts/followed';
import { repeat } from '../../facts/loop';
import type { PeerRoute } from '../../membership/peer-types';
import type { Role } from '../types';
import { AgentRole } from './agent-role';
import { FACTS_KEY, factsOf, heardOf, type ToldFacts, toldFacts, toldOf } from './facts';
import { Leading } from './leading';
import { Observer } from './observer';
import type { KubeOptions } from './options';
import type { Readiness } from './readiness';
import { ServerRole } from './server-role';
import { tokenRoute } from './token';
import type { Kube, KubeFacts } from './types';

const TELL_MS = 3_000;
const TELL_AGAIN_MS = 10_000;

/** k3s on this node: its roles, and what is known of it here. */
export interface NodeKube extends Kube {
  /** those that the configuration enables; the role manager starts and stops them */
  readonly roles: readonly Role[];
  /** for the peers' part of the API */
  readonly routes: readonly PeerRoute[];
  /** what was last seen of the server on this node; null where there is none */
  readiness(): Readiness | null;
  /** Begins to hear what other servers tell, and to tell. */
  start(): void;
  /** Looks no more; k3s itself runs on. */
  close(): Promise<void>;
}

export function createKube(options: KubeOptions): NodeKube {
  return new KubeOfNode(options);
}

class KubeOfNode implements NodeKube {
  readonly roles: readonly Role[];
  readonly routes: readonly PeerRoute[];
  readonly #options: KubeOptions;
  readonly #observer: Observer | null;
  readonly #leading: Leading;
  readonly #server: ServerRole | null;
  readonly #agent: AgentRole | null;
  readonly #heard: Followed<ToldFacts>;
  readonly #listeners = new Set<() => void>();
  readonly #ends = new AbortController();
  #loops: Promise<void>[] = [];
  #told = { text: '', at: Number.NEGATIVE_INFINITY };

  constructor(options: KubeOptions) {
    this.#options = options;
    const { config, membership, state, clock, logger, places } = options;
    const onChange = () => this.#changed();
    const { id: nodeId, name: nodeName } = membership.self;
    this.#leading = new Leading({ state, logger, nodeId, election: 'k3s-server' });
    const isServer = config['k3s-server'].enabled;
    this.#observer = isServer ? new Observer({ clock, logger, nodeName, places, onChange }) : null;
    this.#server =
      this.#observer === null ? null : new ServerRole(options, this.#observer, this.#leading);
    this.#agent = config['k3s-agent'].enabled ? new AgentRole(options, this.#observer) : null;
    this.roles = [this.#server, this.#agent].filter((role) => role !== null);
    this.routes = isServer ? [tokenRoute(membership, places)] : [];
    this.#heard = new Followed({ state, clock, logger }, FACTS_KEY, toldFacts, onChange);
  }

  start(): void {
    const { clock } = this.#options;
    const { signal } = this.#ends;
    this.#loops = [
      this.#heard.follow(signal),
      ...(this.#server === null ? [] : [repeat(clock, TELL_MS, signal, () => this.#tell())]),
    ];
  }

  async close(): Promise<void> {
    this.#ends.abort();
    await Promise.all([this.#server?.rest(), this.#agent?.rest(), ...this.#loops]);
    await this.#leading.end();
  }

  /** A server looks for itself; the others, and one that is not ready, go by what was told. */
  facts(): KubeFacts {
    const { clock, membership } = this.#options;
    const view = this.#observer?.view ?? null;
    const heard = this.#heard.values.get('') ?? null;
    if (view === null || view.asOf < (heard?.asOf ?? 0))
      return this.#withOwn(heardOf(heard, clock.now()));
    return factsOf(
      toldOf(membership.self.name, view),
      this.#observer?.trouble ?? this.#ownTrouble(),
    );
  }

  readiness(): Readiness | null {
    return this.#observer?.readiness ?? null;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Before anybody told: what this node knows of its own servers says more than nothing. */
  #withOwn(facts: KubeFacts): KubeFacts {
    const own = this.#server?.state();
    if (facts.asOf !== null || own === undefined) return facts;
    return { ...facts, server: { status: own.running ? 'error' : 'stopped', message: own.error } };
  }

  #ownTrouble(): string | null {
    const ready = this.#observer?.readiness;
    return ready === undefined || ready.ready ? null : ready.message;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  async #tell(): Promise<void> {
    const { state, clock, logger, membership } = this.#options;
    const view = this.#observer?.view ?? null;
    if (!this.#leading.isHeld || view === null) return;
    const told = toldOf(membership.self.name, view);
    const text = JSON.stringify({ ...told, asOf: 0 });
    const isSame = text === this.#told.text;
    if (isSame && clock.monotonic() - this.#told.at < TELL_AGAIN_MS) return;
    try {
      await state.commit([], [{ key: FACTS_KEY, put: told }]);
      this.#told = { text, at: clock.monotonic() };
    } catch (error) {
      if (!(error instanceof Failure)) logger.error({ error }, 'k3s could not be told of');
    }
  }
}
