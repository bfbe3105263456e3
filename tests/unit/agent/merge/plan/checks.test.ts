import { expect, test } from 'vitest';
import { BETA, TwoClusters } from '#tests/support/merge-plan';
import { type Case, checksOf, memberOf, node, prove, slurmOf } from './cases';

const CLUSTERS: Case[] = [
  [
    'the other one does not allow it (any more)',
    ({ beta }) => beta.pacts.splice(0),
    'pact',
    'failed',
    /beta does not let alpha call it/,
    /node-agent merge --with/,
  ],
  [
    'a node came after they saw each other',
    (two) => {
      two.card = { ...cardNow(two), nodes: cardNow(two).nodes.slice(0, 1) };
    },
    'pact',
    'failed',
    /does not know b2/,
    /anew/,
  ],
  [
    'the other one does not know a node of this one',
    ({ beta }) => beta.pacts[0]?.nodes.pop(),
    'pact',
    'failed',
    /does not know a3/,
    /anew/,
  ],
  [
    'merging is off on a node',
    node('b2', { mergingEnabled: false }),
    'enabled',
    'failed',
    /b2/,
    /cluster\.merging\.enabled/,
  ],
  ['merging is off here', node('a3', { mergingEnabled: false }), 'enabled', 'failed', /a3/, /true/],
  [
    'merging was off when they saw each other',
    (two) => {
      two.cardEnabled = false;
    },
    'enabled',
    'failed',
    /beta/,
    /see each other anew/,
  ],
  [
    'the gaining one has no quorum',
    ({ alpha }) => {
      memberOf(alpha, 'a2').alive = false;
      memberOf(alpha, 'a3').alive = false;
    },
    'quorum-gaining',
    'failed',
    /1 of 3 voters/,
    /voters/,
  ],
  [
    'the losing one takes no changes',
    ({ beta }) => {
      beta.state.healthy = false;
    },
    'quorum-losing',
    'failed',
    /voters answer/,
    /quorum/,
  ],
  [
    'something is under way there',
    ({ beta }) => {
      beta.busy = 'b2 leaves';
    },
    'free',
    'failed',
    /b2 leaves/,
    /beta/,
  ],
  [
    'a merge holds it already',
    ({ beta }) => {
      beta.locked = 'some-operation';
    },
    'free',
    'failed',
    /holds beta/,
    /some-operation/,
  ],
  [
    'a state in a file of its own',
    node('b1', { stateKind: 'sqlite' }),
    'state',
    'failed',
    /b1/,
    /state\.kind/,
  ],
  [
    "the gaining state is one node's own",
    ({ alpha }) => {
      alpha.state.kind = 'sqlite';
    },
    'state',
    'failed',
    /a1/,
    /etcd/,
  ],
  [
    'an earlier merge can still be rolled back',
    node('b2', {
      kept: [
        { operation: 'earlier-one', cluster: { uuid: BETA, name: 'beta' }, at: 1, intact: true },
      ],
    }),
    'earlier',
    'failed',
    /b2/,
    /commit earlier-one/,
  ],
];

const NODES: Case[] = [
  [
    'a node of the losing one is away',
    ({ beta }) => {
      memberOf(beta, 'b2').alive = false;
    },
    'nodes',
    'failed',
    /b2 does not/,
    /forget b2/,
  ],
  [
    'a node of the gaining one is away',
    ({ alpha }) => {
      memberOf(alpha, 'a3').alive = false;
    },
    'nodes-gaining',
    'warning',
    /a3/,
    /Bring/,
  ],
  [
    'a network that does not reach',
    node('b2', { unreached: ['10.77.1.2:9090'] }),
    'reach',
    'failed',
    /b2 cannot reach 10\.77\.1\.2:9090/,
    /Open the way/,
  ],
  [
    'another agent',
    node('b2', { agentVersion: '0.9.0' }),
    'agents',
    'failed',
    /b2 has 0\.9\.0/,
    /same version/,
  ],
  [
    'a clock far off',
    (two) => two.nodes.set('b2', { now: two.alpha.now + 60_000 }),
    'clocks',
    'failed',
    /60\.0 s apart: look at b2/,
    /chrony/,
  ],
  [
    'a clock a little off',
    (two) => two.nodes.set('b2', { now: two.alpha.now - 2_000 }),
    'clocks',
    'warning',
    /2\.0 s/,
    /chrony/,
  ],
  [
    'no room for what is kept',
    node('b1', { keepBytes: 1024 ** 3, freeBytes: 1024 ** 3 }),
    'disk',
    'failed',
    /b1/,
    /1293 MiB/,
  ],
];

