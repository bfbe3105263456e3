import type { AgentProblem, RoleState } from '#shared/contract/agent/dashboard';
import { Failure } from '#shared/contract/errors';
import { repeat } from '../../facts/loop';
import { writeWhole } from '../../host/files';
import type { DaemonSpec } from '../../ports';
import type { Role } from '../types';
import { renderServer } from './config-file';
import { checkInstalled, exists, planServer, SERVERS_PREFIX, urlOf } from './joining';
import type { Leading } from './leading';
import type { Observer } from './observer';
import type { KubeOptions } from './options';
import { clusterProblems, roleProblems } from './problems';

export const SERVER_DAEMON: DaemonSpec = {
  name: 'k3s',
  argv: ['k3s', 'server'],
  // etcd is asked to leave in order, which takes its time on a loaded disk
  stopMs: 60_000,
  // the pods' containers go on without it
  mainProcessOnly: true,
};
const LOOK_MS = 5_000;

/** Runs `k3s server` and watches what comes of it. */
export class ServerRole implements Role {
  readonly name = 'k3s-server';
  readonly #options: KubeOptions;
  readonly #observer: Observer;
  readonly #leading: Leading;
  #ends: AbortController | null = null;
  #loop: Promise<void> = Promise.resolve();
  #isConfigured = false;
  #isTold = false;
  #isRunning = false;
  /** why it does not run or is not ready; '' where nothing is wrong */
  #error = 'It was not started.';

  constructor(options: KubeOptions, observer: Observer, leading: Leading) {
    this.#options = options;
    this.#observer = observer;
    this.#leading = leading;
  }

  state(): RoleState {
    return {
      name: this.name,
      running: this.#isRunning,
      healthy: this.#isRunning && this.#observer.readiness.ready,
      is_leader: this.#leading.isHeld,
      error: this.#error,
    };
  }

  problems(): readonly AgentProblem[] {
    const { view } = this.#observer;
    return [
      ...roleProblems(this.state(), this.#options.membership.self.name),
      ...(this.#leading.isHeld && view !== null ? clusterProblems(view) : []),
    ];
  }

  /** Returns at once: the cluster may have to be waited for. */
  async start(): Promise<void> {
    if (this.#ends !== null) return;
    this.#ends = new AbortController();
    this.#error = 'It is starting.';
    this.#loop = repeat(this.#options.clock, LOOK_MS, this.#ends.signal, () => this.#turn());
  }

  async stop(): Promise<void> {
    const { supervisor, state, membership } = this.#options;
    await this.rest();
    await supervisor.stop(SERVER_DAEMON.name);
    // told last: until it is stopped others may well join by it
    const key = SERVERS_PREFIX + membership.self.id;
    await state.commit([], [{ key, delete: true }]).catch(() => undefined);
    this.#isTold = false;
    const { state: seen, message } = await supervisor.state(SERVER_DAEMON.name);
    this.#isRunning = seen === 'running';
    this.#error = this.#isRunning ? `It runs on although it was stopped: ${message}` : 'Stopped.';
  }

  /** Looks no more; k3s runs on. */
  async rest(): Promise<void> {
    this.#ends?.abort();
    await this.#loop;
    this.#ends = null;
    await this.#leading.end();
    await this.#observer.rest();
  }

  async #turn(): Promise<void> {
    const { logger } = this.#options;
    try {
      if (!this.#isConfigured) await this.#configure();
      if (this.#isConfigured) await this.#look();
    } catch (error) {
      this.#error =
        error instanceof Failure ? error.message : 'An unexpected failure, see the log.';
      if (!(error instanceof Failure)) logger.error({ error }, 'The role k3s-server failed');
    }
  }

  /** With data of its own it starts also while the shared state does not answer. */
  async #configure(): Promise<void> {
    const { places, supervisor, membership, config, networkInterface } = this.#options;
    const mayGoOn = (await exists(places.serverData)) && (await exists(places.config));
    if (!mayGoOn) {
      await checkInstalled(this.#options.commands);
      const plan = await planServer(this.#options);
      if (plan.kind === 'wait') {
        this.#error = plan.why;
        return;
      }
      const { self } = membership;
      const own = config['k3s-server'];
      const text = renderServer({
        nodeName: self.name,
        address: self.address,
        names: self.tailscaleIp === '' ? [] : [self.tailscaleIp],
        join: plan.kind === 'join' ? plan.server : null,
        tokenFile: plan.kind === 'join' ? places.givenToken : null,
        networkInterface,
        clusterCidr: own.cluster_cidr ?? null,
        serviceCidr: own.service_cidr ?? null,
        extra: own.extra,
      });
      await writeWhole(places.config, text);
    }
    await supervisor.start(SERVER_DAEMON);
    this.#isConfigured = true;
  }

  async #look(): Promise<void> {
    const { supervisor } = this.#options;
    const { state, message } = await supervisor.state(SERVER_DAEMON.name);
    this.#isRunning = state === 'running';
    if (!this.#isRunning) {
      this.#leading.want(false);
      await this.#observer.rest();
      this.#error = message || `k3s is ${state}.`;
      return;
    }
    const { ready, leads, message: seen } = await this.#observer.look();
    this.#error = ready ? '' : seen;
    this.#leading.want(ready && leads);
    if (ready && !this.#isTold) await this.#tell();
  }

  async #tell(): Promise<void> {
    const { state, membership } = this.#options;
    const { id, address } = membership.self;
    await state.commit([], [{ key: SERVERS_PREFIX + id, put: { url: urlOf(address) } }]);
    this.#isTold = true;
  }
}
