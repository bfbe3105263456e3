import type { Page } from 'playwright-core';
import type { DemoClusterOs } from '#electron/demo/clusteros/cluster';
import { startTestHost, type TestHost } from '#tests/support/host';
import { HandoffPage } from '../pages/handoff-page';

/** The demo's ClusterOS cluster alone, with its nodes on the screen. */
export interface ForgeScreen {
  readonly host: TestHost;
  readonly forge: DemoClusterOs;
  readonly uuid: string;
  readonly page: Page;
  readonly screen: HandoffPage;
  /** the state of an operation, as the desk knows it */
  stateOf(id: string): Promise<string | undefined>;
}

/** @returns to be closed by its host */
export async function openForge(): Promise<ForgeScreen> {
  const host = await startTestHost({ lab: { clusters: 0, clusteros: 1, ambient: false } });
  const [forge] = host.lab.clusteros;
  if (forge === undefined) throw new Error('The demo has no ClusterOS cluster');
  const { uuid } = await host.client.clusters.get({ ref: 'forge' });
  await host.client.inventory.poll({});
  const page = await host.newPage({ at: '#/clusters/forge/nodes' });
  const stateOf = async (id: string) =>
    (await host.client.clusterOperations.get({ uuid, id })).answer?.operation.state;
  return { host, forge, uuid, page, screen: new HandoffPage(page), stateOf };
}
