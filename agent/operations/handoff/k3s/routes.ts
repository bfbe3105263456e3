import { readFile, rename, rm } from 'node:fs/promises';
import { Failure, fail } from '#shared/contract/errors';
import { writeWhole } from '../../../host/files';
import type { Clock, Commands, Supervisor } from '../../../ports';
import { readAccess } from '../../../roles/k3s/access';
import { KubeClient } from '../../../roles/k3s/client';
import { serverIn, withServer } from '../../../roles/k3s/config-file';
import { evictAll, lookAtDrain } from '../../../roles/k3s/drain/drain';
import { exists } from '../../../roles/k3s/joining';
import { EtcdOfKube } from '../../../roles/k3s/kube-etcd';
import { KubeMachines } from '../../../roles/k3s/machines';
import type { KubePlaces } from '../../../roles/k3s/places';
import type { Readiness } from '../../../roles/k3s/readiness';
import { isServerToken } from '../../../roles/k3s/token';
import { handRoute } from '../../hands/define';
import type { HandCall, HandRoute } from '../../hands/types';
import {
  cordon,
  deleteNode,
  evictPods,
  lookAtK3s,
  lookAtPods,
  lookAtRegistration,
  lookForSnapshot,
  register,
  removeMember,
  setAside,
  takeSnapshot,
  yieldKubeLead,
} from './hands';

export interface KubeHandsDeps {
  places: KubePlaces;
  commands: Pick<Commands, 'run'>;
  supervisor: Pick<Supervisor, 'state'>;
  clock: Pick<Clock, 'now'>;
  /** what this node last saw of its own server; null where it runs none */
  readiness(): Readiness | null;
}

const DAEMONS = ['k3s', 'k3s-agent'];

/** What this node does and tells for operations on k3s. */
export function kubeRoutes(deps: KubeHandsDeps): HandRoute[] {
  const { places } = deps;
  const etcd = ({ signal, log }: HandCall) => new EtcdOfKube({ ...deps, signal, log });
  const onNode = (call: HandCall, log: string, act: (machines: KubeMachines) => Promise<void>) =>
    withClient(places, async (client) => {
      await act(new KubeMachines(client));
      call.log(log);
      return {};
    });
  return [
    handRoute(lookAtK3s, (_, call) => look(deps, call)),
    handRoute(lookAtRegistration, async () => {
      const states = await Promise.all(DAEMONS.map((name) => deps.supervisor.state(name)));
      const isRunning = states.some(({ state }) => state === 'running');
      const server = serverIn(await configOf(places));
      return { server, isRunning, hasData: await exists(places.serverData) };
    }),
    handRoute(register, async ({ from, to }, { log }) => {
      const text = await configOf(places);
      if (serverIn(text) !== from) return {};
      await writeWhole(places.config, withServer(text, to));
      log(`${places.config}: server ${to}`);
      return {};
    }),
    handRoute(setAside, async (_, { log }) => {
      const states = await Promise.all(DAEMONS.map((name) => deps.supervisor.state(name)));
      if (states.some(({ state }) => state === 'running')) throw stillRuns();
      if (await exists(places.serverData)) {
        const aside = `${places.serverData}.aside-${deps.clock.now()}`;
        await rename(places.serverData, aside);
        log(`mv ${places.serverData} ${aside}`);
      }
      await rm(places.config, { force: true });
      return {};
    }),
    handRoute(lookAtPods, ({ node }, { signal }) =>
      withClient(places, async (client) => ({ pods: await lookAtDrain(node, { client, signal }) })),
    ),
    handRoute(evictPods, ({ node }, { signal, log }) =>
      withClient(places, async (client) => {
        const pods = await evictAll(node, { client, signal });
        for (const { namespace, name, fate, phase } of pods) {
          if (fate === 'goes' && phase !== 'Terminating') log(`evicted ${namespace}/${name}`);
        }
        return { pods };
      }),
    ),
    handRoute(cordon, ({ node, on }, call) =>
      onNode(call, `kubectl ${on ? 'cordon' : 'uncordon'} ${node}`, (machines) =>
        on
          ? machines.cordon(node, call.operation, call.signal)
          : machines.uncordon(node, call.operation, call.signal),
      ),
    ),
    handRoute(lookForSnapshot, async ({ operation }, call) => {
      const found = await etcd(quiet(call)).snapshotOf(operation);
      return { path: found?.path ?? null, bytes: found?.bytes ?? 0 };
    }),
    handRoute(takeSnapshot, (_, call) => etcd(call).snapshot(call.operation)),
    handRoute(yieldKubeLead, ({ to }, call) =>
      withClient(places, async (client) => {
        const members = await etcd(quiet(call)).members();
        const machines = await new KubeMachines(client).list(call.signal);
        const name = machines.find((one) => one.name === to)?.member ?? '';
        const member = members.find((one) => one.name === name && !one.isLearner);
        if (member === undefined) throw noMember(to);
        if (!member.isLeader) await etcd(call).moveLead(member.id);
        return {};
      }),
    ),
    handRoute(removeMember, ({ node }, call) =>
      onNode(call, `kubectl annotate node ${node} etcd.k3s.cattle.io/remove=true`, (machines) =>
        machines.askRemoval(node, call.signal),
      ),
    ),
    handRoute(deleteNode, ({ node }, call) =>
      onNode(call, `kubectl delete node ${node}`, (machines) => machines.delete(node, call.signal)),
    ),
  ];
}

async function look(deps: KubeHandsDeps, call: HandCall) {
  const { places } = deps;
  const readiness = deps.readiness();
  if (readiness === null) {
    const remedy = 'Ask a node with the role k3s-server.';
    throw fail('UNSUPPORTED', { remedy }, 'This node is no server of k3s.');
  }
  return withClient(places, async (client) => {
    const machines = await new KubeMachines(client).list(call.signal);
    const etcd = new EtcdOfKube({ ...deps, signal: call.signal, log: () => undefined });
    const { members, trouble } = await membersOf(etcd);
    const nodeOf = (name: string) => machines.find(({ member }) => member === name)?.name ?? '';
    return {
      ready: readiness.ready,
      message: readiness.message,
      nodes: machines,
      members: members?.map(({ name, ...member }) => ({ ...member, node: nodeOf(name) })) ?? null,
      trouble,
      hasToken: isServerToken(await readFile(places.serverToken, 'utf8').catch(() => '')),
    };
  });
}

/** One that cannot be asked is no reason to hide the rest. */
async function membersOf(etcd: EtcdOfKube) {
  if (!(await etcd.isThere())) return { members: null, trouble: '' };
  try {
    return { members: await etcd.members(), trouble: '' };
  } catch (error) {
    // given up by whoever asked, which says nothing of etcd
    if (!(error instanceof Failure) || error.code === 'ABORTED') throw error;
    return { members: null, trouble: `${error.message} ${error.data.remedy}` };
  }
}

async function withClient<T>(places: KubePlaces, work: (client: KubeClient) => Promise<T>) {
  const client = new KubeClient(await readAccess(places.serverAccess));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const configOf = (places: KubePlaces) => readFile(places.config, 'utf8').catch(() => '');

/** A look is no act, and is taken several times a second: it leaves no lines. */
const quiet = (call: HandCall): HandCall => ({ ...call, log: () => undefined });

const stillRuns = () =>
  fail('REVISION_CHANGED', { remedy: 'Stop it first.' }, 'k3s runs still on this node.');

const noMember = (node: string) =>
  fail(
    'NOT_FOUND',
    { remedy: 'Look which servers vote, then plan again.', node },
    `${node} has no vote in the etcd of k3s.`,
  );
