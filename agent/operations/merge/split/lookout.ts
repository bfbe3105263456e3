import type { AgentProblem } from '#shared/contract/agent/dashboard';
import type { ClusterName, Sighting } from '#shared/contract/agent/merge';
import { Failure } from '#shared/contract/errors';
import { hostPort } from '#shared/domain/host';
import { isProof, newNonce } from '../../../membership/challenge';
import { type PeerCredentials, PeerWire } from '../../../membership/peer-wire';
import { PROTOCOL } from '../../../membership/protocol';
import type { ClusterRecord } from '../../../membership/records';
import type { NodeMembership } from '../../../membership/types';
import type { Clock, Logger } from '../../../ports';
import { classify, type Heard } from './classify';
import type { SightingRow, Sightings } from './sightings';
import { WHO_PATH, whoAnswer } from './wire';

/** Where an agent may answer, and how it is known. */
export interface Place {
  host: string;
  port: number;
  via: Sighting['via'][number];
}

const FIRST_MS = 5_000;
const ROUND_MS = 60_000;
/** Of many places some are asked each round. */
const PER_ROUND = 32;
const AT_ONCE = 4;
/** rounds */
const SWEEP_EVERY = 60;
const DEADLINE_MS = 4_000;
/** Who answered before and is silent now is told of for so long. */
const SILENT_MS = 10 * 60_000;

interface Seen {
  place: Place;
  cluster: ClusterName;
  kind: Sighting['kind'];
  remedy: string;
  first: number;
  last: number;
}

interface Deps {
  membership: Pick<NodeMembership, 'self' | 'members' | 'record' | 'callerOf'>;
  identity: PeerCredentials & { fingerprint: string };
  challengeKey: Uint8Array;
  /** where agents may answer that are no members */
  places(): Promise<readonly Place[]>;
  sightings: Pick<Sightings, 'tell' | 'sweep'>;
  clock: Clock;
  logger: Logger;
}

/** Looks for other clusters, and for parts of this one, wherever this node was told that one may be. */
export class Lookout {
  readonly #deps: Deps;
  readonly #ends = new AbortController();
  /** by `host:port` */
  readonly #seen = new Map<string, Seen>();
  #round = 0;
  #wake = Promise.withResolvers<void>();
  #work: Promise<void> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Needs the shared state. */
  start(): void {
    this.#work = this.#run();
  }

  async close(): Promise<void> {
    this.#ends.abort();
    await this.#work;
  }

  /** Looks again now, and not only when it is time for it: there are other places. */
  soon(): void {
    this.#wake.resolve();
  }

