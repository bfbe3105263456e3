import { RefreshCw } from 'lucide-react';
import { useEffect, useEffectEvent } from 'react';
import type { Remote } from '#shared/contract/remotes';
import { useLive } from '../../app/context';
import { NotFound } from '../../app/not-found';
import { isNetworkCode, useBackOnline } from '../../app/online';
import { Button } from '../../ui/button';
import { ErrorNotice, Skeleton } from '../../ui/feedback';
import { Page } from '../../ui/page';
import { Stack } from '../../ui/stack';
import { PlanView } from './plan-view';
import { ReportView } from './report-view';
import { RunProgress } from './run-progress';
import { useSyncDesk, useSyncRun } from './sync-context';
import type { SyncRun } from './sync-desk';
import { planSentence } from './sync-view';

/** How long what was read of a remote may be gone by without reading it again. */
const FRESH_MS = 60_000;

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
    const isOld = run.plan !== null && Date.now() - run.plan.takenAt > FRESH_MS;
    if (run.phase === 'idle' || (run.phase === 'deciding' && isOld)) void desk.read(uuid);
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
          <ReportView remote={remote} report={run.report} decisions={run.decisions} />
        ) : run.plan ? (
          <PlanView remote={remote} entries={run.plan.entries} decisions={run.decisions} />
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
