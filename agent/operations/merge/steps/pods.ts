import { KubeSteps } from '../../departure/steps';
import type { StepContext } from '../../engine/types';
import type { PlannedStep } from '../../types';
import type { CrossingNode } from '../types';
import { losingSide, type MergeGround } from './ground';
import { phaseOfNode, wholeOnly } from './work';

const LOOK_MS = 1_000;

/** Kubernetes of the losing cluster brings a node no more pods, and takes away those it may. */
export function podSteps(ground: MergeGround, node: CrossingNode): PlannedStep[] {
  const { nodes } = ground.params;
  const hasServer = nodes.some(({ id, roles }) => id !== node.id && roles.includes('k3s-server'));
  if (!isAgent(node) || !hasServer) return [];
  const { state, clock } = ground.deps;
  const kube = new KubeSteps({ ...losingSide(ground), state, clock });
  const phase = phaseOfNode(ground, node);
  const own = (id: string, step: PlannedStep): PlannedStep => ({
    ...step,
    id: `${id}-${node.name}`,
    title: `${phase}: ${step.title.charAt(0).toLowerCase()}${step.title.slice(1)}`,
    part: node.name,
    ...wholeOnly(ground, node),
    halts: true,
  });
  return [own('cordon', kube.cordon(node.name)), own('pods', kube.drain(node.name))];
}

/** On the way back: pods of the gaining cluster go elsewhere first, within their budgets. */
export async function emptyOfPods(
  ground: MergeGround,
  node: CrossingNode,
  context: StepContext,
): Promise<void> {
  const kube = kubeHere(ground, node);
  if (kube === null) return;
  await kube.cordon(node.name).do(context);
  const drain = kube.drain(node.name);
  await drain.do(context);
  while ((await drain.verify(context)) !== null) {
    await ground.deps.clock.sleep(LOOK_MS, context.signal);
  }
}

/** After it has gone back: Kubernetes of the gaining cluster waits for it no more. */
export async function forgetInKube(
  ground: MergeGround,
  node: CrossingNode,
  context: StepContext,
): Promise<void> {
  const remove = kubeHere(ground, node)?.delete(node.name);
  if (remove !== undefined && (await remove.probe(context)) === 'absent') await remove.do(context);
}

/** Null where the gaining cluster has no server, or the node no part in Kubernetes. */
function kubeHere({ deps }: MergeGround, node: CrossingNode): KubeSteps | null {
  const hasServer = deps.membership.members().some(({ id, roles, status }) => {
    return id !== node.id && status === 'alive' && roles.includes('k3s-server');
  });
  return isAgent(node) && hasServer ? new KubeSteps(deps) : null;
}

const isAgent = ({ roles }: CrossingNode): boolean => roles.includes('k3s-agent');
