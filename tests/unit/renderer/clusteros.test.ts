import { describe, expect, it } from 'vitest';
import type { ClusterLive, ClusterosLive, JobRow, MemberRow } from '#shared/contract/inventory';
import {
  jobTarget,
  lackOfRole,
  nodeTarget,
  planSlurm,
} from '../../../renderer/features/clusteros/slurm-actions';
import {
  componentWord,
  jobState,
  leaderWord,
  memberState,
  podState,
  shownLeaders,
  stateWord,
} from '../../../renderer/features/clusteros/words';
import { jobWork } from '../../../renderer/features/deck/job-work';

const job = (changes: Partial<JobRow> = {}): JobRow => ({
  id: 'job/1042',
  job: '1042',
  name: 'fold',
  state: 'PENDING',
  user: 'ada',
  partition: 'batch',
  nodes: [],
  reason: 'Resources',
  cpus: 4,
  submittedAt: 0,
  startedAt: null,
  ...changes,
});
const member = (changes: Partial<MemberRow> = {}): MemberRow => ({
  id: 'member/a1',
  node: 'a1',
  nodeId: 'id-a1',
  status: 'alive',
  address: '10.0.0.1',
  tailscaleIp: '',
  roles: ['slurm-worker'],
  leaderOf: [],
  authenticated: true,
  fingerprint: '',
  apiPort: 9090,
  arch: 'amd64',
  gpus: 0,
  lastSeen: null,
  joinedAt: 0,
  slurmState: 'idle',
  drain: 'none',
  drainReason: '',
  cpus: 8,
  cpusAllocated: 0,
  partitions: ['batch'],
  runningJobs: 0,
  ...changes,
});
const own = (changes: Partial<ClusterosLive> = {}): ClusterosLive => ({
  id: 'c',
  region: '',
  datacenter: '',
  createdAt: 0,
  node: 'a1',
  leaders: [
    { role: 'slurm-controller', node: 'a1', epoch: 2 },
    { role: 'k3s-server', node: null, epoch: null },
    { role: 'raft', node: 'a2', epoch: null },
  ],
  state: 'ok',
  rights: 'operator',
  jobs: { running: 0, waiting: 0, other: 0, total: 0 },
  pods: { running: 0, waiting: 0, failed: 0, total: 0 },
  drained: 0,
  gpus: 0,
  components: [
    { name: 'slurm controller', status: 'running', message: '' },
    { name: 'k3s server', status: 'stopped', message: '' },
  ],
  staleReason: null,
  ...changes,
});
const live = (clusteros: ClusterosLive | null): ClusterLive => ({
  uuid: 'u',
  state: 'active',
  failure: null,
  version: '0.1.0',
  clusterName: 'forge',
  quorate: true,
  standalone: false,
  totals: null,
  clusteros,
  problems: [],
  asOf: 0,
  stale: false,
  nextAttemptAt: null,
  endpoint: null,
  latencyMs: null,
  callsPerMinute: 0,
  spark: { cpu: [], memory: [], storage: [] },
});
const open = { clusterId: 'forge', protected: false };
const guarded = { clusterId: 'forge', protected: true };

describe('what can be done with jobs and nodes', () => {
  it('holds what waits, releases what is held, cancels what is not over', () => {
    const against = (action: 'hold' | 'release' | 'cancel', changes: Partial<JobRow>) =>
      jobTarget(action, job(changes)).against;
    expect(against('hold', {})).toBeNull();
    expect(against('hold', { reason: 'JobHeldUser' })).toBe('held already');
    expect(against('hold', { state: 'RUNNING' })).toBe('running already');
    expect(against('release', { reason: 'JobHeldAdmin' })).toBeNull();
    expect(against('release', {})).toBe('not held');
    expect(against('cancel', { state: 'RUNNING' })).toBeNull();
    expect(against('cancel', { state: 'SUSPENDED' })).toBeNull();
    for (const state of ['COMPLETING', 'COMPLETED', 'CANCELLED', 'TIMEOUT']) {
      expect(against('cancel', { state })).toBe('over already');
    }
  });

  it('drains what takes jobs and resumes what is drained or down', () => {
    expect(nodeTarget('drain', member()).against).toBeNull();
    expect(nodeTarget('drain', member({ drain: 'drained' })).against).toBe('drained already');
    expect(nodeTarget('drain', member({ drain: null })).against).toBe('no SLURM worker');
    expect(nodeTarget('resume', member({ drain: 'draining' })).against).toBeNull();
    expect(nodeTarget('resume', member({ slurmState: 'down' })).against).toBeNull();
    expect(nodeTarget('resume', member()).against).toBe('takes jobs already');
  });

  it('asks for the id of a protected cluster only where work can be lost', () => {
    const waits = [jobTarget('cancel', job())];
    expect(planSlurm('cancel', waits, guarded).typeToConfirm).toBe('forge');
    expect(planSlurm('cancel', waits, open).typeToConfirm).toBeNull();
    expect(planSlurm('hold', [jobTarget('hold', job())], guarded).typeToConfirm).toBeNull();
  });

  it('leaves alone what the action does not suit, and counts why', () => {
    const selected = [job(), job({ state: 'RUNNING' }), job({ state: 'RUNNING' })].map((one) =>
      jobTarget('hold', one),
    );
    const plan = planSlurm('hold', selected, open);
    expect(plan.targets).toHaveLength(1);
    expect(plan.leftAlone).toEqual([{ reason: 'running already', count: 2 }]);
    expect(planSlurm('hold', selected.slice(1), open).refusal).toContain('None of');
    const many = Array.from({ length: 501 }, () => jobTarget('cancel', job()));
    expect(planSlurm('cancel', many, open).refusal).toContain('at most 500');
  });

  it('holds the lack of a role against nobody while it is not known', () => {
    expect(lackOfRole(null)).toBeNull();
    expect(lackOfRole(own())).toBeNull();
    expect(lackOfRole(own({ rights: 'viewer' }))).toContain('operator');
  });
});

