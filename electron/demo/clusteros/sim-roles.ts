import { Leading } from '#agent/roles/k3s/leading';
import { packSeen, SEEN_KEY } from '#agent/roles/slurm/told';
import { leavingKey } from '#agent/state/etcd/keeper';
import type { State } from '#agent/state/types';
import type { RoleName, RoleState } from '#shared/contract/agent/dashboard';
import type { SimEtcd } from './etcd';
import type { KubeWorld } from './kube/world';
import { SimReturning } from './returning';
import { SILENT } from './silent';
import type { SimControllers } from './slurm/controllers';
import { told } from './slurm/jobs';
import type { SimSlurm } from './slurm/sim-slurm';
import type { SlurmView } from './slurm/view';
import type { SlurmWorld } from './slurm/world';
import type { AgentNodeSpec } from './specs';

interface Deps {
  spec: AgentNodeSpec;
  id: string;
  /** names this start of the machine */
  boot: string;
  state: State;
  slurm: SimSlurm;
  controllers: SimControllers;
  world: SlurmWorld;
  kube: KubeWorld | null;
  etcd: SimEtcd;
  /** what everybody sees of SLURM */
  view: SlurmView;
}

const LED: readonly RoleName[] = ['slurm-controller', 'k3s-server'];

/** The roles of one simulated node: which of them run, and which of them it leads. */
export class SimRoles {
  readonly #deps: Deps;
  readonly #elections: ReadonlyMap<RoleName, Leading>;
  readonly #returning: SimReturning;
  #toldJobs = '';
  readonly #stopped = new Set<RoleName>();

  constructor(deps: Deps) {
    const { spec, id: nodeId, state } = deps;
    this.#deps = deps;
    this.#returning = new SimReturning({ ...deps, name: spec.name });
    const led = spec.roles.filter((role) => LED.includes(role));
    this.#elections = new Map(
      led.map((election) => [election, new Leading({ state, logger: SILENT, nodeId, election })]),
    );
  }

  states(): RoleState[] {
    return this.#deps.spec.roles.map((name) => {
      const running = !this.#stopped.has(name);
      const is_leader = this.#elections.get(name)?.isHeld ?? false;
      return { name, running, healthy: running, is_leader, error: '' };
    });
  }

  /** Roles which this node shall lead as things stand. */
  get due(): RoleName[] {
    return [...this.#elections.keys()].filter((role) => this.#deserves(role));
  }

  /** Lets daemons and elections follow what is true now. */
  async round(): Promise<void> {
    await this.#deps.slurm.round();
    await this.#returning.round();
    await this.#keepSeat();
    await this.#tellJobs();
    for (const [role, election] of this.#elections) election.want(this.#deserves(role));
  }

  /** Stops a role for good, or starts it again. @throws Failure TIMEOUT where it does not end */
  async setRunning(role: RoleName, runs: boolean): Promise<void> {
    const { spec, slurm, world, kube } = this.#deps;
    if (role === 'slurm-controller') await slurm.want(runs);
    else if (role === 'slurm-worker') world.setUp(spec.name, runs);
    else kube?.setRunning(spec, runs);
    if (runs) this.#stopped.delete(role);
    else this.#stopped.add(role);
    await this.round();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#elections.values()].map((election) => election.end()));
  }

  /** A copy of the shared state, as long as nobody takes it back. */
  async #keepSeat(): Promise<void> {
    const { spec, id, state, etcd } = this.#deps;
    if (!spec.roles.includes('slurm-controller')) return;
    if ((await state.get(leavingKey(id))) === null) etcd.seat(id);
    else etcd.unseat(id);
  }

  /** As the agent at the controller tells the others, who keep it for when nobody can be asked. */
  async #tellJobs(): Promise<void> {
    const { spec, state, view, world, controllers } = this.#deps;
    const { jobs: all, nodes, partitions, asOf: at } = view.facts();
    if (controllers.primary !== spec.name || at === null) return;
    const known = all.map(({ id, state: word }) => `${id} ${word}`).join();
    if (known === this.#toldJobs) return;
    this.#toldJobs = known;
    const jobs = world.jobs().map((job) => told(job, at));
    const put = packSeen({ at, jobs, jobCount: jobs.length, nodes, partitions });
    await state.commit([], [{ key: SEEN_KEY, put }]);
  }

  #deserves(role: RoleName): boolean {
    if (this.#stopped.has(role)) return false;
    const { spec, controllers } = this.#deps;
    return role !== 'slurm-controller' || controllers.primary === spec.name;
  }
}
