import { CircleCheck, RefreshCw, Undo2 } from 'lucide-react';
import { useEffect, useEffectEvent } from 'react';
import type { Remote } from '#shared/contract/remotes';
import type { SyncEntry, SyncReport } from '#shared/contract/sync';
import { useLive } from '../../app/context';
import { NotFound } from '../../app/not-found';
import { isNetworkCode, useBackOnline } from '../../app/online';
import { Button } from '../../ui/button';
import { EmptyState, ErrorNotice, Notice, Skeleton } from '../../ui/feedback';
import { Page } from '../../ui/page';
import { Stack } from '../../ui/stack';
import { plural } from '../deck/deck-view';
import { EntryList, type Sorting } from './entry-list';
import { ResultWord } from './result-word';
import { RunProgress } from './run-progress';
import styles from './sync.module.css';
import { useSyncDesk, useSyncRun } from './sync-context';
import type { SyncRun } from './sync-desk';
import {
  type Decisions,
  KIND_NAMES,
  KINDS,
  kindOf,
  openQuestions,
  planSentence,
  RESULT_NAMES,
  RESULTS,
  type ReportEntry,
  reportSentence,
  takeAll,
} from './sync-view';

/** One sync, looked at before it is done: what goes where, what conflicts, and then what happened. */
export default function RemoteSyncPage({ remoteUuid }: { remoteUuid: string }) {
  const remote = useLive((state) => state.remotes.find(({ uuid }) => uuid === remoteUuid));
  if (remote === undefined) return <NotFound what="There is no such remote on this desk." />;
  return <RemoteSync remote={remote} />;
}

function RemoteSync({ remote }: { remote: Remote }) {
  const desk = useSyncDesk();
  const run = useSyncRun(remote.uuid);
  const { uuid } = remote;
  const begin = useEffectEvent(() => {
    if (run.phase === 'idle') void desk.read(uuid);
  });
  useEffect(() => begin(), []);
  useBackOnline(() => {
    if (isNetworkCode(run.problem?.code)) void desk.read(uuid);
  });
  const busy = run.phase === 'reading' || run.phase === 'running';
  return (
    <Page
      title={`Sync with ${remote.name}`}
      crumbs={[{ label: 'Sync & bundles', href: '#/sync' }]}
      lead={<Lead run={run} remoteName={remote.name} />}
      actions={
        <Button icon={RefreshCw} busy={busy} onClick={() => void desk.read(uuid)}>
          Look again
        </Button>
      }
    >
      <Stack>
        {run.problem && (
          <ErrorNotice
            problem={run.problem}
            action={
              <Button small disabled={busy} onClick={() => void desk.read(uuid)}>
                Try again
              </Button>
            }
          />
        )}
        {run.phase === 'running' ? (
          <RunProgress progress={run.progress} remoteName={remote.name} />
        ) : run.report ? (
          <Report remote={remote} report={run.report} decisions={run.decisions} />
        ) : run.plan ? (
          <Plan remote={remote} entries={run.plan.entries} decisions={run.decisions} />
        ) : (
          run.phase === 'reading' && <Skeleton height="220px" />
        )}
      </Stack>
    </Page>
  );
}

function Lead({ run, remoteName }: { run: SyncRun; remoteName: string }) {
  if (run.phase === 'reading') return `${remoteName} is being read.`;
  if (run.phase === 'running') return 'Closing this page does not stop it.';
  if (run.report) return 'What happened, cluster by cluster.';
  if (run.plan) return planSentence(run.plan.entries, run.decisions);
  return 'Nothing was read yet.';
}

const BY_KIND: Sorting<SyncEntry> = {
  all: 'All that differ',
  quiet: 'same',
  kinds: KINDS.map((kind) => ({ kind, name: KIND_NAMES[kind] })),
  of: kindOf,
};

const BY_RESULT: Sorting<ReportEntry> = {
  all: 'All that differed',
  quiet: 'same',
  kinds: RESULTS.map((kind) => ({ kind, name: RESULT_NAMES[kind] })),
  of: ({ result }) => result,
};

interface PlanProps {
  remote: Remote;
  entries: readonly SyncEntry[];
  decisions: Decisions;
}

