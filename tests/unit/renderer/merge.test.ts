import { describe, expect, it } from 'vitest';
import { mergeParties } from '#shared/contract/agent/merge';
import type { OperationStep } from '#shared/contract/agent/operations';
import { placeKey } from '#shared/contract/cluster-operations';
import type { JobRow } from '#shared/contract/inventory';
import { ELM, mergeAnswer, OAK } from '#tests/support/merge-agents';
import { agentWork, clusterOf } from '#tests/support/rows';
import { crossedCount, crossingsOf } from '../../../renderer/features/merge/crossings';
import { gainingJobs, losingJobs } from '../../../renderer/features/merge/merge-jobs';
import { takenUp } from '../../../renderer/features/merge/merged';
import { isoSteps, templateSteps } from '../../../renderer/features/merge/move-steps';
import { onceEach } from '../../../renderer/features/operations/once-each';

const parties = mergeParties.parse(mergeAnswer(0).operation.params);

/** Where b2 and b1 are when the steps of the merge stand so. */
function places(changes: Record<string, Partial<OperationStep>>, state = 'running' as const) {
  const { operation } = mergeAnswer(0);
  const steps = operation.steps.map((step) => ({
    ...step,
    state: 'pending' as const,
    waiting_on: null,
    ...changes[step.id],
  }));
  return crossingsOf({ state, steps }, parties).map(({ name, place, word }) => [name, place, word]);
}

describe('the lanes of a merge', () => {
  it('have the canary first and the anchor last', () => {
    const { operation } = mergeAnswer(0);
    expect(crossingsOf(operation, parties).map(({ name, mark }) => [name, mark])).toEqual([
      ['b2', 'canary'],
      ['b1', 'anchor'],
    ]);
  });

  it('show each node on the side where it is', () => {
    expect(places({})).toEqual([
      ['b2', 'losing', 'waits'],
      ['b1', 'losing', 'waits'],
    ]);
    expect(places({ 'empty-b2': { state: 'intent' } })[0]).toEqual([
      'b2',
      'losing',
      'is being emptied',
    ]);
    const moving = { 'empty-b2': { state: 'done' }, 'cross-b2': { state: 'intent' } } as const;
    expect(places(moving)[0]).toEqual(['b2', 'between', 'crosses over']);
    expect(places({ ...moving, 'cross-b2': { state: 'done' } })).toEqual([
      ['b2', 'gaining', 'crossed over'],
      ['b1', 'losing', 'waits'],
    ]);
    expect(places({ 'cross-b2': { state: 'undoing' } })[0]).toEqual(['b2', 'between', 'goes back']);
    expect(places({ 'cross-b2': { state: 'undone' } })[0]).toEqual(['b2', 'losing', 'back']);
    expect(places({ 'cross-b2': { state: 'skipped' } })[0]).toEqual(['b2', 'losing', 'left out']);
  });

  it('say why a node stands still', () => {
    const { operation } = mergeAnswer(6, { state: 'stuck' });
    const steps = operation.steps.map((step) =>
      step.id === 'cross-b2' ? { ...step, error: 'munge fails' } : step,
    );
    const [b2] = crossingsOf({ state: 'stuck', steps }, parties);
    expect(b2).toMatchObject({ tone: 'bad', word: 'needs a decision', note: 'munge fails' });
    expect(crossedCount(crossingsOf(mergeAnswer(9).operation, parties))).toBe(2);
  });
});

const job = (id: string, changes: Partial<JobRow> = {}): JobRow => ({
  id: `job/${id}`,
  job: id,
  name: `job-${id}`,
  state: 'RUNNING',
  user: 'ada',
  partition: 'main',
  nodes: ['b2'],
  reason: '',
  cpus: 1,
  submittedAt: 1,
  startedAt: 2,
  ...changes,
});