describe('the words of a ClusterOS cluster', () => {
  it('misses no leader of a role that nobody has', () => {
    expect(shownLeaders(own()).map(({ role }) => role)).toEqual(['slurm-controller', 'raft']);
    const withK3s = own({ components: [{ name: 'k3s server', status: 'error', message: '' }] });
    expect(shownLeaders(withK3s).map(({ role }) => role)).toContain('k3s-server');
  });

  it('names the leader, or says in so many words that there is none', () => {
    expect(leaderWord(live(own()))).toEqual({ text: 'leader a1', bad: false });
    const [, ...others] = own().leaders;
    const orphan = own({
      leaders: [{ role: 'slurm-controller', node: null, epoch: null }, ...others],
    });
    expect(leaderWord(live(orphan))).toEqual({ text: 'no SLURM controller', bad: true });
    expect(leaderWord(live(null))).toBeNull();
  });

  it('says what is wrong with the shared state, and nothing while it is well', () => {
    expect(stateWord(live(own()))).toBeNull();
    expect(stateWord(live(own({ state: 'read-only' })))).toBe('no quorum, read only');
  });

  it('calls parts by the names people know', () => {
    expect(componentWord('slurm controller')).toBe('SLURM controller');
    expect(componentWord('tailscale')).toBe('tailscale');
  });

  it('does not call a node online that nobody can ask, nor one that proved nothing', () => {
    expect(memberState(member(), false).word).toBe('online');
    expect(memberState(member(), true).word).toBe('was online');
    expect(memberState(member({ authenticated: false }), false).tone).toBe('bad');
  });

  it('tells held jobs from waiting ones and failed from finished ones', () => {
    expect(jobState(job())).toEqual({ tone: 'warning', word: 'pending' });
    expect(jobState(job({ reason: 'JobHeldUser' })).word).toBe('held');
    expect(jobState(job({ state: 'COMPLETED' })).tone).toBe('ok');
    expect(jobState(job({ state: 'NODE_FAIL' }))).toEqual({ tone: 'bad', word: 'node fail' });
  });

  it('does not call a pod well that runs without being ready', () => {
    expect(podState({ phase: 'Running', ready: true }).tone).toBe('ok');
    expect(podState({ phase: 'Running', ready: false })).toEqual({
      tone: 'warning',
      word: 'not ready',
    });
    expect(podState({ phase: 'Succeeded', ready: false }).tone).toBe('ok');
  });

  it('says how many jobs run and wait, in the past where the data are old', () => {
    const jobs = { running: 12, waiting: 5, other: 1, total: 18 };
    const sentence = ({ figure, words }: ReturnType<typeof jobWork>) => `${figure}${words}`;
    expect(sentence(jobWork(jobs, false))).toBe('12 jobs run, 5 wait');
    expect(sentence(jobWork(jobs, true))).toBe('12 jobs ran, 5 waited');
    const one = { running: 1, waiting: 1, other: 0, total: 2 };
    expect(sentence(jobWork(one, false))).toBe('1 job runs, 1 waits');
    const none = { running: 0, waiting: 0, other: 0, total: 0 };
    expect(sentence(jobWork(none, false))).toBe('no jobs');
  });
});