  /** What is not as it should be; another cluster is none. */
  problems(): AgentProblem[] {
    return [...this.#seen.values()].flatMap(({ kind, place, remedy }): AgentProblem[] => {
      if (kind === 'foreign') return [];
      const where = hostPort(place.host, place.port);
      const title =
        kind === 'impostor'
          ? `A node at ${where} says that it is of this cluster and cannot prove it`
          : `A part of this cluster at ${where} is cut off`;
      const detail = 'Nothing was told to it, and nothing is done by itself.';
      return [{ severity: 'warning', code: `split-${kind}`, title, detail, remedy }];
    });
  }

  /** Asks some of the places now, and tells what was found. */
  async look(): Promise<void> {
    const places = await this.#due();
    for (let index = 0; index < places.length; index += AT_ONCE) {
      await Promise.all(places.slice(index, index + AT_ONCE).map((place) => this.#ask(place)));
    }
    const { clock, sightings } = this.#deps;
    for (const [key, { last }] of this.#seen) {
      if (clock.now() - last > SILENT_MS) this.#seen.delete(key);
    }
    const { signal } = this.#ends;
    await sightings.tell(this.#rows(), signal);
    if (this.#round % SWEEP_EVERY === 1) await sightings.sweep(signal);
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#deps;
    const { signal } = this.#ends;
    await clock.sleep(FIRST_MS, signal).catch(() => undefined);
    while (!signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        if (signal.aborted) return;
        const isExpected = error instanceof Failure;
        logger[isExpected ? 'debug' : 'error']({ error }, 'Looking for other clusters failed');
      }
      await Promise.race([
        clock.sleep(ROUND_MS, signal).catch(() => undefined),
        this.#wake.promise,
      ]);
      this.#wake = Promise.withResolvers();
    }
  }

  /** Others each round; members of this cluster are known and not asked. */
  async #due(): Promise<Place[]> {
    const members = this.#deps.membership.members().filter(({ authenticated }) => authenticated);
    const own = new Set(
      members.flatMap(({ address, tailscaleIp, apiPort }) => [
        hostPort(address, apiPort),
        hostPort(tailscaleIp, apiPort),
      ]),
    );
    const byKey = new Map((await this.#deps.places()).map((one) => [keyOf(one), one]));
    for (const key of own) {
      byKey.delete(key);
      this.#seen.delete(key);
    }
    const all = [...byKey.values()];
    const from = all.length > PER_ROUND ? (this.#round * PER_ROUND) % all.length : 0;
    this.#round += 1;
    return [...all.slice(from), ...all.slice(0, from)].slice(0, PER_ROUND);
  }

  async #ask(place: Place): Promise<void> {
    const own = this.#deps.membership.record;
    if (own === null) return;
    const heard = await this.#hear(place, own);
    if (heard === null) return;
    const key = keyOf(place);
    const verdict = classify(own, heard);
    if (verdict === null) return void this.#seen.delete(key);
    const now = this.#deps.clock.now();
    const { cluster } = heard.answer;
    const before = this.#seen.get(key);
    const isSame = before?.kind === verdict.kind && before.cluster.uuid === cluster.uuid;
    const first = isSame ? before.first : now;
    this.#seen.set(key, { place, cluster, ...verdict, first, last: now });
    if (isSame) return;
    this.#deps.logger.info({ place: key, ...verdict, cluster: cluster.name }, 'A cluster is seen');
  }

  /** Null where nobody answers that is an agent with a cluster. */
  async #hear({ host, port }: Place, own: ClusterRecord): Promise<Heard | null> {
    const { identity, challengeKey, membership } = this.#deps;
    const wire = new PeerWire({ address: host, port, pin: null }, identity);
    const joinerNonce = newNonce();
    try {
      const said = await wire.send({
        method: 'POST',
        path: WHO_PATH,
        body: { protocol: PROTOCOL, nonce: joinerNonce },
        signal: AbortSignal.any([this.#ends.signal, AbortSignal.timeout(DEADLINE_MS)]),
      });
      const answer = whoAnswer.safeParse(said.body);
      if (said.status !== 200 || !answer.success) return null;
      const handshake = {
        clusterUuid: own.uuid,
        joinerNonce,
        memberNonce: answer.data.nonce,
        joinerFingerprint: identity.fingerprint,
        memberFingerprint: said.fingerprint,
      };
      const isProved = isProof(challengeKey, handshake, 'who', answer.data.proof);
      const isMember = isProved && (await membership.callerOf(said.fingerprint)) !== null;
      return { answer: answer.data, isProved, isMember };
    } catch (error) {
      if (error instanceof Failure) return null;
      throw error;
    } finally {
      await wire.close();
    }
  }

  #rows(): SightingRow[] {
    const same = Map.groupBy(this.#seen.values(), ({ kind, cluster }) => `${kind} ${cluster.uuid}`);
    return [...same.values()].flatMap((those) => {
      const [one] = those;
      if (one === undefined) return [];
      const { kind, cluster, remedy } = one;
      return [
        {
          kind,
          cluster,
          addresses: those.map(({ place }) => keyOf(place)),
          via: [...new Set(those.map(({ place }) => place.via))],
          by: this.#deps.membership.self.name,
          firstSeen: Math.min(...those.map(({ first }) => first)),
          lastSeen: Math.max(...those.map(({ last }) => last)),
          remedy,
        },
      ];
    });
  }
}

const keyOf = ({ host, port }: Place) => hostPort(host, port);