function Plan({ remote, entries, decisions }: PlanProps) {
  const desk = useSyncDesk();
  const decide = (next: Decisions) => desk.decide(remote.uuid, next);
  const moving = entries.filter((entry) => !['same', 'invalid'].includes(kindOf(entry)));
  const waiting = moving.filter((entry) => openQuestions(entry, decisions) > 0).length;
  const ready = moving.length - waiting;
  if (entries.length === 0) {
    return (
      <EmptyState icon={CircleCheck} title="There is nothing on either side">
        {remote.name} keeps no cluster, and none of this desk follows it.
      </EmptyState>
    );
  }
  return (
    <>
      <Bulk remote={remote} entries={entries} decisions={decisions} onDecide={decide} />
      {moving.length === 0 && <InStep remoteName={remote.name} count={entries.length} />}
      <EntryList
        entries={entries}
        remoteName={remote.name}
        decisions={decisions}
        sorting={BY_KIND}
        onDecide={decide}
      />
      <div className={styles.bar}>
        <p className={styles.barWords} role="status">
          {waiting === 0
            ? 'Nothing is left to decide.'
            : `${plural(waiting, 'cluster')} ${waiting === 1 ? 'waits' : 'wait'} for you and ${
                waiting === 1 ? 'stays' : 'stay'
              } as ${waiting === 1 ? 'it is' : 'they are'}.`}
        </p>
        <Button onClick={() => void desk.run(remote.uuid, { dryRun: true })}>Dry run</Button>
        <Button tone="primary" icon={RefreshCw} onClick={() => void desk.run(remote.uuid)}>
          {ready === 0 ? 'Sync' : `Sync ${plural(ready, 'cluster')}`}
        </Button>
      </div>
    </>
  );
}

function InStep({ remoteName, count }: { remoteName: string; count: number }) {
  return (
    <EmptyState icon={CircleCheck} title={`In step with ${remoteName}`}>
      {count === 1 ? 'The one cluster is' : `All ${count} clusters are`} the same on both sides.
    </EmptyState>
  );
}

/** One answer for all conflicts, and for all passwords. */
function Bulk(props: PlanProps & { onDecide: (decisions: Decisions) => void }) {
  const { remote, entries, decisions, onDecide } = props;
  const conflicts = entries.filter(({ verdict }) => verdict === 'conflict');
  const secrets = entries.filter(({ needsSecret }) => needsSecret);
  const takeEvery = (side: 'mine' | 'theirs') =>
    onDecide({
      ...decisions,
      choices: conflicts.reduce((all, entry) => takeAll(all, entry, side), decisions.choices),
    });
  return (
    <>
      {conflicts.length > 1 && (
        <Notice
          tone="warning"
          title={`${conflicts.length} clusters were changed on both sides.`}
          action={
            <Stack direction="row" gap="small">
              <Button small onClick={() => takeEvery('mine')}>
                Mine for all
              </Button>
              <Button small onClick={() => takeEvery('theirs')}>
                Theirs for all
              </Button>
            </Stack>
          }
        >
          Choose field by field below, or once for all of them.
        </Notice>
      )}
      {secrets.length > 0 && (
        <Notice
          tone="information"
          title={
            secrets.length === 1
              ? `One cluster is new for ${remote.name}.`
              : `${secrets.length} clusters are new for ${remote.name}.`
          }
          action={
            secrets.length > 1 && (
              <Button
                small
                onClick={() =>
                  onDecide({
                    ...decisions,
                    sendSecrets: new Set(secrets.map(({ clusterId }) => clusterId)),
                  })
                }
              >
                Send all their passwords
              </Button>
            )
          }
        >
          {remote.name} makes no cluster without its password, and keeps it in its own database.
        </Notice>
      )}
    </>
  );
}

interface ReportProps {
  remote: Remote;
  report: SyncReport;
  decisions: Decisions;
}

function Report({ remote, report, decisions }: ReportProps) {
  const desk = useSyncDesk();
  const waits = report.entries.some(({ result }) => result === 'waits');
  return (
    <>
      <Notice
        tone={report.ok ? 'information' : 'bad'}
        {...(report.ok && { icon: CircleCheck })}
        title={report.dryRun ? 'Dry run: nothing was changed.' : report.message}
        action={
          report.dryRun ? (
            <Stack direction="row" gap="small">
              <Button small icon={Undo2} onClick={() => void desk.read(remote.uuid)}>
                Choose again
              </Button>
              <Button small tone="primary" onClick={() => void desk.run(remote.uuid)}>
                Sync now
              </Button>
            </Stack>
          ) : (
            waits && (
              <Button small tone="primary" onClick={() => void desk.read(remote.uuid)}>
                Decide what waits
              </Button>
            )
          )
        }
      >
        {report.dryRun
          ? reportSentence(report)
          : `${plural(report.requests, 'request')} to ${remote.name}.`}
      </Notice>
      <EntryList
        entries={report.entries}
        remoteName={remote.name}
        decisions={decisions}
        sorting={BY_RESULT}
        result={(entry) => <ResultWord entry={entry} />}
      />
    </>
  );
}
