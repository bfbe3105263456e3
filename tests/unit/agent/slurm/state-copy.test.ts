import { createHash, randomUUID } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '#agent/host/clock';
import type { Member, Peers } from '#agent/membership/types';
import type { SlurmConfig } from '#agent/roles/slurm/config';
import { StateArrival } from '#agent/roles/slurm/state-arrival';
import { StateSave } from '#agent/roles/slurm/state-save';
import { readAnswer, STATE_PATH, StateSource } from '#agent/roles/slurm/state-source';
import { fail } from '#shared/contract/errors';
import { member } from '#tests/support/agent';
import { StagedCommands } from '#tests/support/slurm';
import { slurmConfigWith } from '#tests/support/slurm-config';
import { sweptFolder } from '#tests/support/temp-folder';

const UUID = '0b0e5a2e-0000-4000-8000-000000000001';
const FROM: Member = member('b1');
const TO: Member = member('b2');
const OWNER = { name: 'slurm', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const MOVING = { operation: 'o1', before: { controllers: [], stateId: '', held: [], relays: [] } };

interface Asked {
  list?: unknown;
  read?: { path: string; offset: number; bytes: number }[];
}

/** A folder to copy from, one to copy to, and what goes between the two. */
function staged() {
  const root = sweptFolder();
  const [there, here] = [join(root, 'b1'), join(root, 'b2')];
  mkdirSync(there);
  const config = {
    stateSaveLocation: there,
    held: [FROM.id, TO.id],
    moving: MOVING as SlurmConfig['moving'],
  };
  const asked: Asked[] = [];
  let trouble: (request: Asked) => void = () => undefined;
  const source = new StateSource(FROM.id, async () => ({ ...CONFIG, ...config }));
  const route = source.route();
  const ask = async (body: unknown, caller = TO) => {
    const request = {
      method: 'POST',
      target: STATE_PATH,
      fingerprint: 'AA',
      address: caller.address,
      body,
      signal: new AbortController().signal,
    };
    return (await route.handle(request, { id: caller.id, name: caller.name, fingerprint: 'AA' }))
      .body;
  };
  const peers: Peers = {
    call: async (_member, _method, _path, { body }) => {
      const request: Asked = JSON.parse(JSON.stringify(body));
      asked.push(request);
      trouble(request);
      return JSON.parse(JSON.stringify(await ask(request)));
    },
  };
  const commands = new StagedCommands().on('sync', () => '');
  const save = new StateSave(here, UUID);
  const arrival = new StateArrival(here, save, { peers, commands, clock: systemClock });
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(there, path)), { recursive: true });
    writeFileSync(join(there, path), text, { mode: 0o600 });
  };
  const fetch = (stateId: string, last = true, forMs = 60_000) =>
    arrival.fetch(FROM, OWNER, { stateId, last, forMs, signal: new AbortController().signal });
  return {
    there,
    here,
    config,
    asked,
    ask,
    commands,
    save,
    arrival,
    put,
    fetch,
    hinder: (by: (request: Asked) => void) => {
      trouble = by;
    },
  };
}

const CONFIG = slurmConfigWith({ controllers: [FROM.id], stateId: '', slurmUser: 'slurm' });

/** Paths and contents, without what is the agent's own. */
function treeOf(folder: string, below = ''): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    if (entry.name.startsWith('.clusterdeck')) continue;
    const path = join(below, entry.name);
    if (entry.isDirectory()) Object.assign(tree, treeOf(folder, path));
    else
      tree[path] = createHash('md5')
        .update(readFileSync(join(folder, path)))
        .digest('hex');
  }
  return tree;
}

const random = (bytes: number) => 'job '.repeat(Math.ceil(bytes / 4)).slice(0, bytes);

test('everything arrives, is checked as a whole, and gets a mark of its own', async () => {
  const { there, here, put, fetch, save, commands } = staged();
  put('clustername', 'forge');
  put('job_state', random(300_000));
  put('hash.3/job.33/script', '#!/bin/sh');
  put('hash.3/job.33/environment', '');
  for (let index = 0; index < 700; index += 1) put(`hash.1/job.${index}/script`, `job ${index}`);
  put('ended_jobs', random(9_000_000));
  const stateId = randomUUID();
  const arrived = await fetch(stateId);
  expect(arrived).toMatchObject({ isDone: true, files: 705, bytes: arrived.ofBytes });
  expect(arrived.sum).toMatch(/^[0-9a-f]{64}$/);
  expect(treeOf(here)).toEqual(treeOf(there));
  expect(await save.seen()).toMatchObject({ stateId, hasRun: false });
  expect(statSync(here).mode & 0o777).toBe(0o700);
  expect(statSync(join(here, 'job_state')).mode & 0o777).toBe(0o600);
  expect(commands.count('sync')).toBe(1);
  // asked again, as after a coordinator's death, it is there
  expect(await fetch(stateId)).toMatchObject({ isDone: true, sum: arrived.sum });
});

