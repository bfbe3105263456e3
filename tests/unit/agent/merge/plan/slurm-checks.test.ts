import { job } from '#tests/support/merge-plan';
import { type Case, jobs, kube, memberOf, node, prove, slurmOf } from './cases';

const SLURM: Case[] = [
  [
    'no SLURM to go to',
    ({ alpha }) => {
      alpha.slurm = null;
    },
    'slurm',
    'failed',
    /alpha has none/,
    /stays/,
  ],
  [
    'no controller to go to',
    ({ alpha }) => {
      slurmOf(alpha).controllers = ['nobody'];
    },
    'slurm',
    'failed',
    /controller's node/,
    /handoff/,
  ],
  [
    'another release',
    node('b2', { slurmVersion: '23.11.4' }),
    'slurm-version',
    'failed',
    /b2 has 23\.11\.4/,
    /Install SLURM 22\.05\.8/,
  ],
  [
    'another patch',
    node('b2', { slurmVersion: '22.05.9' }),
    'slurm-version',
    'warning',
    /22\.05\.9/,
    /Install/,
  ],
  [
    'no room for more nodes',
    ({ alpha }) => {
      slurmOf(alpha).maxNodes = 2;
    },
    'capacity',
    'failed',
    /takes 2 nodes, and would have 3/,
    /MaxNodeCount=3/,
  ],
  [
    'numbers given out twice, which is told and not refused',
    ({ beta }) => {
      slurmOf(beta).firstJobId = 100_050;
      slurmOf(beta).lastJobId = 100_060;
      jobs(beta, job('100060'));
    },
    'jobids',
    'warning',
    /between 100050 and 100060\. 1 pending job gets a new number/,
    /Nothing has to be done/,
  ],
  [
    'a partition that means something else',
    ({ alpha, beta }) => {
      slurmOf(alpha).extra = ['PartitionName=batch Nodes=ALL MaxTime=1:00:00'];
      slurmOf(beta).extra = ['PartitionName=batch Nodes=ALL MaxTime=2:00:00'];
    },
    'partitions',
    'warning',
    /batch has other settings in alpha/,
    /PartitionName/,
  ],
  [
    'a partition limited only there',
    ({ alpha }) => {
      slurmOf(alpha).extra = ['PartitionName=batch Nodes=ALL MaxTime=1:00:00'];
    },
    'partitions',
    'warning',
    /batch has other settings/,
    /mean the change/,
  ],
  [
    'a partition whose settings would be lost',
    ({ beta }) => {
      slurmOf(beta).extra = ['PartitionName=gpu Nodes=ALL MaxTime=2:00:00'];
      slurmOf(beta).partitions.push({ name: 'gpu', state: 'up' });
    },
    'partitions-lost',
    'warning',
    /gpu of beta would lose its settings/,
    /controllers of alpha/,
  ],
  [
    'a partition that takes no jobs now',
    ({ alpha, beta }) => {
      slurmOf(alpha).partitions = [{ name: 'batch', state: 'down' }];
      jobs(beta, job('8'));
    },
    'partitions-closed',
    'failed',
    /batch of alpha takes no jobs/,
    /State=UP/,
  ],
  [
    'an account that would be refused',
    ({ alpha, beta }) => {
      slurmOf(alpha).accounting = 'accounting_storage/slurmdbd';
      slurmOf(alpha).accounts = ['root'];
      jobs(beta, job('8', { account: 'physics' }));
    },
    'accounts',
    'failed',
    /does not know physics/,
    /sacctmgr -i add account physics cluster=alpha_/,
  ],
  [
    'an account nobody needs now',
    ({ alpha, beta }) => {
      slurmOf(alpha).accounting = 'accounting_storage/slurmdbd';
      slurmOf(beta).accounting = 'accounting_storage/slurmdbd';
      slurmOf(beta).accounts = ['physics'];
    },
    'accounts',
    'warning',
    /physics, which has no pending jobs/,
    /sacctmgr/,
  ],
  [
    'limits that no longer count',
    ({ beta }) => {
      slurmOf(beta).accounting = 'accounting_storage/slurmdbd';
    },
    'accounts',
    'warning',
    /takes jobs of every account/,
    /slurmdbd/,
  ],
  [
    'jobs that run',
    ({ beta }) => jobs(beta, job('7', { state: 'RUNNING', nodes: ['b2'] })),
    'running',
    'warning',
    /1 job runs/,
    /none is cancelled/,
  ],
  [
    'jobs that cannot be carried over',
    ({ beta }) => jobs(beta, job('9', { stays: 'It is interactive.' })),
    'left',
    'warning',
    /1 job cannot: 9\. 9: It is interactive\./,
    /left_jobs/,
  ],
  [
    'another number of a user who waits',
    (two) => {
      jobs(two.beta, job('8'));
      two.nodes.set('a2', {
        users: { slurm: { uid: 64030, gid: 64030 }, ada: { uid: 1005, gid: 1000 } },
      });
    },
    'users',
    'failed',
    /ada \(1000 in beta\) is another one on a2 of alpha/,
    /same numbers/,
  ],
  [
    'a user who waits and is missing',
    (two) => {
      jobs(two.beta, job('8'));
      two.nodes.set('a2', { users: { slurm: { uid: 64030, gid: 64030 }, ada: null } });
    },
    'users',
    'failed',
    /ada .* is missing on a2/,
    /directory service/,
  ],
  [
    'a user who only runs',
    (two) => {
      jobs(two.beta, job('7', { state: 'RUNNING', nodes: ['b2'] }));
      two.nodes.set('a2', { users: { slurm: { uid: 64030, gid: 64030 }, ada: null } });
    },
    'users',
    'warning',
    /ada/,
    /same numbers/,
  ],
  [
    'a user of the gaining one who is missing on a node that crosses',
    (two) => {
      jobs(two.alpha, job('7', { user: 'bob', uid: 1001, gid: 1001 }));
      two.nodes.set('b2', { users: { slurm: { uid: 64030, gid: 64030 }, bob: null } });
    },
    'users-gaining',
    'failed',
    /bob \(1001 in alpha\) is missing on b2 of beta/,
    /same numbers/,
  ],
  [
    'more users than can be asked for',
    ({ beta }) => jobs(beta, job('7', { user: 'zoe', uid: 1009, state: 'RUNNING', nodes: ['b2'] })),
    'users',
    'warning',
    /1 user could not be compared/,
    /getent passwd/,
  ],
  [
    'another SlurmUser',
    node('b2', { users: { slurm: { uid: 501, gid: 501 } } }),
    'slurm-user',
    'failed',
    /64030:64030 in alpha, but not on b2/,
    /64030:64030/,
  ],
];

