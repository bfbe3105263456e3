import { Check, LoaderCircle, type LucideIcon, Minus, X } from 'lucide-react';
import type { ClusterKind } from '#shared/contract/clusters';
import { STAGES, type StageName, type TestStage } from '#shared/contract/connection';
import { cx } from '../../ui/cx';
import { elapsed } from '../../ui/elapsed';
import styles from './test-stages.module.css';
import type { ConnectionTest } from './test-state';

const NAMES: Record<StageName, string> = {
  'name resolution': 'Name resolution',
  tcp: 'TCP',
  tls: 'TLS',
  authentication: 'Authentication',
  permissions: 'Permissions',
  version: 'Version',
  nodes: 'Nodes',
  quorum: 'Quorum',
};

type Look = TestStage['state'] | 'waiting';
const LOOKS: Record<Look, { icon: LucideIcon | null; word: string }> = {
  waiting: { icon: null, word: 'waiting' },
  running: { icon: LoaderCircle, word: 'running' },
  passed: { icon: Check, word: 'passed' },
  failed: { icon: X, word: 'failed' },
  skipped: { icon: Minus, word: 'skipped' },
};

/** What the same stage is called with an agent. */
const AGENT_NAMES: Partial<Record<StageName, string>> = {
  permissions: 'Rights',
  quorum: 'Shared state',
};

interface TestStagesProps {
  kind: ClusterKind;
  test: ConnectionTest;
  /** leaves out what was not reached, where a question follows below */
  brief?: boolean;
}

/** The eight stages in their order; places of those to come are kept, so that nothing jumps. */
export function TestStages({ kind, test, brief = false }: TestStagesProps) {
  const shown = STAGES.map((name) => ({
    name,
    stage: test.stages.find((stage) => stage.name === name),
  })).filter(({ stage }) => !brief || stage?.state === 'passed' || stage?.state === 'failed');
  return (
    <StageList
      busy={test.phase === 'running'}
      stages={shown.map(({ name, stage }) => ({
        name,
        words: (kind === 'clusteros' ? AGENT_NAMES[name] : undefined) ?? NAMES[name],
        stage,
      }))}
    />
  );
}

interface ListedStage {
  name: string;
  words: string;
  /** undefined while it was not reached */
  stage: Omit<TestStage, 'name'> | undefined;
}

/** Stages of any test, one below the other. */
export function StageList({ stages, busy }: { stages: readonly ListedStage[]; busy: boolean }) {
  return (
    <ol className={styles.stages} aria-busy={busy}>
      {stages.map((listed) => (
        <Stage key={listed.name} {...listed} />
      ))}
    </ol>
  );
}

function Stage({ words, stage }: ListedStage) {
  const state: Look = stage?.state ?? 'waiting';
  const { icon: Icon, word } = LOOKS[state];
  return (
    <li className={cx(styles.stage, styles[state])}>
      <span className={styles.disc}>
        {Icon && <Icon size={12} strokeWidth={2.5} aria-hidden />}
      </span>
      <span className={styles.name}>
        {words}
        <span className="visually-hidden">: {word}</span>
      </span>
      <span className={styles.detail}>{stage?.detail}</span>
      <span className={styles.time}>
        {stage && (state === 'passed' || state === 'failed') && elapsed(stage.ms)}
      </span>
      {state === 'failed' && stage?.remedy !== undefined && (
        <p className={styles.remedy}>{stage.remedy}</p>
      )}
    </li>
  );
}
