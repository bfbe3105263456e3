import type { AgentProblem } from '#shared/contract/agent/dashboard';
import { Failure } from '#shared/contract/errors';
import { Attempts } from '#shared/domain/attempts';
import { hostPort } from '#shared/domain/host';
import type { Facts } from '../facts/types';
import type { Merging } from '../operations/merge/pact/merging';
import type { Operations } from '../operations/types';
import type { Clock, Logger } from '../ports';
import type { Slurm } from '../roles/slurm/types';
import type { State } from '../state/types';
import { adminRoutes } from './admin-routes';
import { json } from './answer';
import { Audit } from './audit';
import { Bodies } from './bodies';
import { Doorman, rightsOf } from './caller';
import { Connections } from './connections';
import { dashboardRoutes } from './dashboard-routes';
import { Events } from './events';
import { ItemStreams } from './item-stream';
import { type Listener, type ListenOptions, listen, PATIENCE, type Patience } from './listeners';
import { mergeRoutes } from './merge-routes';
import { openApi } from './openapi';
import { operationsRoutes } from './operations-routes';
import { AgentPortal } from './portal/portal';
import { type Call, type Route, Routes } from './routes';
import { ApiServer } from './server';
import { slurmRoutes } from './slurm-routes';
import type { MemberRemoval, PeerHandler, Tokens } from './types';

export interface ApiDeps {
  facts: Facts;
  state: State;
  slurm: Slurm | null;
  /** left out where nothing is carried out, as in tests of other parts */
  operations?: Operations;
  /** left out where clusters are not merged */
  merging?: Merging;
  tokens: Tokens;
  removal?: MemberRemoval;
  /** asked in order */
  peers: readonly PeerHandler[];
  clock: Clock;
  logger: Logger;
  version: string;
}

export interface ApiOptions {
  /** of all listeners; 0 takes a free one for each */
  port: number;
  /** where plain HTTP is offered for looking, as `127.0.0.1`; none in the demo */
  loopback: readonly string[];
  /** of this machine, for HTTPS; more may come later by `setAddresses` */
  addresses: readonly string[];
  /** root's way in, in a folder that is root's own; null: none */
  socketPath: string | null;
  certPem: string;
  keyPem: string;
  patience?: Patience;
  maxConnections?: number;
}

/** Where the API is offered now. */
export interface ApiEndpoint {
  kind: Listener['kind'];
  address: string;
  port: number;
  /** as `https://10.77.1.1:9090`; '' for the socket */
  url: string;
}

export interface Api {
  /** @throws Failure INVALID_INPUT when it cannot listen on loopback or at the socket */
  start(): Promise<void>;
  close(): Promise<void>;
  endpoints(): ApiEndpoint[];
  /** Offers HTTPS at these and no others; those that cannot be used yet are tried again. */
  setAddresses(addresses: readonly string[]): Promise<void>;
  /** what keeps it from listening where it should */
  problems(): AgentProblem[];
  /** Tells watchers of what the facts do not show, as an operation. */
  tell: Events['tell'];
}

const RETRY_MS = 5_000;

/** The node agent's API on all its listeners. */
export function createApi(deps: ApiDeps, options: ApiOptions): Api {
  return new NodeApi(deps, options);
}

class NodeApi implements Api {
  readonly #options: ApiOptions;
  readonly #deps: ApiDeps;
  readonly #events: Events;
  readonly #streams: ItemStreams;
  readonly #forget: (() => void) | undefined;
  readonly #listenOptions: ListenOptions;
  readonly #ends = new AbortController();
  readonly #refused = new Map<string, Failure>();
  #listeners: Listener[] = [];
  #wanted: readonly string[];
  #settling: Promise<void> = Promise.resolve();
  #retrying: Promise<void> | null = null;

  constructor(deps: ApiDeps, options: ApiOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#wanted = options.addresses;
    const { facts, state, clock, logger, tokens, peers } = deps;
    const connections = new Connections(options.maxConnections);
    this.#events = new Events({ facts, clock });
    this.#streams = new ItemStreams({ clock, logger });
    this.#forget = deps.operations?.onChange(({ id }) =>
      this.tell([{ kind: 'operation', subject: id }]),
    );
    const doorman = new Doorman({ tokens, attempts: new Attempts(clock), logger });
    const counters = () => ({
      requests: server.requests,
      connections: connections.count,
      streams: this.#events.count + this.#streams.count,
    });
    const node = () => facts.snapshot().self.name;
    const audit = new Audit({ state, clock, logger, node });
    const events = this.#events;
    const routes = new Routes(
      allRoutes(deps, { doorman, audit, events, streams: this.#streams, node, counters }),
    );
    const server = new ApiServer({
      routes,
      peers,
      portal: new AgentPortal({ state, clock, doorman, audit, events }),
      doorman,
      events,
      streams: this.#streams,
      connections,
      clock,
      logger,
    });
    this.#listenOptions = {
      certPem: options.certPem,
      keyPem: options.keyPem,
      patience: options.patience ?? PATIENCE,
      connections,
      handle: (kind, request, response) => server.handle(kind, request, response),
    };
  }

