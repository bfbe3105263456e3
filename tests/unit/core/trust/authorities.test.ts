import { expect, test } from 'vitest';
import { ClusterosClients } from '#electron/core/agents/clients';
import { Clients } from '#electron/core/pve/clients';
import { machineAuthorities } from '#electron/core/trust/authorities';
import { ConnectionTest } from '#electron/core/trust/connection-test';
import { testSubjects } from '#electron/core/trust/subjects';
import type { TestResult } from '#shared/contract/connection';
import { fail } from '#shared/contract/errors';
import { FakeClock } from '#tests/support/fake-clock';
import { withLab } from '#tests/support/pve';

/** A connection test on a machine that trusts the given authority beside its own. */
function testerTrusting(pem: string): ConnectionTest {
  const absent = () => {
    throw fail('NOT_FOUND', { remedy: 'none' });
  };
  const trust = machineAuthorities([pem]);
  const clusters = { list: () => [], get: absent, find: absent };
  const secrets = { open: () => Promise.resolve(null) };
  const changes = { subscribe: () => () => {} };
  const clock = new FakeClock(Date.now());
  const options = { clusters, secrets, changes, trust, clock };
  const clients = new Clients(options);
  const agents = new ClusterosClients(options);
  return new ConnectionTest(testSubjects({ clusters, clients, agents }), trust);
}

test.each([
  ['expired', 'The certificate has expired.'],
  ['wrongHost', 'The certificate was made for another name.'],
] as const)(
  'with authorities to verify against, a certificate that is %s fails',
  async (swap, message) => {
    const lab = await withLab({ clusters: 1 });
    const cluster = lab.cluster('prod-main');
    const tester = testerTrusting(cluster.authorityPem);
    const { host, port } = cluster.endpoint;
    const draft = {
      kind: 'proxmox' as const,
      endpoints: [{ host, port, pin: null }],
      authKind: 'password' as const,
      user: 'ada@pve',
      tokenId: null,
      verify: 'ca' as const,
      secret: cluster.user('ada@pve').password,
    };
    const run = async (): Promise<TestResult> => {
      for await (const event of tester.run({ draft }, new AbortController().signal)) {
        if (event.type === 'done') return event.result;
      }
      throw new Error('no verdict');
    };
    expect(await run()).toMatchObject({ ok: true });
    cluster.resetCounters();
    await cluster.swapCertificate(swap);
    const result = await run();
    expect([result.message, result.stages[2]?.code]).toEqual([message, 'TLS_INVALID']);
    expect(result.stages[2]?.certificate?.trustedByCa).toBe(false);
    expect(cluster.requests()).toEqual([]);
  },
);