const KUBE: Case[] = [
  [
    'a k3s of its own',
    ({ beta }) => {
      memberOf(beta, 'b1').roles.push('k3s-server');
      beta.k3s = kube({ servers: ['b1'], namespaces: ['default', 'web'] });
    },
    'k3s-servers',
    'failed',
    /b1 is a server of its own k3s\. Namespaces there: web/,
    /roles\.k3s-server off on b1/,
  ],
  [
    'namespaces of one name',
    ({ alpha, beta }) => {
      memberOf(beta, 'b1').roles.push('k3s-server');
      alpha.k3s = kube({ namespaces: ['default', 'web'] });
      beta.k3s = kube({ servers: ['b1'], namespaces: ['default', 'web'] });
    },
    'namespaces',
    'warning',
    /Both clusters have web/,
    /another namespace/,
  ],
  [
    'an agent without a server to join',
    ({ beta }) => memberOf(beta, 'b2').roles.push('k3s-agent'),
    'k3s-agents',
    'warning',
    /b2 would wait/,
    /k3s-server/,
  ],
  [
    'a kubelet newer than its server',
    (two) => {
      two.alpha.k3s = kube();
      memberOf(two.beta, 'b2').roles.push('k3s-agent');
      two.nodes.set('b2', { k3sVersion: 'v1.32.0+k3s1' });
    },
    'k3s-version',
    'failed',
    /b2 has v1\.32\.0/,
    /Install k3s v1\.31\.4/,
  ],
  [
    'a node within the addresses of pods',
    ({ alpha, beta }) => {
      alpha.k3s = kube();
      memberOf(beta, 'b2').address = '10.42.7.1';
    },
    'cidr',
    'failed',
    /b2 lies within/,
    /outside of both/,
  ],
];

prove([...SLURM, ...KUBE]);
