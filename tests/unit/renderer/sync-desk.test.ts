import { describe, expect, it } from 'vitest';
import type { Client } from '#shared/contract/index';
import type { SyncEntry, SyncReport } from '#shared/contract/sync';
import { createSyncDesk, runOf } from '../../../renderer/features/sync/sync-desk';

const REMOTE = '6d0c9d0c-9e0a-4f65-8a5e-9f6a1d2b3c4d';
const entry = (verdict: SyncEntry['verdict'], clusterId = 'lab'): SyncEntry => ({
  clusterId,
  name: clusterId,
  uuid: null,
  remoteNumber: 1,
  verdict,
  fields: [],
  reasons: [],
  needsSecret: false,
});

type RunInput = Parameters<Client['sync']['run']>[0];

/** A core that answers with the given entries and notes what it was asked for. */
function core(entries: SyncEntry[], result: SyncReport['entries'][number]['result'] = 'done') {
  const runs: RunInput[] = [];
  let previews = 0;
  const sync = {
    preview: async () => {
      previews += 1;
      return { remoteUuid: REMOTE, takenAt: 100 + previews, entries };
    },
    run: async (input: RunInput) => {
      runs.push(input);
      return (async function* () {
        yield { type: 'progress' as const, done: 1, total: 2, clusterId: 'lab' };
        const told = entries.map((each) => ({ ...each, result, failure: null }));
        const report = {
          remoteUuid: REMOTE,
          dryRun: input.dryRun ?? false,
          ok: true,
          message: '',
          requests: 1,
          entries: told,
        };
        yield { type: 'done' as const, report };
      })();
    },
  };
  return { client: { sync } as unknown as Client, runs, previews: () => previews };
}

describe('the desk of a sync', () => {
  it('runs at once where nothing needs a look', async () => {
    const { client, runs } = core([entry('push')]);
    const desk = createSyncDesk(client);
    expect(await desk.syncNow(REMOTE)).toBe('done');
    expect(runs).toEqual([
      { remoteUuid: REMOTE, dryRun: false, resolutions: [], sendSecrets: [], planTakenAt: 101 },
    ]);
    expect(runOf(desk.runs.getState(), REMOTE)).toMatchObject({ phase: 'done', plan: null });
  });

  it('does nothing without a look where something would be deleted or chosen', async () => {
    for (const verdict of ['deleteHere', 'deleteThere', 'conflict', 'deleteConflict'] as const) {
      const { client, runs } = core([entry('push'), entry(verdict, 'other')]);
      expect([verdict, await createSyncDesk(client).syncNow(REMOTE), runs]).toEqual([
        verdict,
        'look',
        [],
      ]);
    }
  });

  it('goes on with the choices when the remote is read again, and names the plan they were made on', async () => {
    const { client, runs } = core([entry('deleteConflict')]);
    const desk = createSyncDesk(client);
    await desk.read(REMOTE);
    desk.decide(REMOTE, {
      choices: new Map([['lab', new Map([['*', 'mine' as const]])]]),
      sendSecrets: new Set(['nobody']),
    });
    await desk.read(REMOTE);
    await desk.run(REMOTE, { dryRun: true });
    expect(runs).toEqual([
      {
        remoteUuid: REMOTE,
        dryRun: true,
        resolutions: [{ clusterId: 'lab', field: '*', take: 'mine' }],
        sendSecrets: [],
        planTakenAt: 102,
      },
    ]);
    expect(runOf(desk.runs.getState(), REMOTE).plan).not.toBeNull();
  });

  it('asks for a look when something waited after all', async () => {
    const { client } = core([entry('push')], 'waits');
    expect(await createSyncDesk(client).syncNow(REMOTE)).toBe('look');
  });

  it('does not start a second time while one is under way', async () => {
    const { client, runs, previews } = core([entry('push')]);
    const desk = createSyncDesk(client);
    await Promise.all([desk.read(REMOTE), desk.read(REMOTE)]);
    await Promise.all([desk.run(REMOTE), desk.run(REMOTE)]);
    expect([previews(), runs.length]).toEqual([1, 1]);
  });
});
