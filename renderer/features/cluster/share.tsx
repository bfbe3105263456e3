import { Meter } from '../../ui/meter';
import { toneOf } from './figures';
import styles from './tables.module.css';

/** A percentage with its bar. */
export function Share(props: {
  label: string;
  share: number | null;
  text: string;
  title?: string;
  stale: boolean;
}) {
  return (
    <span className={styles.share} title={props.title}>
      <span>{props.text}</span>
      <span className={styles.meter}>
        <Meter
          label={props.label}
          fraction={props.share}
          text={props.title ?? props.text}
          tone={toneOf(props.share, 0.85, 0.95)}
          stale={props.stale}
        />
      </span>
    </span>
  );
}
