import type { AgentProblem } from '#shared/contract/agent/dashboard';
import { Failure, fail } from '#shared/contract/errors';
import { noQuorum } from '../failures';
import { problemsOf, type StateStatus } from '../status';
import type { State } from '../types';
import { EtcdDaemon, type EtcdDaemonOptions, invitation } from './daemon';
import { type KnownNode, type SeatOffer, seatKey, VoterKeeper, voterKey } from './keeper';
import { EtcdMembers, type EtcdStatus } from './members';
import type { EtcdSeats } from './seats';
import { createEtcdState } from './state';
import { EtcdTransport } from './transport';

/** How this node came to its cluster, as membership says. */
export type Arrival =
  | { how: 'founded' }
  | { how: 'joined' | 'resumed'; stateEndpoints: readonly string[] };

export interface EtcdNodeOptions extends EtcdDaemonOptions {
  mayVote: boolean;
  replaceAfterMs: number;
  /** the members as this node sees them */
  nodes: () => readonly KnownNode[];
  /** told whenever the addresses of the state change, to keep them for the next start */
  onEndpoints: (urls: readonly string[]) => void;
}

const TICK_MS = 2_000;
const UNSEATED_TICK_MS = 1_000;
const LARGE_BYTES = 64 * 1024 * 1024;
const TIDY_MS = 3_600_000;
const POLL_MS = 100;
const FIRST_ANSWER_MS = 30_000;

