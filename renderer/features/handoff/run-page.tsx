import { FileText } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { mergeParties } from '#shared/contract/agent/merge';
import {
  isOver,
  type OperationAnswer,
  type OperationWish,
} from '#shared/contract/agent/operations';
import type { Hearing } from '#shared/contract/cluster-operations';
import type { Cluster } from '#shared/contract/clusters';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { CodeText } from '../../ui/code';
import { ErrorNotice, Skeleton } from '../../ui/feedback';
import { Moment } from '../../ui/moment';
import { Page } from '../../ui/page';
import { StateDot } from '../../ui/state';
import { clusterHref } from '../clusters/use-cluster-actions';
import { CheckList } from './checks-stage';
import { ClusterPlace } from './cluster-place';
import { PlanStage } from './plan-stage';
import { ReportView } from './report-view';
import { RunNotices } from './run-notices';
import styles from './run-page.module.css';
import { RunView } from './run-view';
import { type Stage, StageBar } from './stage-bar';
import { standing } from './story';
import { useWatch, type Watched } from './use-watch';
import { WishButtons } from './wish-buttons';
import { WishDialog } from './wish-dialog';
import { OPERATION_STATES, shortHash } from './words';

const MergeRunView = lazy(() => import('../merge/merge-run-view'));

interface RunPageProps {
  clusterId: string;
  id: string;
}

/** One operation of a cluster, live, whoever began it and wherever. */
export default function RunPage({ clusterId, id }: RunPageProps) {
  return (
    <ClusterPlace clusterId={clusterId}>
      {(cluster) => <Watching cluster={cluster} id={id} />}
    </ClusterPlace>
  );
}

function Watching({ cluster, id }: { cluster: Cluster; id: string }) {
  const watched = useWatch({ uuid: cluster.uuid, id });
  const answer = watched.view?.answer ?? null;
  if (answer === null) return <NotHeard cluster={cluster} watched={watched} />;
  return <Running cluster={cluster} answer={answer} watched={watched} />;
}

const crumbs = (cluster: Cluster) => [
  { label: 'Operations', href: '#/operations' },
  { label: cluster.name, href: `#${clusterHref(cluster.clusterId)}` },
];

function NotHeard({ cluster, watched }: { cluster: Cluster; watched: Watched }) {
  const { problem, view } = watched;
  const lost = view?.hearing.state === 'lost' ? view.hearing.failure : null;
  return (
    <Page title="Operation" crumbs={crumbs(cluster)} lead={cluster.name}>
      {problem !== null ? (
        <ErrorNotice problem={problem} />
      ) : lost !== null ? (
        <ErrorNotice problem={{ title: lost.message, remedy: lost.data.remedy }} />
      ) : (
        <Waiting />
      )}
    </Page>
  );
}

function Waiting() {
  return (
    <div className={styles.columns} role="status" aria-label="The cluster is being asked">
      <Skeleton height="420px" />
      <div className={styles.waiting}>
        <Skeleton height="150px" />
        <Skeleton height="200px" />
      </div>
    </div>
  );
}

interface RunningProps {
  cluster: Cluster;
  answer: OperationAnswer;
  watched: Watched;
}

function Running({ cluster, answer, watched }: RunningProps) {
  const { operation } = answer;
  const [asked, setAsked] = useState<OperationWish | null>(null);
  const over = isOver(operation);
  // one that was over already is met by its report; one that ends before one's eyes stays as it is
  const [chosen, choose] = useState<Stage>(over ? 'report' : 'run');
  // it can be taken up again, to be rolled back
  const stage = chosen === 'report' && !over ? 'run' : chosen;
  const hearing = watched.view?.hearing;
  if (hearing === undefined) return null;
  return (
    <Page
      title={operation.title}
      mark={<StateDot {...OPERATION_STATES[operation.state]} />}
      crumbs={crumbs(cluster)}
      lead={<Lead cluster={cluster} answer={answer} />}
      actions={<WishButtons cluster={cluster} answer={answer} onAsk={setAsked} />}
      bar={
        <StageBar
          current={stage}
          reached={over ? 'report' : 'run'}
          open={['checks', 'plan', 'run', ...(over ? (['report'] as const) : [])]}
          onOpen={choose}
        />
      }
    >
      <div className={styles.body}>
        <p className="visually-hidden" role="status">
          {`${OPERATION_STATES[operation.state].word}. ${standing(operation)}`}
        </p>
        <RunNotices
          cluster={cluster}
          answer={answer}
          hearing={hearing}
          report={
            stage === 'report' ? null : (
              <Button small icon={FileText} onClick={() => choose('report')}>
                See the report
              </Button>
            )
          }
        />
        <StageView {...{ stage, cluster, answer, hearing }} leadMs={watched.leadMs} />
      </div>
      {asked !== null && (
        <WishDialog cluster={cluster} answer={answer} wish={asked} onClose={() => setAsked(null)} />
      )}
    </Page>
  );
}

interface StageViewProps {
  stage: Stage;
  cluster: Cluster;
  answer: OperationAnswer;
  hearing: Hearing;
  leadMs: number;
}

/** What was approved can be read again while it runs and afterwards. */
function StageView({ stage, cluster, answer, hearing, leadMs }: StageViewProps) {
  switch (stage) {
    case 'checks':
      return (
        <Panel title="Checks" note="As they were when it was approved.">
          <CheckList checks={answer.plan.checks} />
        </Panel>
      );
    case 'plan':
      return <PlanStage plan={answer.plan} />;
    case 'report':
      return <ReportView cluster={cluster} answer={answer} />;
    default:
      return <Run {...{ cluster, answer, hearing, leadMs }} />;
  }
}

/** A merge has two clusters to show. */
function Run(props: Omit<StageViewProps, 'stage'>) {
  const { kind, params } = props.answer.operation;
  const parties = kind === 'merge' ? mergeParties.safeParse(params).data : undefined;
  if (parties === undefined) return <RunView {...props} />;
  return (
    <Suspense fallback={<Waiting />}>
      <MergeRunView {...props} parties={parties} />
    </Suspense>
  );
}

function Lead({ cluster, answer }: { cluster: Cluster; answer: OperationAnswer }) {
  const { operation, plan } = answer;
  return (
    <>
      {cluster.name}
      {plan.procedure !== '' && ` · procedure ${plan.procedure}`} · approved by{' '}
      {operation.created_by}, <Moment at={operation.created_at} /> · plan{' '}
      <CodeText quiet>{shortHash(operation.plan_hash)}</CodeText>
    </>
  );
}