test('what was copied ahead is not copied again, and what grew is continued', async () => {
  const { there, here, put, fetch, asked } = staged();
  put('clustername', 'forge');
  put('old', random(100_000));
  put('job_state', 'before');
  put('gone', 'soon');
  put('ended_jobs', random(6_000_000));
  const stateId = randomUUID();
  expect(await fetch(stateId, false)).toMatchObject({ isDone: true, sum: '' });
  expect(treeOf(here)).toEqual({});
  put('job_state', 'after it');
  rmSync(join(there, 'gone'));
  appendFileSync(join(there, 'ended_jobs'), 'one more\n');
  asked.length = 0;
  expect(await fetch(stateId)).toMatchObject({ isDone: true });
  expect(treeOf(here)).toEqual(treeOf(there));
  const read = asked.flatMap(({ read: parts = [] }) => parts);
  expect(read.map(({ path }) => path)).not.toContain('old');
  // the end of what is here, to see that it is the same, and what came since
  const grown = read.filter(({ path }) => path === 'ended_jobs');
  expect(grown.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(2_000_000);
});

test('cut off at any call, it goes on where it was', async () => {
  const { there, here, put, fetch, hinder, save } = staged();
  put('clustername', 'forge');
  for (let index = 0; index < 40; index += 1)
    put(`hash.1/job.${index}/script`, random(300_000 + index));
  const stateId = randomUUID();
  for (let survived = 0; ; survived += 1) {
    let calls = 0;
    hinder(() => {
      calls += 1;
      if (calls > survived) throw fail('UNREACHABLE', { remedy: 'Plug it in.' });
    });
    const arrived = await fetch(stateId).catch(() => null);
    if (arrived?.isDone === true) break;
    expect(await save.seen()).toBeNull();
    expect(survived).toBeLessThan(20);
  }
  expect(treeOf(here)).toEqual(treeOf(there));
});

test('a part that changes while it is read is fetched again before it counts', async () => {
  const { there, here, put, fetch, hinder } = staged();
  put('clustername', 'forge');
  put('job_state', 'one');
  let isChanged = false;
  hinder(({ read }) => {
    if (read === undefined || isChanged) return;
    isChanged = true;
    put('job_state', 'two');
  });
  const stateId = randomUUID();
  expect(await fetch(stateId)).toMatchObject({ isDone: false });
  expect(existsSync(join(here, '.clusterdeck.json'))).toBe(false);
  expect(await fetch(stateId)).toMatchObject({ isDone: true });
  expect(treeOf(here)).toEqual(treeOf(there));
});

test('an older copy of this cluster is kept aside, and comes back where the new one is dropped', async () => {
  const { here, put, fetch, save, arrival } = staged();
  put('clustername', 'forge');
  put('job_state', 'first');
  const first = randomUUID();
  await fetch(first);
  await save.confirm();
  put('job_state', 'second');
  const second = randomUUID();
  await fetch(second);
  expect(readFileSync(join(here, 'job_state'), 'utf8')).toBe('second');
  await arrival.drop(second);
  expect(readFileSync(join(here, 'job_state'), 'utf8')).toBe('first');
  expect(await save.seen()).toMatchObject({ stateId: first, hasRun: true });
});

test('cut off while it is put in place, what lay there before comes back', async () => {
  const { here, put, fetch, save, arrival } = staged();
  put('clustername', 'forge');
  put('job_state', 'first');
  const first = randomUUID();
  await fetch(first);
  await save.confirm();
  put('job_state', 'second');
  const second = randomUUID();
  await fetch(second);
  // as if the power went before the mark was written
  rmSync(join(here, '.clusterdeck.json'));
  await arrival.drop(second);
  expect(readFileSync(join(here, 'job_state'), 'utf8')).toBe('first');
  expect(await save.seen()).toMatchObject({ stateId: first, hasRun: true });
});

test('a copy on which a controller worked is never dropped', async () => {
  const { here, put, fetch, save, arrival } = staged();
  put('clustername', 'forge');
  const stateId = randomUUID();
  await fetch(stateId);
  await save.confirm();
  await arrival.drop(stateId);
  expect(await save.seen()).toMatchObject({ stateId });
  expect(existsSync(join(here, 'clustername'))).toBe(true);
});

test('a folder that holds something else is left alone', async () => {
  const { here, put, fetch } = staged();
  put('clustername', 'forge');
  mkdirSync(here);
  writeFileSync(join(here, 'thesis.tex'), 'years of work');
  await expect(fetch(randomUUID())).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    data: { path: here },
  });
  expect(readdirSync(here)).toEqual(['thesis.tex']);
});

test('a disk that does not take it is told, and nothing is put in place', async () => {
  const { put, fetch, commands, save } = staged();
  put('clustername', 'forge');
  commands.on('sync', () => ({ code: 1, stderr: 'sync: error syncing: Input/output error' }));
  await expect(fetch(randomUUID())).rejects.toMatchObject({ code: 'SERVER_ERROR' });
  expect(await save.seen()).toBeNull();
});

test('the jobs are given only to the node they go to, and only while they go', async () => {
  const { put, ask, config } = staged();
  put('job_state', 'secret');
  const list = { list: { after: '' } };
  await expect(ask(list)).resolves.toMatchObject({ isLast: true });
  await expect(ask(list, member('b3'))).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  config.moving = null;
  await expect(ask(list)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
});

test('nothing outside of the folder is read, whatever is asked for or put there', async () => {
  const { there, put, ask } = staged();
  put('job_state', 'known');
  writeFileSync(join(dirname(there), 'shadow'), 'root:secret');
  symlinkSync(join(dirname(there), 'shadow'), join(there, 'link'));
  await ask({ list: { after: '' } });
  const read = async (path: string) =>
    readAnswer.parse(await ask({ read: [{ path, offset: 0, bytes: 5 }] })).parts;
  expect(await read('job_state')).toEqual([Buffer.from('known').toString('base64')]);
  for (const path of ['../shadow', 'link', '/etc/passwd', 'job_state/../../shadow']) {
    expect(await read(path)).toEqual([null]);
  }
  // swapped for a link after it was listed
  rmSync(join(there, 'job_state'));
  symlinkSync(join(dirname(there), 'shadow'), join(there, 'job_state'));
  expect(await read('job_state')).toEqual([null]);
});
