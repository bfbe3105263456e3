import type { ReactNode } from 'react';
import { cx } from './cx';
import styles from './state.module.css';
import type { Tone } from './tone';

export type { Tone };

/**
 * A state as a mark whose shape differs by tone (disc, diamond, square, ring), so that it is readable
 * without colour; `word` is what screen readers hear and, with `showWord`, what stands beside it.
 */
export function StateDot(props: { tone: Tone; word: string; showWord?: boolean }) {
  return (
    <span className={styles.state}>
      <span className={cx(styles.dot, styles[props.tone])} aria-hidden />
      <span className={props.showWord ? styles.word : 'visually-hidden'}>{props.word}</span>
    </span>
  );
}

/** A few words on a tinted ground. */
export function Badge(props: { tone?: Tone; children: ReactNode; title?: string }) {
  return (
    <span className={cx(styles.badge, styles[`badge-${props.tone ?? 'idle'}`])} title={props.title}>
      {props.children}
    </span>
  );
}
