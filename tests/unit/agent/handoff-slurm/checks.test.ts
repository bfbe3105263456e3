import { expect, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import { checksOf } from '#agent/operations/handoff/slurm/checks';
import type { Procedure } from '#agent/operations/handoff/slurm/move';
import { changeRecord } from '#agent/operations/handoff/slurm/record';
import type { NodeLook, Survey } from '#agent/operations/handoff/slurm/survey';
import { CONFIG_KEY } from '#agent/roles/slurm/config';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import { member } from '#tests/support/agent';
import { slurmConfigWith } from '#tests/support/slurm-config';

const NOW = 1_800_000_000_000;
const MIB = 1024 * 1024;
const beat = (agoS: number) => String(NOW / 1000 - agoS);

type Depth = NonNullable<NodeLook['depth']>;

const config = slurmConfigWith({
  controllers: ['id-a1', 'id-a2'],
  stateSaveLocation: '/shared/slurmctld',
  shared: true,
  slurmUser: 'slurm',
  slurmctldTimeoutMs: 30_000,
  revision: 4,
});

const look = (depth: Partial<Depth> = {}, seen: Partial<NodeLook> = {}): NodeLook => ({
  daemon: 'running',
  message: '',
  isPortOpen: true,
  relayTo: null,
  revision: 4,
  conf: 'abc',
  folder: { stateId: 'one', hasRun: true, heartbeat: beat(2) },
  depth: {
    version: '22.05.8',
    now: NOW,
    uid: 64030,
    gid: 64030,
    enabled: true,
    shared: true,
    extra: [],
    bytes: 10 * MIB,
    files: 40,
    isOwned: true,
    refused: '',
    freeBytes: 1024 * MIB,
    ...depth,
  },
  ...seen,
});

/** All is as it should be for a swap. */
const survey = (changes: Partial<Survey> = {}): Survey => ({
  config,
  from: { member: member('a1'), look: look(), skewMs: 0 },
  to: { member: member('a2'), look: look(), skewMs: 0 },
  others: [{ member: member('a3'), look: look(), skewMs: 0 }],
  controllers: [
    { name: 'a1', up: true },
    { name: 'a2', up: true },
  ],
  jobs: [],
  workedAt: NOW,
  munge: [
    { of: 'a1', at: 'a2', why: null },
    { of: 'a2', at: 'a1', why: null },
  ],
  ...changes,
});
const to = (seen: NodeLook | null, skewMs = 0) => ({
  to: { member: member('a2'), look: seen, skewMs },
});
const from = (seen: NodeLook | null) => ({ from: { member: member('a1'), look: seen, skewMs: 0 } });
const OFF = {
  ...from(null),
  controllers: [
    { name: 'a1', up: false },
    { name: 'a2', up: false },
  ],
};
const alone = { ...config, shared: false, controllers: ['id-a1'] };

function found(seen: Partial<Survey>, procedure: Procedure = 'A'): Record<string, string> {
  const checks = checksOf(survey(seen), procedure);
  for (const { state, remedy } of checks) expect(remedy === '').toBe(state === 'ok');
  return Object.fromEntries(
    checks.filter(({ state }) => state !== 'ok').map(({ id, state }) => [id, state]),
  );
}

test('where all is right, nothing is found', () => {
  expect(found({})).toEqual({});
  expect(found({ config: alone }, 'B')).toEqual({});
});

test.each<[string, Partial<Survey>, Procedure, Record<string, string>]>([
  ['the target is away', to(null), 'A', { nodes: 'failed', state: 'failed', version: 'failed' }],
  ['it has not the role', to(look({ enabled: false })), 'A', { nodes: 'failed' }],
  [
    'another is in control',
    { controllers: [{ name: 'a2', up: true }] },
    'A',
    { control: 'failed' },
  ],
  ['nobody is', { controllers: [{ name: 'a1', up: false }] }, 'A', { control: 'failed' }],
  [
    'the standby is away',
    {
      controllers: [
        { name: 'a1', up: true },
        { name: 'a2', up: false },
      ],
    },
    'A',
    { control: 'warning' },
  ],
  [
    'it sees another folder',
    to(look({}, { folder: { stateId: 'two', hasRun: true, heartbeat: beat(2) } })),
    'A',
    { state: 'failed' },
  ],
  [
    'it sees an old picture of the folder',
    to(look({}, { folder: { stateId: 'one', hasRun: true, heartbeat: beat(900) } })),
    'A',
    { state: 'failed' },
  ],
  ['it cannot write there', to(look({ refused: 'EROFS' })), 'A', { state: 'failed' }],
  ['SlurmUser has another number', to(look({ uid: 1001 })), 'A', { owner: 'failed' }],
  ['there is no SlurmUser', to(look({ uid: null, gid: null })), 'A', { owner: 'failed' }],
  ['files belong to somebody else', from(look({ isOwned: false })), 'A', { owner: 'failed' }],
  ['it has an older SLURM', to(look({ version: '21.08.8' })), 'A', { version: 'failed' }],
  ['it has another patch of it', to(look({ version: '22.05.11' })), 'A', { version: 'warning' }],
  ['its clock is off', to(look(), 8_000), 'A', { clocks: 'failed' }],
  ['its clock is a little off', to(look(), 1_500), 'A', { clocks: 'warning' }],
  [
    'munge has another key',
    { munge: [{ of: 'a2', at: 'a1', why: 'Invalid credential' }] },
    'A',
    { munge: 'failed' },
  ],
  [
    'a node has another slurm.conf',
    { others: [{ member: member('a3'), look: look({}, { conf: 'def' }), skewMs: 0 }] },
    'A',
    { conf: 'failed' },
  ],
  [
    'a worker is away',
    { others: [{ member: member('a3'), look: null, skewMs: 0 }] },
    'A',
    { conf: 'warning' },
  ],
  [
    'its own lines are others',
    to(look({ extra: ['MpiDefault=pmix'] })),
    'A',
    { settings: 'warning' },
  ],
  [
    'ended jobs are listed in a file of the host',
    {
      config: { ...alone, extra: ['JobCompLoc=/var/log/jobs'] },
      ...to(look({ extra: ['JobCompLoc=/var/log/jobs'] })),
    },
    'B',
    { accounting: 'warning' },
  ],
  [
    'a disk is too small',
    { config: alone, ...to(look({ freeBytes: 20 * MIB })) },
    'B',
    { disk: 'failed' },
  ],
  [
    'something else lies there',
    { config: alone, ...to(look({}, { folder: { stateId: null, hasRun: false, heartbeat: '' } })) },
    'B',
    { state: 'failed' },
  ],
  [
    'the jobs lie on a node that is away',
    { config: alone, ...OFF },
    'B',
    { nodes: 'failed', control: 'failed' },
  ],
  ['the lost one was at work a moment ago', OFF, 'takeover', { nodes: 'warning', state: 'failed' }],
  [
    'the folder stands still',
    {
      ...OFF,
      ...to(look({}, { folder: { stateId: 'one', hasRun: true, heartbeat: beat(40) } })),
      workedAt: NOW - 45_000,
    },
    'takeover',
    { nodes: 'warning' },
  ],
  [
    'the sign in the folder is of another one, long ago',
    {
      ...OFF,
      ...to(look({}, { folder: { stateId: 'one', hasRun: true, heartbeat: beat(9_000) } })),
    },
    'takeover',
    { nodes: 'warning', state: 'failed' },
  ],
  [
    'the standby took over by itself',
    {
      ...OFF,
      controllers: [
        { name: 'a1', up: false },
        { name: 'a2', up: true },
      ],
    },
    'takeover',
    { nodes: 'warning' },
  ],
])('%s', (_what, seen, procedure, expected) => {
  expect(found(seen, procedure)).toEqual(expected);
});

test('a coordinator that was replaced changes nothing of the record', async () => {
  const store = new SqliteStore(':memory:', systemClock);
  const state = createSqliteState(store, systemClock);
  await state.commit([], [{ key: CONFIG_KEY, put: config }]);
  const next = await changeRecord(state, 9, (one) => ({ ...one, held: ['id-a1'] }));
  expect(next).toMatchObject({ epoch: 9, revision: 5, held: ['id-a1'] });
  await expect(changeRecord(state, 8, (one) => ({ ...one, held: [] }))).rejects.toMatchObject({
    code: 'REVISION_CHANGED',
  });
  expect((await changeRecord(state, 9, (one) => one)).revision).toBe(5);
  await state.close();
  store.close();
});