describe('the jobs of both', () => {
  const carried = mergeAnswer(6, { notes: { carried: [{ id: '42', to: '12' }] } });
  const words = (lines: ReturnType<typeof losingJobs>) =>
    lines.map(({ id, word, isGone }) => [id, word, isGone]);

  it('tell of each job of the losing one exactly once, whether it runs, was carried or came since', () => {
    const now = [job('41'), job('99', { state: 'PENDING' })];
    expect(words(losingJobs(carried, parties, now))).toEqual([
      ['41', 'running', false],
      ['43', 'ended since', true],
      ['42', 'carried over as 12', true],
      ['99', 'pending', false],
    ]);
  });

  it('take a cancelled original of a carried job for carried', () => {
    const now = [job('41'), job('42', { state: 'CANCELLED' })];
    expect(words(losingJobs(carried, parties, now))).toContainEqual([
      '42',
      'carried over as 12',
      true,
    ]);
  });

  it('claim no end of what nobody can be asked for', () => {
    expect(words(losingJobs(mergeAnswer(1), parties, null))).toEqual([
      ['41', 'was running', false],
      ['43', 'was pending', false],
      ['42', 'was pending', false],
    ]);
  });

  it('name a carried job that the plan did not know', () => {
    const late = mergeAnswer(6, { notes: { carried: [{ id: '50', to: '13' }] } });
    expect(words(losingJobs(late, parties, []))).toContainEqual(['50', 'carried over as 13', true]);
  });

  it('put those that came over first at the one that stays', () => {
    const lines = gainingJobs(carried, parties, [job('11'), job('12', { state: 'PENDING' })]);
    expect(lines.map(({ id, note }) => [id, note])).toEqual([
      ['12', '42 in elm'],
      ['11', ''],
    ]);
  });
});

describe('an operation that two cards tell of', () => {
  const merge = { gaining: OAK, losing: ELM, cards: ['elm-card'] };
  it('is listed once, by the card of the one that stays', () => {
    const own = agentWork({ uuid: 'elm-card', kind: 'merge', merge });
    const better = agentWork({ uuid: 'oak-card', kind: 'merge', merge });
    expect(onceEach([own, better])).toEqual([better]);
    expect(onceEach([better, own])).toEqual([better]);
    expect(onceEach([own])).toEqual([own]);
  });
});

describe('the steps by hand for Proxmox', () => {
  const to = {
    endpoints: [{ host: 'fd00::1', port: 8006, pin: null }],
    templateStorage: "ann's disks",
    isoStorage: null,
    defaultStorage: null,
  };
  const template = { vmid: 900, kind: 'qemu' as const, node: 'pve1', name: 'debian' };

  it('take a number that is free there, and quote what a shell would read otherwise', () => {
    const steps = templateSteps(template, to, new Set([900, 901]));
    expect(steps.map(({ command }) => command)).toEqual([
      'vzdump 900 --dumpdir /var/lib/vz/dump --mode stop --compress zstd',
      'rsync --partial --progress /var/lib/vz/dump/vzdump-qemu-900-*.zst root@[fd00::1]:/var/lib/vz/dump/',
      "qmrestore /var/lib/vz/dump/vzdump-qemu-900-*.vma.zst 902 --storage 'ann'\\''s disks' --unique 1",
    ]);
    expect(steps[2]?.title).toContain('900 is taken there');
  });

  it('keep the number that is free, and know containers', () => {
    const [, , restore] = templateSteps({ ...template, kind: 'lxc' }, to, new Set());
    expect(restore?.command).toMatch(/^pct restore 900 /);
    expect(isoSteps(to)[1]?.command).toContain('root@[fd00::1]:');
  });
});

describe('a card of a cluster that was taken up', () => {
  const merge = { gaining: OAK, losing: ELM, cards: ['elm-card'] };
  const showing = (id: string) => ({ state: 'active' as const, stale: false, clusteros: { id } });
  const state = (shows: typeof OAK, changes: Parameters<typeof agentWork>[0] = {}) => {
    const operation = agentWork({
      uuid: 'oak-card',
      kind: 'merge',
      state: 'done',
      merge,
      ...changes,
    });
    return {
      clusters: new Map(['oak-card', 'elm-card'].map((uuid) => [uuid, clusterOf(uuid)])),
      live: new Map([
        ['oak-card', showing(OAK.uuid)],
        ['elm-card', showing(shows.uuid)],
      ]),
      clusterOperations: new Map([[placeKey(operation), operation]]),
    };
  };

  it('says into which, and leads to the card that stays', () => {
    const taken = takenUp(state(OAK), 'elm-card');
    expect(taken).toMatchObject({ into: 'oak', card: { uuid: 'oak-card' } });
    expect(takenUp(state(OAK), 'oak-card')).toBeUndefined();
  });

  it('says nothing where it was taken back, or goes on with a node that was left out', () => {
    expect(takenUp(state(OAK, { state: 'undone' }), 'elm-card')).toBeUndefined();
    expect(takenUp(state(ELM), 'elm-card')).toBeUndefined();
    expect(takenUp(state(ELM, { state: 'running' }), 'elm-card')).toBeDefined();
  });
});