const NAMES: Case[] = [
  [
    'one name twice',
    ({ beta }) => {
      memberOf(beta, 'b2').name = 'A2';
    },
    'names',
    'failed',
    /a2/,
    /Rename a2/,
  ],
  ['one host name twice', node('b2', { hostName: 'a3.lab' }), 'names', 'failed', /a3/, /host name/],
  [
    'a name that a node which left still has',
    ({ alpha }) => alpha.takenNames.push('b2'),
    'names',
    'failed',
    /Nodes that left alpha still have b2/,
    /forget b2/,
  ],
  [
    'a copied disk',
    ({ alpha, beta }) => {
      memberOf(beta, 'b2').id = memberOf(alpha, 'a2').id;
    },
    'identities',
    'failed',
    /b2 and a2/,
    /empty identity\.state_dir/,
  ],
  [
    'one address twice',
    ({ beta }) => {
      memberOf(beta, 'b2').address = '10.77.1.3';
    },
    'addresses',
    'failed',
    /10\.77\.1\.3/,
    /networking\.address/,
  ],
  [
    'one ClusterName',
    ({ alpha, beta }) => {
      slurmOf(beta).clusterName = slurmOf(alpha).clusterName;
    },
    'clustername',
    'failed',
    /alpha_/,
    /another ClusterName/,
  ],
  [
    'one name for people',
    ({ beta }) => {
      beta.cluster.name = 'alpha';
    },
    'clustername',
    'warning',
    /0b0b0b0b is taken up/,
    /Look twice/,
  ],
];

function cardNow({ beta }: TwoClusters) {
  const { cluster, members, now } = beta;
  return {
    cluster: { uuid: cluster.uuid, name: cluster.name },
    founding: cluster.founding,
    created_at: cluster.createdAt,
    enabled: true,
    nodes: members.map((one) => ({
      ...one,
      api_port: one.apiPort,
      stable_since: one.stableSince,
    })),
    made_at: now,
  };
}

prove([...CLUSTERS, ...NODES, ...NAMES]);

test('a part of the same cluster is never merged', async () => {
  const two = new TwoClusters();
  two.beta.cluster.uuid = two.alpha.cluster.uuid;
  const found = (await checksOf(two)).find(({ id }) => id === 'foreign');
  expect(found).toMatchObject({ state: 'failed', remedy: expect.stringContaining('network') });
});

test('more nodes than the journal holds are refused', async () => {
  const nodes = Array.from({ length: 501 }, (_, n) => `b${n + 1}`);
  const found = await checksOf(new TwoClusters({}, { nodes }));
  expect(found.find(({ id }) => id === 'size')).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('501 nodes'),
  });
});

test('many nodes are told of in one line', async () => {
  const two = new TwoClusters({}, { nodes: Array.from({ length: 40 }, (_, n) => `b${n + 1}`) });
  for (const { name } of two.beta.members) two.nodes.set(name, { agentVersion: '0.9.0' });
  const check = (await checksOf(two)).find(({ id }) => id === 'agents');
  expect(check?.detail).toMatch(/^b1, b2, b3, b4, b5 and 35 more have 0\.9\.0/);
});
