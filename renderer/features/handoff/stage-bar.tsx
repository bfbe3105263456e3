import { Check } from 'lucide-react';
import { cx } from '../../ui/cx';
import styles from './stage-bar.module.css';

/** The way of an operation, from left to right. */
export const STAGES = ['choose', 'checks', 'plan', 'approve', 'run', 'report'] as const;
export type Stage = (typeof STAGES)[number];

const NAMES: Record<Stage, string> = {
  choose: 'Choose',
  checks: 'Checks',
  plan: 'Plan',
  approve: 'Approve',
  run: 'Run',
  report: 'Report',
};

interface StageBarProps {
  current: Stage;
  /** the first stage that is still to come; what stands before it is behind one */
  reached: Stage;
  /** those that can be opened from here */
  open: readonly Stage[];
  onOpen: (stage: Stage) => void;
}

/** Where one is on the way; what can be looked at again is a button. */
export function StageBar({ current, reached, open, onOpen }: StageBarProps) {
  const upTo = STAGES.indexOf(reached);
  return (
    <nav aria-label="Stages">
      <ol className={styles.bar}>
        {STAGES.map((stage, index) => {
          const isDone = index < upTo && stage !== current;
          const words = (
            <>
              {isDone && <Check size={14} strokeWidth={2} aria-hidden className={styles.check} />}
              {NAMES[stage]}
              {isDone && <span className="visually-hidden"> (done)</span>}
            </>
          );
          return (
            <li key={stage}>
              {open.includes(stage) && stage !== current ? (
                <button type="button" className={styles.stage} onClick={() => onOpen(stage)}>
                  {words}
                </button>
              ) : (
                <span
                  className={cx(
                    styles.stage,
                    stage === current && styles.current,
                    index > upTo && styles.coming,
                  )}
                  aria-current={stage === current ? 'step' : undefined}
                >
                  {words}
                </span>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
