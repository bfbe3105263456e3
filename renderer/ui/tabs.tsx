import type { ReactNode } from 'react';
import { cx } from './cx';
import styles from './tabs.module.css';

interface TabLinksProps<Tab extends string> {
  label: string;
  current: Tab;
  tabs: readonly { tab: Tab; label: ReactNode; count?: number; href: string }[];
}

/** Tabs that are pages of their own: links, so that back, forward and bookmarks work. */
export function TabLinks<Tab extends string>(props: TabLinksProps<Tab>) {
  return (
    <nav aria-label={props.label} className={styles.tabs}>
      {props.tabs.map((entry) => (
        <a
          key={entry.tab}
          href={entry.href}
          className={cx(styles.tab, entry.tab === props.current && styles.current)}
          aria-current={entry.tab === props.current ? 'page' : undefined}
        >
          {entry.label}
          {entry.count !== undefined && <span className={styles.count}>{entry.count}</span>}
        </a>
      ))}
    </nav>
  );
}
