import { z } from 'zod';
import { fail } from '#shared/contract/errors';
import type { KubeMachine } from '../../operations/handoff/k3s/hands';
import type { KubeClient } from './client';

const isTrue = (conditions: readonly { type: string; status: string }[] | null | undefined) =>
  conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

const map = z.record(z.string(), z.string()).default({});
const nodeObject = z.object({
  metadata: z.object({ name: z.string(), labels: map, annotations: map }),
  spec: z.object({ unschedulable: z.boolean().default(false) }).prefault({}),
  status: z
    .object({
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
      nodeInfo: z.object({ kubeletVersion: z.string().default('') }).prefault({}),
    })
    .prefault({}),
});
const list = z.object({ items: z.array(nodeObject) });

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane';
/** Which operation cordoned a node, so that nobody else's cordon is ever taken back. */
const CORDONED_BY = 'clusterdeck/cordoned-by';
/** https://docs.k3s.io/cli/server: k3s takes the member of a node so marked out of its etcd */
const REMOVE = 'etcd.k3s.cattle.io/remove';
const REMOVED = 'etcd.k3s.cattle.io/removed-node-name';
/** under which name etcd knows the node's member */
const MEMBER = 'etcd.k3s.cattle.io/node-name';

const ACT_MS = 10_000;

/** A node of Kubernetes, with the name of its member in the etcd of k3s, '' where it has none. */
export type MachineOfKube = KubeMachine & { member: string };

/** The nodes of Kubernetes as an operation looks at them and changes them. Nothing is repeated. */
export class KubeMachines {
  readonly #client: KubeClient;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** @throws Failure of the API */
  async list(signal: AbortSignal): Promise<MachineOfKube[]> {
    const path = '/api/v1/nodes';
    const found = list.safeParse(await this.#client.json({ path, deadlineMs: ACT_MS, signal }));
    if (!found.success) {
      throw fail('BAD_RESPONSE', { remedy: 'Check that the versions fit.', path });
    }
    return found.data.items.map(({ metadata, spec, status }) => {
      const { annotations } = metadata;
      const isAsked = annotations[REMOVE] === 'true';
      const isDone = REMOVED in annotations;
      return {
        name: metadata.name,
        ready: isTrue(status.conditions),
        cordoned: spec.unschedulable,
        cordonedBy: annotations[CORDONED_BY] ?? '',
        isServer: CONTROL_PLANE in metadata.labels,
        version: status.nodeInfo.kubeletVersion,
        removal: isDone ? ('done' as const) : isAsked ? ('asked' as const) : ('none' as const),
        member: annotations[MEMBER] ?? '',
      };
    });
  }

  /** One that somebody else cordoned is left as it is. */
  async cordon(name: string, operation: string, signal: AbortSignal): Promise<void> {
    if ((await this.#need(name, signal)).cordoned) return;
    await this.#patch(
      name,
      {
        metadata: { annotations: { [CORDONED_BY]: operation } },
        spec: { unschedulable: true },
      },
      signal,
    );
  }

  /** Only where this operation cordoned it; one that is gone needs nothing. */
  async uncordon(name: string, operation: string, signal: AbortSignal): Promise<void> {
    const found = (await this.list(signal)).find((one) => one.name === name);
    if (found?.cordonedBy !== operation) return;
    await this.#patch(
      name,
      { metadata: { annotations: { [CORDONED_BY]: null } }, spec: { unschedulable: false } },
      signal,
    );
  }

  /** Asks k3s to take its member out of etcd. */
  async askRemoval(name: string, signal: AbortSignal): Promise<void> {
    if ((await this.#need(name, signal)).removal !== 'none') return;
    await this.#patch(name, { metadata: { annotations: { [REMOVE]: 'true' } } }, signal);
  }

  async delete(name: string, signal: AbortSignal): Promise<void> {
    const path = `/api/v1/nodes/${name}`;
    const answer = await this.#client.ask({ method: 'DELETE', path, deadlineMs: ACT_MS, signal });
    const isGone = answer.status === 404 || (answer.status >= 200 && answer.status < 300);
    if (isGone) return;
    const { status } = answer;
    const remedy = 'Look at the log of k3s, then retry.';
    throw fail('SERVER_ERROR', { remedy, status, node: name }, 'Kubernetes keeps the node.');
  }

  async #need(name: string, signal: AbortSignal): Promise<MachineOfKube> {
    const found = (await this.list(signal)).find((one) => one.name === name);
    if (found !== undefined) return found;
    const remedy = 'Look at the nodes of Kubernetes: kubectl get nodes';
    throw fail('NOT_FOUND', { remedy, node: name }, `Kubernetes knows no node ${name}.`);
  }

  async #patch(name: string, body: object, signal: AbortSignal): Promise<void> {
    const path = `/api/v1/nodes/${name}`;
    await this.#client.json({ method: 'PATCH', path, body, deadlineMs: ACT_MS, signal });
  }
}
