import { useQuery } from '@tanstack/react-query';
import { Workflow } from 'lucide-react';
import { useLocation } from 'wouter';
import { type ClusterOperation, isOpen, placeKey } from '#shared/contract/cluster-operations';
import type { Operation } from '#shared/contract/operations';
import { useParam } from '../../app/address';
import { useLive, useOrpc } from '../../app/context';
import { Button } from '../../ui/button';
import { Card } from '../../ui/card';
import { EmptyState } from '../../ui/feedback';
import { Moment } from '../../ui/moment';
import { Page } from '../../ui/page';
import { ClusterOperationLine } from './cluster-operation-line';
import { onceEach } from './once-each';
import { OperationBar } from './operation-bar';
import { OperationState } from './operation-state';
import styles from './operations.module.css';
import { summary } from './summary';

/** One line: what this desk does with many, or what a cluster's agents do by themselves. */
type Entry =
  | { by: 'desk'; key: string; at: number; isOpen: boolean; operation: Operation }
  | { by: 'agents'; key: string; at: number; isOpen: boolean; operation: ClusterOperation };

/** All operations of this desk and of its clusters: running first, then the past. */
export default function OperationsPage() {
  const entries = useEntries();
  const running = entries.filter((entry) => entry.isOpen);
  const past = entries.filter((entry) => !entry.isOpen);
  return (
    <Page
      title="Operations"
      lead={
        running.length === 0
          ? 'Nothing is running. What was done from this desk and by its clusters stays listed here.'
          : `${running.length} running. Closing this window changes nothing for what was sent.`
      }
    >
      {entries.length === 0 ? (
        <Nothing />
      ) : (
        <>
          {running.length > 0 && <OperationList title="Running" entries={running} />}
          {past.length > 0 && <OperationList title="Past" entries={past} />}
        </>
      )}
    </Page>
  );
}

function useEntries(): Entry[] {
  const own = useLive((state) => state.operations);
  const agents = useLive((state) => state.clusterOperations);
  const clusters = useLive((state) => state.clusters);
  // what others began meanwhile is asked for once; the answer comes with what is pushed
  useQuery({
    ...useOrpc().clusterOperations.list.queryOptions({ input: { refresh: true } }),
    staleTime: 30_000,
  });
  const desk = [...own.values()].map(
    (operation): Entry => ({
      by: 'desk',
      key: operation.id,
      at: operation.createdAt,
      isOpen: operation.state === 'running',
      operation,
    }),
  );
  const clusterOnes = onceEach(agents.values()).flatMap((operation): Entry[] =>
    clusters.has(operation.uuid)
      ? [
          {
            by: 'agents',
            key: placeKey(operation),
            at: operation.createdAt,
            isOpen: isOpen(operation),
            operation,
          },
        ]
      : [],
  );
  return [...desk, ...clusterOnes].toSorted((a, b) => b.at - a.at);
}

function Nothing() {
  const [, navigate] = useLocation();
  return (
    <EmptyState
      icon={Workflow}
      title="Nothing was done from here yet"
      actions={<Button onClick={() => navigate('/guests')}>Go to the guests</Button>}
    >
      Start or stop guests, drain nodes, hand over a role: each one’s result is kept here.
    </EmptyState>
  );
}

function OperationList(props: { title: string; entries: readonly Entry[] }) {
  return (
    <section aria-label={props.title} className={styles.section}>
      <h2 className={styles.heading}>{props.title}</h2>
      <Card>
        <ul>
          {props.entries.map((entry) =>
            entry.by === 'desk' ? (
              <OperationLine key={entry.key} operation={entry.operation} />
            ) : (
              <ClusterOperationLine key={entry.key} operation={entry.operation} />
            ),
          )}
        </ul>
      </Card>
    </section>
  );
}

function OperationLine({ operation }: { operation: Operation }) {
  const [, openOperation] = useParam('operation');
  return (
    <li className={styles.line}>
      <span className={styles.state}>
        <OperationState state={operation.state} />
      </span>
      <button type="button" className={styles.open} onClick={() => openOperation(operation.id)}>
        {operation.title}
      </button>
      <OperationBar operation={operation} />
      <span className={styles.summary}>{summary(operation)}</span>
      <span className={styles.time}>
        <Moment at={operation.createdAt} />
      </span>
    </li>
  );
}
