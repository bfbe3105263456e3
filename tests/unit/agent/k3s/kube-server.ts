import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Logger } from '#agent/ports';
import { type KubeAccess, readAccess } from '#agent/roles/k3s/access';
import { KubeClient } from '#agent/roles/k3s/client';
import { type FakeKube, startFakeKube } from '#tests/support/kube';
import { sweptFolder } from '#tests/support/temp-folder';

export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A fake API server for one test. */
export async function withKube(): Promise<FakeKube> {
  const kube = await startFakeKube();
  onTestFinished(() => kube.close());
  return kube;
}

/** The access of whoever has this common name, as k3s would have written it. */
export async function accessTo(kube: FakeKube, commonName = 'system:admin'): Promise<KubeAccess> {
  const path = join(sweptFolder(), 'k3s.yaml');
  writeFileSync(path, await kube.kubeconfig(commonName));
  return await readAccess(path);
}

/** Our client with the access of whoever has this common name. */
export async function clientOf(kube: FakeKube, commonName?: string): Promise<KubeClient> {
  return clientWith(await accessTo(kube, commonName));
}

export function clientWith(access: KubeAccess): KubeClient {
  const client = new KubeClient(access);
  onTestFinished(() => client.close());
  return client;
}

export function pod(
  name: string,
  more: { namespace?: string; phase?: string; node?: string } = {},
) {
  const { namespace = 'default', phase = 'Running', node = 'a1' } = more;
  return {
    metadata: { name, namespace, labels: { app: name } },
    spec: { nodeName: node },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: phase === 'Running' ? 'True' : 'False' }],
      containerStatuses: [{ restartCount: 2 }, { restartCount: 1 }],
    },
  };
}

export function node(name: string, options: { ready?: boolean; server?: boolean } = {}) {
  const { ready = true, server = false } = options;
  return {
    metadata: {
      name,
      labels: server ? { 'node-role.kubernetes.io/control-plane': 'true' } : {},
    },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  };
}