  async start(): Promise<void> {
    const { loopback, port, socketPath } = this.#options;
    for (const address of loopback) {
      this.#listeners.push(await listen('loopback', { address, port }, this.#listenOptions));
    }
    if (socketPath !== null) {
      const where = { address: socketPath, port: 0 };
      this.#listeners.push(await listen('socket', where, this.#listenOptions));
    }
    await this.setAddresses(this.#wanted);
  }

  async close(): Promise<void> {
    this.#ends.abort();
    this.#forget?.();
    this.#events.close();
    this.#streams.close();
    await this.#settling;
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    this.#listeners = [];
  }

  endpoints(): ApiEndpoint[] {
    return this.#listeners.map(({ kind, address, port }) => {
      const scheme = kind === 'https' ? 'https' : 'http';
      const url = kind === 'socket' ? '' : `${scheme}://${hostPort(address, port)}`;
      return { kind, address, port, url };
    });
  }

  problems(): AgentProblem[] {
    return [...this.#refused.values()].map((failure) => ({
      severity: 'bad',
      code: 'api-not-listening',
      title: 'The API is not offered everywhere',
      detail: failure.message,
      remedy: failure.data.remedy,
    }));
  }

  tell(changes: Parameters<Events['tell']>[0]): void {
    this.#events.tell(changes);
  }

  setAddresses(addresses: readonly string[]): Promise<void> {
    this.#wanted = addresses;
    this.#settling = this.#settling.then(() => this.#settle());
    return this.#settling;
  }

  /** Opens what is missing and closes what is not wanted any more. */
  async #settle(): Promise<void> {
    if (this.#ends.signal.aborted) return;
    const { port } = this.#options;
    const wanted = new Set(this.#wanted);
    const gone = this.#listeners.filter((one) => one.kind === 'https' && !wanted.has(one.address));
    this.#listeners = this.#listeners.filter((one) => !gone.includes(one));
    await Promise.all(gone.map((listener) => listener.close()));
    this.#refused.clear();
    for (const address of wanted) {
      const isOpen = this.#listeners.some((one) => one.kind === 'https' && one.address === address);
      if (isOpen) continue;
      try {
        this.#listeners.push(await listen('https', { address, port }, this.#listenOptions));
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        this.#refused.set(address, error);
      }
    }
    if (this.#refused.size > 0) this.#retryLater();
  }

  #retryLater(): void {
    const { clock, logger } = this.#deps;
    if (this.#retrying !== null) return;
    for (const failure of this.#refused.values()) {
      logger.warn({ failure: failure.view() }, 'HTTPS is not offered at an address yet');
    }
    this.#retrying = clock.sleep(RETRY_MS, this.#ends.signal).then(
      () => {
        this.#retrying = null;
        return this.setAddresses(this.#wanted);
      },
      () => undefined,
    );
  }
}

function allRoutes(
  { facts, slurm, operations, merging, tokens, removal, clock, version }: ApiDeps,
  parts: {
    doorman: Doorman;
    audit: Audit;
    events: Events;
    streams: ItemStreams;
    node(): string;
    counters(): { requests: number; connections: number; streams: number };
  },
): Route[] {
  const { audit } = parts;
  const bodies = new Bodies(facts);
  const mayStillLook = async ({ caller, headers, address }: Call) => {
    if (caller.kind !== 'token') return rightsOf(caller) !== null;
    return rightsOf(await parts.doorman.caller('https', headers, address)) !== null;
  };
  const routes: Route[] = [
    ...dashboardRoutes({ facts, bodies, clock, mayStillLook, ...parts }),
    ...slurmRoutes({ slurm, audit }),
    ...(operations ? operationsRoutes({ operations, mayStillLook, ...parts }) : []),
    ...(merging ? mergeRoutes({ merging, ...parts }) : []),
    ...adminRoutes({ tokens, audit, removal: removal ?? null }),
  ];
  const document: Route = {
    method: 'GET',
    path: '/api/v1/openapi.json',
    role: 'viewer',
    summary: 'This document',
    answer: null,
    type: 'application/json',
    handle: () => json(200, openApi([...routes, document], version)),
  };
  return [...routes, document];
}
