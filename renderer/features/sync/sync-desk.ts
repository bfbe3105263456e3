import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Client } from '#shared/contract/index';
import type { SyncPlan, SyncReport } from '#shared/contract/sync';
import { type Problem, problemOf } from '../../transport/failure';
import { type Decisions, keepMeant, NO_DECISIONS, needsLook, resolutionsOf } from './sync-view';

/** How far the sync with one remote is, as this window knows it. */
export interface SyncRun {
  phase: 'idle' | 'reading' | 'deciding' | 'running' | 'done';
  plan: SyncPlan | null;
  decisions: Decisions;
  progress: { done: number; total: number; clusterId: string } | null;
  report: SyncReport | null;
  /** why the last read or run failed */
  problem: Problem | null;
}

const IDLE: SyncRun = {
  phase: 'idle',
  plan: null,
  decisions: NO_DECISIONS,
  progress: null,
  report: null,
  problem: null,
};

/** By remote uuid. */
export type SyncRuns = ReadonlyMap<string, SyncRun>;

export function runOf(runs: SyncRuns, remoteUuid: string): SyncRun {
  return runs.get(remoteUuid) ?? IDLE;
}

/** Syncs and the choices made for them; they outlive the page that shows them. */
export interface SyncDesk {
  runs: StoreApi<SyncRuns>;
  /** reads the remote; choices that still mean something are kept */
  read(remoteUuid: string): Promise<void>;
  decide(remoteUuid: string, decisions: Decisions): void;
  /** does what was decided; a dry run only says what would be done */
  run(remoteUuid: string, options?: { dryRun: boolean }): Promise<void>;
  /** reads, and runs at once where nothing needs a person's look */
  syncNow(remoteUuid: string): Promise<'done' | 'look' | 'failed'>;
}

export function createSyncDesk(client: Pick<Client, 'sync'>): SyncDesk {
  const runs = createStore<SyncRuns>(() => new Map());
  const get = (remoteUuid: string) => runOf(runs.getState(), remoteUuid);
  const change = (remoteUuid: string, changes: Partial<SyncRun>) =>
    runs.setState(
      (state) => new Map(state).set(remoteUuid, { ...runOf(state, remoteUuid), ...changes }),
      true,
    );
  const isBusy = (remoteUuid: string) => ['reading', 'running'].includes(get(remoteUuid).phase);

  async function read(remoteUuid: string): Promise<void> {
    if (isBusy(remoteUuid)) return;
    change(remoteUuid, { phase: 'reading', problem: null, report: null });
    try {
      const plan = await client.sync.preview({ remoteUuid });
      const decisions = keepMeant(get(remoteUuid).decisions, plan.entries);
      change(remoteUuid, { phase: 'deciding', plan, decisions });
    } catch (error) {
      const { plan } = get(remoteUuid);
      const phase = plan === null ? 'idle' : 'deciding';
      change(remoteUuid, { phase, problem: problemOf(error) });
    }
  }

  async function run(remoteUuid: string, { dryRun } = { dryRun: false }): Promise<void> {
    if (isBusy(remoteUuid)) return;
    const { plan, decisions } = get(remoteUuid);
    change(remoteUuid, { phase: 'running', problem: null, progress: null, report: null });
    try {
      const events = await client.sync.run({
        remoteUuid,
        dryRun,
        resolutions: resolutionsOf(decisions.choices),
        sendSecrets: [...decisions.sendSecrets],
        ...(plan && { planTakenAt: plan.takenAt }),
      });
      for await (const event of events) {
        if (event.type === 'progress') change(remoteUuid, { progress: event });
        else change(remoteUuid, { report: event.report });
      }
      // what was read before a real run is not true any more
      change(remoteUuid, { phase: 'done', ...(!dryRun && { plan: null }) });
    } catch (error) {
      change(remoteUuid, { phase: 'deciding', problem: problemOf(error) });
    }
  }

  return {
    runs,
    read,
    run,
    decide: (remoteUuid, decisions) => change(remoteUuid, { decisions }),
    async syncNow(remoteUuid) {
      await read(remoteUuid);
      const { plan, problem } = get(remoteUuid);
      if (problem !== null || plan === null) return 'failed';
      if (needsLook(plan.entries)) return 'look';
      await run(remoteUuid);
      const { report, problem: failed } = get(remoteUuid);
      if (failed !== null || report === null) return 'failed';
      return report.entries.some(({ result }) => result === 'waits') ? 'look' : 'done';
    },
  };
}
