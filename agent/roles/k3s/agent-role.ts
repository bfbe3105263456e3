import type { AgentProblem, RoleState } from '#shared/contract/agent/dashboard';
import { Failure, fail } from '#shared/contract/errors';
import { repeat } from '../../facts/loop';
import { writeWhole } from '../../host/files';
import type { DaemonSpec } from '../../ports';
import type { Role } from '../types';
import { readAccess } from './access';
import { KubeClient } from './client';
import { renderAgent } from './config-file';
import { checkInstalled, exists, planAgent } from './joining';
import { nodeObject, nodeOf } from './objects';
import type { Observer } from './observer';
import type { KubeOptions } from './options';
import { roleProblems } from './problems';

const AGENT_DAEMON: DaemonSpec = {
  name: 'k3s-agent',
  argv: ['k3s', 'agent'],
  stopMs: 30_000,
  mainProcessOnly: true,
};
const LOOK_MS = 5_000;

/**
 * Runs `k3s agent`, and asks with the kubelet's own access whether its node is ready. On a server the
 * kubelet is part of `k3s server`: there this role only looks.
 */
export class AgentRole implements Role {
  readonly name = 'k3s-agent';
  readonly #options: KubeOptions;
  /** of the server on this node; null where there is none */
  readonly #server: Observer | null;
  #ends: AbortController | null = null;
  #loop: Promise<void> = Promise.resolve();
  #isConfigured = false;
  #isRunning = false;
  #isReady = false;
  #error = 'It was not started.';

  constructor(options: KubeOptions, server: Observer | null) {
    this.#options = options;
    this.#server = server;
  }

  state(): RoleState {
    return {
      name: this.name,
      running: this.#isRunning,
      healthy: this.#isReady,
      is_leader: false,
      error: this.#error,
    };
  }

  problems(): readonly AgentProblem[] {
    return roleProblems(this.state(), this.#options.membership.self.name);
  }

  /** Returns at once: a server may have to be waited for. */
  async start(): Promise<void> {
    if (this.#ends !== null) return;
    this.#ends = new AbortController();
    this.#error = 'It is starting.';
    this.#loop = repeat(this.#options.clock, LOOK_MS, this.#ends.signal, () => this.#turn());
  }

  async stop(): Promise<void> {
    const { supervisor } = this.#options;
    await this.rest();
    if (this.#server === null) await supervisor.stop(AGENT_DAEMON.name);
    const { state, message } = await supervisor.state(AGENT_DAEMON.name);
    this.#isRunning = state === 'running';
    this.#isReady = false;
    this.#error = this.#isRunning ? `It runs on although it was stopped: ${message}` : 'Stopped.';
  }

  /** Looks no more; k3s runs on. */
  async rest(): Promise<void> {
    this.#ends?.abort();
    await this.#loop;
    this.#ends = null;
  }

  async #turn(): Promise<void> {
    const { logger } = this.#options;
    try {
      if (this.#server !== null) this.#lookAtServer(this.#server);
      else {
        if (!this.#isConfigured) await this.#configure();
        if (this.#isConfigured) await this.#look();
      }
    } catch (error) {
      this.#isReady = false;
      this.#error =
        error instanceof Failure ? error.message : 'An unexpected failure, see the log.';
      if (!(error instanceof Failure)) logger.error({ error }, 'The role k3s-agent failed');
    }
  }

  /** What it was given once is enough to start again without anybody. */
  async #configure(): Promise<void> {
    const { places, supervisor, membership, config, networkInterface } = this.#options;
    const own = config['k3s-agent'];
    if (!((await exists(places.agentAccess)) && (await exists(places.config)))) {
      await checkInstalled(this.#options.commands);
      const server = own.server ?? (await this.#serverToJoin());
      if (server === null) return;
      const { self } = membership;
      const text = renderAgent({
        nodeName: self.name,
        address: self.address,
        server,
        tokenFile: own.server === undefined ? places.givenToken : tokenFileOf(own.extra),
        networkInterface,
        extra: own.extra,
      });
      await writeWhole(places.config, text);
    }
    await supervisor.start(AGENT_DAEMON);
    this.#isConfigured = true;
  }

  async #serverToJoin(): Promise<string | null> {
    const plan = await planAgent(this.#options);
    if (plan.kind === 'join') return plan.server;
    this.#error = plan.kind === 'wait' ? plan.why : '';
    return null;
  }

  async #look(): Promise<void> {
    const { supervisor, places, membership } = this.#options;
    const { state, message } = await supervisor.state(AGENT_DAEMON.name);
    this.#isRunning = state === 'running';
    this.#isReady = false;
    if (!this.#isRunning) {
      this.#error = message || `k3s-agent is ${state}.`;
      return;
    }
    const client = new KubeClient(await readAccess(places.agentAccess));
    try {
      const path = `/api/v1/nodes/${membership.self.name}`;
      this.#judge(nodeOf(nodeObject.parse(await client.json({ path }))).ready);
    } finally {
      await client.close();
    }
  }

  #lookAtServer(server: Observer): void {
    const { name } = this.#options.membership.self;
    this.#isRunning = server.readiness.ready;
    const own = server.view?.nodes.find((node) => node.name === name);
    if (this.#isRunning) this.#judge(own?.ready ?? false);
    else {
      this.#isReady = false;
      this.#error = 'It is part of k3s server, which is not ready.';
    }
  }

  #judge(isReady: boolean): void {
    this.#isReady = isReady;
    this.#error = isReady ? '' : 'Kubernetes does not call this node ready.';
  }
}

/** A server that is not of this cluster has a token that only the administrator can know. */
function tokenFileOf(extra: Readonly<Record<string, unknown>>): string {
  const path = extra['token-file'];
  if (typeof path === 'string') return path;
  throw fail(
    'INVALID_INPUT',
    {
      remedy: 'Write its path to roles.k3s-agent.extra as token-file.',
      field: 'roles.k3s-agent.extra.token-file',
    },
    'The file with the token of that k3s server is missing.',
  );
}
