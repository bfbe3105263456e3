import { ArrowLeft } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import type { WantedOperation } from '#shared/contract/cluster-operations';
import type { Cluster } from '#shared/contract/clusters';
import { Button } from '../../ui/button';
import { ErrorNotice, Notice, Skeleton } from '../../ui/feedback';
import { Page } from '../../ui/page';
import { Stack } from '../../ui/stack';
import { useSlurmBlock } from '../clusteros/use-slurm-block';
import { clusterHref } from '../clusters/use-cluster-actions';
import { ApproveStage } from './approve-stage';
import { ChecksStage } from './checks-stage';
import { LookButton } from './look-button';
import { PlanStage } from './plan-stage';
import { StageBar } from './stage-bar';
import { UnderWay } from './under-way';
import { type Planning, usePlan, useWizardStage, type WizardStage } from './use-wizard';
import styles from './wizard.module.css';

interface WizardProps {
  cluster: Cluster;
  title: string;
  /** a sentence on what this does, while nothing is planned yet */
  lead: string;
  /** null while something is still to be chosen */
  wanted: WantedOperation | null;
  /** the first stage */
  choose: ReactNode;
  /** a second cluster that it changes as well */
  also?: Cluster;
  /** stands for the button of the first stage, where more is to be done than to go on */
  begin?: (goOn: () => void) => ReactNode;
  /** the cluster where one began, in place of its nodes */
  from?: Cluster;
}

/** Chooses, looks, plans and asks; what then runs is watched on a page of its own. */
export function Wizard({ cluster, title, lead, wanted, choose, also, begin, from }: WizardProps) {
  const [stage, setStage] = useWizardStage(wanted !== null);
  const planning = usePlan(wanted, stage);
  const [, navigate] = useLocation();
  const content = useStageFocus(stage);
  const index = ORDER.indexOf(stage);
  const go = (next: WizardStage) => {
    if (next === 'choose' || next === 'checks') planning.forget();
    setStage(next);
  };
  return (
    <Page
      title={planning.plan !== null && stage !== 'choose' ? planning.plan.title : title}
      crumbs={[
        { label: 'Deck', href: '#/' },
        { label: (from ?? cluster).name, href: `#${clusterHref((from ?? cluster).clusterId)}` },
      ]}
      lead={lead}
      bar={
        <StageBar
          current={stage}
          reached={stage}
          open={ORDER.slice(0, index)}
          onOpen={(next) => go(ORDER.find((known) => known === next) ?? 'choose')}
        />
      }
    >
      <Stack className={styles.body}>
        <UnderWay cluster={cluster}>Only one operation at a time runs in a cluster.</UnderWay>
        <section
          ref={content}
          tabIndex={-1}
          className={styles.stage}
          aria-label={STAGE_NAMES[stage]}
        >
          {stage === 'choose' ? choose : <Planned {...{ cluster, also, planning, stage, go }} />}
        </section>
        <div className={styles.foot}>
          <Button
            icon={ArrowLeft}
            onClick={() => {
              const before = ORDER[index - 1];
              if (before === undefined) {
                const { clusterId } = from ?? cluster;
                navigate(`${clusterHref(clusterId, from === undefined ? 'nodes' : undefined)}?`);
              } else go(before);
            }}
          >
            {index > 0 ? 'Back' : `Back to ${from?.name ?? 'the nodes'}`}
          </Button>
          {stage === 'choose' && begin !== undefined ? (
            begin(() => go('checks'))
          ) : (
            <Next {...{ cluster, planning, stage, go }} isChosen={wanted !== null} />
          )}
        </div>
      </Stack>
    </Page>
  );
}

const ORDER = ['choose', 'checks', 'plan', 'approve'] as const satisfies WizardStage[];
const STAGE_NAMES: Record<WizardStage, string> = {
  choose: 'Choose',
  checks: 'Checks',
  plan: 'Plan',
  approve: 'Approve',
};

/** The focus follows to the next stage, so that keyboard and screen reader go on there. */
function useStageFocus(stage: WizardStage) {
  const content = useRef<HTMLElement>(null);
  const shown = useRef(stage);
  useEffect(() => {
    if (shown.current === stage) return;
    shown.current = stage;
    const element = content.current;
    if (element === null) return;
    element.closest('main')?.scrollTo({ top: 0 });
    if (!element.contains(document.activeElement)) element.focus({ preventScroll: true });
  }, [stage]);
  return content;
}

interface StageProps {
  cluster: Cluster;
  planning: Planning;
  stage: WizardStage;
  go: (stage: WizardStage) => void;
}

function Planned({
  cluster,
  also,
  planning,
  stage,
  go,
}: StageProps & { also?: Cluster | undefined }) {
  const { plan, problem, changes } = planning;
  return (
    <>
      {problem !== null && (
        <ErrorNotice
          problem={problem}
          action={<LookButton planning={planning}>Try again</LookButton>}
        />
      )}
      {changes !== null && stage === 'plan' && (
        <Notice tone="warning" title="Nothing was started: the cluster has changed meanwhile.">
          <p>This is the plan as it is now. Read it again before you approve it.</p>
          {changes.length > 0 && (
            <ul className={styles.changes} aria-label="What has changed">
              {changes.map((change) => (
                <li key={change}>{change}</li>
              ))}
            </ul>
          )}
        </Notice>
      )}
      {plan === null ? (
        problem === null && <Waiting />
      ) : stage === 'checks' ? (
        <ChecksStage planning={planning} plan={plan} />
      ) : stage === 'plan' ? (
        <PlanStage plan={plan} />
      ) : (
        <ApproveStage
          key={plan.hash}
          cluster={cluster}
          also={also}
          plan={plan}
          onStale={(stale) => {
            void planning.renew(stale).then(() => go('plan'));
          }}
        />
      )}
    </>
  );
}

function Waiting() {
  return (
    <div role="status" className={styles.waiting}>
      <p className={styles.quiet}>The nodes are being asked. This changes nothing.</p>
      <Skeleton height="34px" />
      <Skeleton height="34px" />
      <Skeleton height="34px" />
    </div>
  );
}

/** The way on; on the last stage it is the approval itself, which stands beside what is typed. */
function Next({ cluster, planning, stage, go, isChosen }: StageProps & { isChosen: boolean }) {
  const block = useSlurmBlock(cluster);
  if (stage === 'choose') {
    return (
      <Button tone="primary" disabled={!isChosen} why={block} onClick={() => go('checks')}>
        Look whether it can be done
      </Button>
    );
  }
  const { plan } = planning;
  if (plan === null || stage === 'approve') return null;
  const failed = plan.checks.filter(({ state }) => state === 'failed').length;
  const why =
    failed === 0
      ? null
      : failed === 1
        ? 'One check has failed. Follow its remedy first.'
        : `${failed} checks have failed. Follow their remedies first.`;
  return stage === 'checks' ? (
    <Button tone="primary" why={why} onClick={() => go('plan')}>
      See the plan
    </Button>
  ) : (
    <Button tone="primary" why={why} onClick={() => go('approve')}>
      Go to the approval
    </Button>
  );
}
