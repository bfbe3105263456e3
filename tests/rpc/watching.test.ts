import { expect, test } from 'vitest';
import { withDeck } from '#tests/support/deck';
import { MemoryKeychain, testPorts } from '#tests/support/ports';
import { withLab } from '#tests/support/pve';

test('three clusters of different releases are polled and told with rows, totals and version', async () => {
  const lab = await withLab();
  const { client } = await withDeck(lab);
  const lives = await client.inventory.poll({});
  expect(lives.map((live) => [live.state, live.version])).toEqual([
    ['active', '9.2.11'],
    ['active', expect.stringMatching(/^8\.4/)],
    ['active', expect.stringMatching(/^7\.4/)],
  ]);
  const [main] = await client.inventory.query({ cluster: 'prod-main' });
  expect(main?.nodes).toHaveLength(3);
  expect(main?.guests).toHaveLength(60);
  expect(main?.live.quorate).toBe(true);
  expect(main?.live.totals?.nodes).toEqual({ online: 3, offline: 0, unknown: 0 });
});

test('a host that refuses keeps its data with their age, and others are untouched', async () => {
  const lab = await withLab();
  const { client } = await withDeck(lab);
  const before = await client.inventory.poll({});
  await lab.cluster('student-lab').refuseConnections();
  const after = await client.inventory.poll({});
  expect(after.map((live) => live.state)).toEqual(['active', 'unavailable', 'active']);
  expect(after[1]).toMatchObject({
    asOf: before[1]?.asOf,
    failure: { code: 'CONNECTION_REFUSED' },
    problems: [{ severity: 'bad', action: 'retry' }],
  });
  const [answer] = await client.inventory.query({ cluster: 'student-lab' });
  expect(answer?.guests.length).toBeGreaterThan(0);
  await lab.cluster('student-lab').acceptConnections();
  expect(await client.inventory.poll({ cluster: 'student-lab' })).toMatchObject([
    { state: 'active', failure: null, problems: [] },
  ]);
});

test('a node that goes away is told with its guests, and lost quorum comes before it', async () => {
  const lab = await withLab();
  const { client } = await withDeck(lab);
  await client.inventory.poll({ cluster: 'prod-main' });
  const main = lab.cluster('prod-main');
  await main.nodeOffline('pve-03');
  const [one] = await client.inventory.poll({ cluster: 'prod-main' });
  expect(one).toMatchObject({ state: 'active', quorate: true });
  expect(one?.problems[0]).toMatchObject({
    title: 'Node pve-03 does not answer',
    detail: expect.stringMatching(/^Last seen \d\d:\d\d/),
    node: 'pve-03',
  });
  await main.nodeOffline('pve-02');
  const [two] = await client.inventory.poll({ cluster: 'prod-main' });
  expect(two?.quorate).toBe(false);
  expect(two?.problems[0]).toMatchObject({ severity: 'bad', title: 'The cluster has no quorum' });
  expect(two?.totals?.nodes).toEqual({ online: 1, offline: 2, unknown: 0 });
});

test.each([
  ['a web page', { kind: 'sendHtml' }, 'NOT_PROXMOX'],
  ['malformed JSON', { kind: 'malformedJson' }, 'BAD_RESPONSE'],
  ['a connection closed midway', { kind: 'closeMidway' }, 'UNREACHABLE'],
] as const)('%s is a typed state with a remedy', async (_name, fault, code) => {
  const lab = await withLab();
  const { client } = await withDeck(lab);
  await client.inventory.poll({ cluster: 'student-lab' });
  lab.cluster('student-lab').inject(fault, { path: '/cluster/resources' });
  const [live] = await client.inventory.poll({ cluster: 'student-lab' });
  expect(live).toMatchObject({ state: 'unavailable', failure: { code } });
  expect(live?.failure?.data.remedy).toMatch(/\.$/);
});

test('a changed certificate is told with both fingerprints and the button that compares', async () => {
  const lab = await withLab();
  const { client } = await withDeck(lab);
  await client.inventory.poll({ cluster: 'student-lab' });
  const pinned = lab.cluster('student-lab').endpoint.fingerprint;
  await lab.cluster('student-lab').swapCertificate('changed');
  const [live] = await client.inventory.poll({ cluster: 'student-lab' });
  expect(live).toMatchObject({
    state: 'untrustedCertificate',
    failure: { code: 'TLS_CHANGED', data: { pinned } },
    problems: [{ title: 'The certificate changed', action: 'compare' }],
  });
});

test('after a restart without a network the deck shows what was last known, with its age', async () => {
  const lab = await withLab();
  const ports = testPorts({ protectors: [new MemoryKeychain()] });
  const first = await withDeck(lab, ports);
  const [known] = await first.client.inventory.poll({ cluster: 'prod-main' });
  await first.core.close();
  await lab.cluster('prod-main').refuseConnections();
  const second = await withDeck(undefined, ports);
  const [answer] = await second.client.inventory.query({ cluster: 'prod-main' });
  expect(answer).toMatchObject({
    asOf: known?.asOf,
    live: { state: 'notConnected', version: '9.2.11', quorate: true, totals: known?.totals },
  });
  expect(answer?.guests).toHaveLength(60);
  expect(answer?.live.spark.cpu.at(-1)).toBeCloseTo(known?.spark.cpu.at(-1) ?? -1, 3);
  const [live] = await second.client.inventory.poll({ cluster: 'prod-main' });
  expect(live).toMatchObject({ state: 'unavailable', asOf: known?.asOf });
});
