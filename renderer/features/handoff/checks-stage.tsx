import type { OperationPlan, PlanCheck } from '#shared/contract/agent/operations';
import { Ago } from '../../ui/ago';
import { Panel } from '../../ui/card';
import { cx } from '../../ui/cx';
import { Badge, StateDot } from '../../ui/state';
import styles from './checks-stage.module.css';
import { LookButton } from './look-button';
import type { Planning } from './use-wizard';
import { CHECK_STATES } from './words';

/** What was looked at beforehand, looked at again every few seconds until one goes on. */
export function ChecksStage({ plan, planning }: { plan: OperationPlan; planning: Planning }) {
  return (
    <Panel
      title={checksWord(plan.checks)}
      note={
        <>
          Looked at <Ago at={planning.lookedAt} />, and again every few seconds. Looking changes
          nothing.
        </>
      }
      aside={<LookButton planning={planning}>Look now</LookButton>}
    >
      <CheckList checks={plan.checks} />
    </Panel>
  );
}

/** `All 9 checks are ok`, `2 of 9 checks have failed` */
function checksWord(checks: readonly PlanCheck[]): string {
  const count = (state: PlanCheck['state']) => checks.filter((one) => one.state === state).length;
  const [failed, warned] = [count('failed'), count('warning')];
  if (failed > 0) return `${failed} of ${checks.length} checks failed`;
  if (warned > 0) return `${checks.length} checks, ${warned} with a warning`;
  return `All ${checks.length} checks are ok`;
}

const ORDER: Record<PlanCheck['state'], number> = { failed: 0, warning: 1, ok: 2 };

/** Checks with what was found and the remedy; trouble stands first. */
export function CheckList({ checks }: { checks: readonly PlanCheck[] }) {
  return (
    <ul className={styles.checks}>
      {checks
        .toSorted((a, b) => ORDER[a.state] - ORDER[b.state])
        .map((check) => (
          <li key={`${check.id} ${check.node ?? ''}`} className={styles.check}>
            <span className={styles.state}>
              <StateDot {...CHECK_STATES[check.state]} showWord />
            </span>
            <div className={cx(check.state === 'ok' && styles.brief)}>
              <p className={styles.title}>
                {check.title}
                {check.node !== undefined && <Badge>{check.node}</Badge>}
              </p>
              <p className={styles.detail}>{check.detail}</p>
              {check.remedy !== '' && check.state !== 'ok' && (
                <p className={styles.remedy}>{check.remedy}</p>
              )}
            </div>
          </li>
        ))}
    </ul>
  );
}
