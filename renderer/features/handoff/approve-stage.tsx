import { Play } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import type { OperationPlan } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { duration, plain } from '#shared/domain/units';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { elapsed } from '../../ui/elapsed';
import { ErrorNotice, Notice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { Input } from '../../ui/input';
import { Stack } from '../../ui/stack';
import { useSlurmBlock } from '../clusteros/use-slurm-block';
import styles from './approve-stage.module.css';
import { useStart } from './use-wizard';
import { about, countWords, fateWords } from './words';

interface ApproveStageProps {
  cluster: Cluster;
  /** a second one that it changes */
  also?: Cluster | undefined;
  plan: OperationPlan;
  onStale: (plan: OperationPlan) => void;
}

/** Says once more what will happen, asks for what has to be typed, and begins it once. */
export function ApproveStage({ cluster, also, plan, onStale }: ApproveStageProps) {
  const own = useSlurmBlock(cluster);
  const others = useSlurmBlock(also ?? cluster);
  const block = own ?? others;
  const [typed, setTyped] = useState('');
  const [ids, setIds] = useState<Readonly<Record<string, string>>>({});
  const start = useStart(cluster, also, onStale);
  const guarded = [cluster, ...(also === undefined ? [] : [also])].filter((one) => one.protected);
  const idOf = (one: Cluster | undefined) => (ids[one?.uuid ?? ''] ?? '').trim();
  // what is watched next must not have to be loaded first
  useEffect(() => void import('./run-page'), []);
  const isReady =
    typed.trim() === plan.confirm && guarded.every((one) => idOf(one) === one.clusterId);
  const begin = () => {
    if (!isReady || block !== null || start.isPending) return;
    start.mutate({
      plan,
      confirm: typed.trim(),
      confirmCluster: idOf(cluster),
      confirmAlso: idOf(also),
    });
  };
  const problem = start.isError ? problemOf(start.error) : null;
  return (
    <Panel title={plan.title} className={styles.panel}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          begin();
        }}
      >
        <Stack>
          <ul className={styles.sentences} aria-label="What will happen">
            {sentencesOf(plan).map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          {plan.irreversible.length > 0 && (
            <Notice tone="warning" title="Nothing brings this back:">
              <ul>
                {plan.irreversible.map((sentence) => (
                  <li key={sentence}>{sentence}</li>
                ))}
              </ul>
            </Notice>
          )}
          {plan.confirm !== '' && (
            <Typed value={typed} onChange={setTyped} autoFocus>
              Type <code>{plan.confirm}</code> to approve it
            </Typed>
          )}
          {guarded.map((one) => (
            <Typed
              key={one.uuid}
              value={ids[one.uuid] ?? ''}
              onChange={(id) => setIds((before) => ({ ...before, [one.uuid]: id }))}
              hint={`${also === undefined ? 'This cluster' : one.name} is protected. That is why its id is asked for.`}
            >
              Type the cluster’s id, <code>{one.clusterId}</code>
            </Typed>
          ))}
          {problem !== null && problem.code !== 'PLAN_STALE' && <ErrorNotice problem={problem} />}
          <div className={styles.foot}>
            <p className={styles.quiet}>
              It runs in the {also === undefined ? 'cluster' : 'clusters'}. Closing this window
              changes nothing.
            </p>
            <Button
              type="submit"
              tone="primary"
              icon={Play}
              disabled={!isReady}
              busy={start.isPending}
              why={block}
            >
              Approve and start
            </Button>
          </div>
        </Stack>
      </form>
    </Panel>
  );
}

interface TypedProps {
  value: string;
  onChange: (value: string) => void;
  autoFocus?: boolean;
  hint?: string;
  children: ReactNode;
}

function Typed({ value, onChange, autoFocus = false, hint, children }: TypedProps) {
  return (
    <Field label={children} required {...(hint !== undefined && { hint })} className={styles.typed}>
      {(control) => (
        <Input {...control} mono autoFocus={autoFocus} value={value} onChange={onChange} />
      )}
    </Field>
  );
}

/** The plan in a few sentences. */
function sentencesOf(plan: OperationPlan): string[] {
  const { goes_on, waits, cannot } = plan.blast;
  const sentences = [
    `${countWords(plan.steps.length, 'step')}, ${about(plan.expected_ms)} in all.`,
    plan.expected_pause_ms === 0
      ? 'Submissions do not wait.'
      : `Submissions wait for ${elapsed(plan.expected_pause_ms)}; none is refused.`,
  ];
  const tell = (fate: keyof OperationPlan['blast'], count: number) => {
    if (count > 0) sentences.push(`${count} ${fateWords(plan, fate).sentence}`);
  };
  tell('goes_on', goes_on.count);
  tell('waits', waits.count);
  tell('cannot', cannot.count);
  sentences.push(
    plan.rollback_ms === 0
      ? 'When it is done it cannot be rolled back.'
      : `When it is done it can be rolled back for ${plain(duration(plan.rollback_ms / 1000))}.`,
  );
  return sentences;
}