/** This node's part in the shared state: the state itself, and etcd where this node keeps a copy. */
export class EtcdNode {
  readonly state: State;
  readonly #options: EtcdNodeOptions;
  readonly #daemon: EtcdDaemon;
  readonly #members: EtcdMembers;
  readonly #closing = new AbortController();
  #work: Promise<unknown> = Promise.resolve();
  #others: readonly string[] = [];
  #place: 'voter' | 'learner' | null = null;
  #trouble: Failure | null = null;
  /** monotonic ms before which nothing is tidied again */
  #tidyAt = 0;
  #status: StateStatus = {
    health: 'unreachable',
    voters: [],
    learners: [],
    leader: null,
    dbBytes: null,
    alarms: [],
  };

  private constructor(options: EtcdNodeOptions, daemon: EtcdDaemon, transport: EtcdTransport) {
    this.#options = options;
    this.#daemon = daemon;
    this.#members = new EtcdMembers(transport);
    this.state = createEtcdState(transport, options.clusterUuid, options.clock);
  }

  static async create(options: EtcdNodeOptions): Promise<EtcdNode> {
    const daemon = new EtcdDaemon(options);
    const tls = await daemon.tls();
    const node: { current: EtcdNode | null } = { current: null };
    const endpoints = () => node.current?.endpoints() ?? [];
    const transport = new EtcdTransport({ endpoints, tls, clock: options.clock });
    node.current = new EtcdNode(options, daemon, transport);
    return node.current;
  }

  /** Where the state is reached, this node first where it keeps a copy. */
  endpoints(): readonly string[] {
    const { clientUrl } = this.#daemon;
    const others = this.#others.filter((url) => url !== clientUrl);
    if (this.#place === 'voter') return [clientUrl, ...others];
    // a learner answers stale reads only
    return this.#place === 'learner' ? [...others, clientUrl] : others;
  }

  /**
   * Founds, joins or goes on, then sees to it in the background.
   * @throws Failure STORE_BROKEN for data that do not belong here, TIMEOUT when a new etcd stays silent
   */
  async start(arrival: Arrival): Promise<void> {
    if (arrival.how !== 'founded') this.#others = arrival.stateEndpoints;
    if (arrival.how === 'founded') {
      await this.#daemon.found();
      this.#place = 'voter';
      await this.#untilAnswer();
    } else {
      await this.#resume();
    }
    const keeper = new VoterKeeper({
      ...this.#options,
      state: this.state,
      members: this.#members,
    });
    const { signal } = this.#closing;
    this.#work = Promise.all([this.#watchSeat(signal), keeper.run(signal)]);
  }

  /** The last look at the state; asks nothing. */
  status(): StateStatus {
    return this.#status;
  }

  problems(): AgentProblem[] {
    return problemsOf(this.#status, this.#trouble);
  }

  /**
   * Hands etcd's lead to a voter; only the node that leads can.
   * @param to node id
   * @throws Failure NOT_FOUND where that node has no vote, and what etcd says against it
   */
  async yieldLead(to: string): Promise<void> {
    const own = await this.#members.status(this.#daemon.clientUrl);
    const listed = await this.#members.list();
    const voter = listed.find((one) => one.name === to && !one.isLearner);
    if (voter === undefined) {
      const remedy = 'Look who votes, then plan again.';
      throw fail('NOT_FOUND', { remedy }, 'That node has no vote in the shared state.');
    }
    // another leads by now: who asked looks, and finds out who
    if (own.leaderId !== own.memberId || voter.id === own.memberId) return;
    await this.#members.moveLeader(this.#daemon.clientUrl, voter.id);
  }

  /** Who keeps copies, asked now. @throws Failure of the state */
  async seats(): Promise<EtcdSeats> {
    const listed = await this.#members.list();
    const statuses = await Promise.all(
      listed.map(async ({ clientUrls: [url] }) =>
        url === undefined ? null : this.#members.status(url).catch(() => null),
      ),
    );
    const members = listed.map(({ id, name, isLearner }, index) => {
      const status = statuses[index] ?? null;
      return {
        node: name,
        memberId: id,
        isLearner,
        isAnswering: status !== null && status.leaderId !== null && status.memberId === id,
        raftIndex: status?.raftIndex ?? 0,
      };
    });
    // who knows most is right about who leads
    const leaderId = statuses
      .filter((one) => one !== null)
      .toSorted((a, b) => b.raftIndex - a.raftIndex)
      .find((one) => one.leaderId !== null)?.leaderId;
    return {
      memberId: members.find(({ node }) => node === this.#options.nodeId)?.memberId ?? null,
      leader: members.find(({ memberId }) => memberId === leaderId)?.node ?? null,
      members,
    };
  }

  /** Writes a verified snapshot. @returns its size in bytes */
  snapshot(path: string, signal: AbortSignal): Promise<number> {
    return this.#members.snapshot(path, signal);
  }

  /** etcd itself runs on; its daemon belongs to the machine. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
    await this.state.close();
  }

  /** Data that are gone are told, and replaced by a new copy once the others agree. */
  async #resume(): Promise<void> {
    try {
      if (await this.#daemon.resume()) this.#place = 'voter';
    } catch (error) {
      if (!(error instanceof Failure) || !(await this.#daemon.hasLostData())) throw error;
      this.#trouble = error;
    }
  }

  /** Until etcd on this node answers; from then on its data must not vanish. */
  async #untilAnswer(): Promise<void> {
    const { clock } = this.#options;
    const end = clock.monotonic() + FIRST_ANSWER_MS;
    for (;;) {
      const status = await this.#members.status(this.#daemon.clientUrl).catch((error: unknown) => {
        if (clock.monotonic() > end) throw error;
        return null;
      });
      if (status !== null && status.leaderId !== null) {
        return await this.#daemon.confirm(status.memberId);
      }
      if (clock.monotonic() > end) throw noQuorum('etcd on this node finds no leader.');
      await clock.sleep(POLL_MS, this.#closing.signal);
    }
  }

  async #watchSeat(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#look();
        await this.#sitOrRise();
      } catch (error) {
        if (error instanceof Failure && error.code === 'STORE_BROKEN') this.#trouble = error;
        logger.debug({ error: String(error) }, 'The seat at the state could not be seen to.');
      }
      const pause = this.#place === null ? UNSEATED_TICK_MS : TICK_MS;
      await clock.sleep(pause, signal).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const health = await this.state.health();
    this.#status = { ...this.#status, health };
    if (health === 'unreachable') return;
    const listed = await this.#members.list();
    const urls = listed.flatMap((member) => member.clientUrls).toSorted();
    if (urls.length > 0 && urls.join() !== [...this.#others].join()) {
      this.#others = urls;
      this.#options.onEndpoints(urls);
    }
    const own = this.#place === null ? undefined : this.#daemon.clientUrl;
    const first = own ?? this.endpoints()[0];
    const status = first === undefined ? null : await this.#members.status(first).catch(() => null);
    if (own !== undefined && status !== null) {
      await this.#daemon.confirm(status.memberId);
      this.#place = status.isLearner ? 'learner' : 'voter';
      this.#trouble = null;
      await this.#tidy(status);
    }
    const nameOf = (id: string | null) => listed.find((one) => one.id === id)?.name ?? null;
    const names = (isLearner: boolean) =>
      listed.filter((one) => one.isLearner === isLearner).map((one) => one.name || one.id);
    this.#status = {
      health,
      voters: names(false),
      learners: names(true),
      leader: nameOf(status?.leaderId ?? null),
      dbBytes: status?.dbBytes ?? null,
      alarms: status?.errors ?? [],
    };
  }

  /** Gives back what compaction freed, seldom: this member answers nothing meanwhile. */
  async #tidy({ dbBytes, dbUsedBytes }: EtcdStatus): Promise<void> {
    const now = this.#options.clock.monotonic();
    if (dbBytes < LARGE_BYTES || dbUsedBytes > dbBytes / 2 || now < this.#tidyAt) return;
    this.#tidyAt = now + TIDY_MS;
    await this.#members.defragment(this.#daemon.clientUrl);
  }

  /** Offers itself, follows an invitation, and gives the seat up after the others took it away. */
  async #sitOrRise(): Promise<void> {
    const { nodeId, mayVote } = this.#options;
    const { peerUrl } = this.#daemon;
    const own = await this.#daemon.membership();
    if (this.#status.health !== 'ok') return;
    const [offered, asked] = await Promise.all([
      this.state.get(seatKey(nodeId)),
      this.state.get(voterKey(nodeId)),
    ]);
    const lostMember = (await this.#daemon.hasLostData()) ? (own?.memberId ?? null) : null;
    const offer: SeatOffer = { peerUrl, mayVote, lostMember };
    if (JSON.stringify(offered?.value) !== JSON.stringify(offer)) {
      await this.state.commit([], [{ key: seatKey(nodeId), put: offer }]);
    }
    const invited = invitation.safeParse(asked?.value);
    const listed = await this.#members.list();
    if (invited.success && listed.some((one) => one.id === invited.data.memberId)) {
      if (lostMember === invited.data.memberId) return;
      if (own?.memberId !== invited.data.memberId) {
        await this.#daemon.join(invited.data);
        await this.#untilAnswer();
      }
      this.#place ??= 'learner';
      await this.#correctAddress(listed, invited.data.memberId);
      return;
    }
    const isRemoved = own !== null && !listed.some((one) => one.id === own.memberId);
    if (asked === null && isRemoved && own.memberId !== null) {
      this.#place = null;
      await this.#daemon.retire();
    }
  }

  /** After a change of address the others must learn where this member is heard. */
  async #correctAddress(
    listed: Awaited<ReturnType<EtcdMembers['list']>>,
    memberId: string,
  ): Promise<void> {
    const { peerUrl } = this.#daemon;
    const listedUrls = listed.find((one) => one.id === memberId)?.peerUrls ?? [];
    if (!listedUrls.includes(peerUrl)) await this.#members.updatePeer(memberId, peerUrl);
  }
}

/** See {@link EtcdNode}. */
export function createEtcdNode(options: EtcdNodeOptions): Promise<EtcdNode> {
  return EtcdNode.create(options);
}
