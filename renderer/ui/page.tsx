import { type ReactNode, useEffect } from 'react';
import { cx } from './cx';
import styles from './page.module.css';

interface PageProps {
  title: string;
  /** stands before the title, as a state dot */
  mark?: ReactNode;
  /** stands after the title, as an id */
  aside?: ReactNode;
  /** the way here, above the title */
  crumbs?: readonly { label: string; href: string }[];
  /** a sentence below the title */
  lead?: ReactNode;
  /** buttons at the right, the deed last */
  actions?: ReactNode;
  /** below the head, above the content: tabs, filters */
  bar?: ReactNode;
  width?: 'full' | 'form';
  /** the content fills the window's height and scrolls by itself, as a long table does */
  fill?: boolean;
  children: ReactNode;
}

/** A page's head and body; names the window after it. */
export function Page(props: PageProps) {
  useEffect(() => {
    document.title = `${props.title} · Clusterdeck`;
  }, [props.title]);
  return (
    <div className={cx(styles.page, props.fill && styles.fill, styles[props.width ?? 'full'])}>
      <header className={styles.head}>
        <div className={styles.words}>
          {props.crumbs !== undefined && (
            <nav aria-label="Where this is" className={styles.crumbs}>
              {props.crumbs.map((crumb, index) => (
                <span key={crumb.href}>
                  {index > 0 && <span aria-hidden> / </span>}
                  <a href={crumb.href}>{crumb.label}</a>
                </span>
              ))}
            </nav>
          )}
          <div className={styles.title}>
            {props.mark}
            <h1>{props.title}</h1>
            {props.aside}
          </div>
          {props.lead !== undefined && <div className={styles.lead}>{props.lead}</div>}
        </div>
        {props.actions !== undefined && <div className={styles.actions}>{props.actions}</div>}
      </header>
      {props.bar !== undefined && <div className={styles.bar}>{props.bar}</div>}
      <div className={styles.body}>{props.children}</div>
    </div>
  );
}
