import { Workflow } from 'lucide-react';
import { useLocation } from 'wouter';
import type { Operation } from '#shared/contract/operations';
import { useParam } from '../../app/address';
import { useLive } from '../../app/context';
import { Button } from '../../ui/button';
import { Card } from '../../ui/card';
import { EmptyState } from '../../ui/feedback';
import { Moment } from '../../ui/moment';
import { Page } from '../../ui/page';
import { OperationBar } from './operation-bar';
import { OperationState } from './operation-state';
import styles from './operations.module.css';
import { summary } from './summary';

/** What was asked of guests, nodes and jobs from this desk: running first, then the past. */
export default function OperationsPage() {
  const operations = [...useLive((state) => state.operations).values()];
  const running = operations.filter((operation) => operation.state === 'running');
  const past = operations.filter((operation) => operation.state !== 'running');
  return (
    <Page
      title="Operations"
      lead={
        running.length === 0
          ? 'Nothing is running. What was done from this desk stays listed here.'
          : `${running.length} running. Closing this window changes nothing for what was sent.`
      }
    >
      {operations.length === 0 ? (
        <Nothing />
      ) : (
        <>
          {running.length > 0 && <OperationList title="Running" operations={running} />}
          {past.length > 0 && <OperationList title="Past" operations={past} />}
        </>
      )}
    </Page>
  );
}

function Nothing() {
  const [, navigate] = useLocation();
  return (
    <EmptyState
      icon={Workflow}
      title="Nothing was done from here yet"
      actions={<Button onClick={() => navigate('/guests')}>Go to the guests</Button>}
    >
      Start or stop guests, drain nodes, cancel jobs: each one’s result is kept here.
    </EmptyState>
  );
}

function OperationList(props: { title: string; operations: readonly Operation[] }) {
  return (
    <section aria-label={props.title} className={styles.section}>
      <h2 className={styles.heading}>{props.title}</h2>
      <Card>
        <ul>
          {props.operations.map((operation) => (
            <OperationLine key={operation.id} operation={operation} />
          ))}
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
