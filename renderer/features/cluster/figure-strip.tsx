import { cx } from '../../ui/cx';
import { Value } from '../../ui/value';
import styles from './figure-strip.module.css';
import type { Figure } from './figures';

/** The numbers that sum a cluster up. Each has its place from the start, known or not. */
export function FigureStrip({ figures, stale }: { figures: readonly Figure[]; stale: boolean }) {
  return (
    <dl className={cx(styles.strip, stale && styles.stale)}>
      {figures.map(({ key, label, quantity, words, tone }) => (
        <div key={key} className={styles.figure}>
          <dt className={styles.label}>{label}</dt>
          <dd className={cx(!stale && tone !== 'plain' && styles[tone])}>
            <Value
              size="large"
              value={quantity.text === '–' ? null : quantity.text}
              unit={quantity.unit}
              stale={stale}
            />
          </dd>
          <dd className={styles.words} title={words}>
            {words}
          </dd>
        </div>
      ))}
    </dl>
  );
}
