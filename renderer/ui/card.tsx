import type { ComponentPropsWithRef, ReactNode } from 'react';
import styles from './card.module.css';
import { cx } from './cx';

/** A calm framed surface. */
export function Card({ className, ...rest }: ComponentPropsWithRef<'section'>) {
  return <section {...rest} className={cx(styles.card, className)} />;
}

interface PanelProps {
  title: ReactNode;
  /** stands right of the title */
  aside?: ReactNode;
  note?: ReactNode;
  className?: string | undefined;
  children: ReactNode;
}

/** A card with a title line. */
export function Panel(props: PanelProps) {
  return (
    <Card className={cx(styles.panel, props.className)}>
      <header className={styles.head}>
        <div>
          <h2>{props.title}</h2>
          {props.note !== undefined && <p className={styles.note}>{props.note}</p>}
        </div>
        {props.aside}
      </header>
      {props.children}
    </Card>
  );
}
