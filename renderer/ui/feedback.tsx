import { CircleAlert, Info, type LucideIcon, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './cx';
import styles from './feedback.module.css';

interface StatePageProps {
  icon: LucideIcon;
  title: ReactNode;
  children?: ReactNode;
  /** the next step as buttons */
  actions?: ReactNode;
}

/** A place with nothing in it: says why, and what to do about it. */
export function EmptyState({ icon: Icon, title, children, actions }: StatePageProps) {
  return (
    <div className={styles.empty}>
      <Icon size={26} strokeWidth={1.5} aria-hidden className={styles.emptyIcon} />
      <h2>{title}</h2>
      {children !== undefined && <div className={styles.emptyWords}>{children}</div>}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

type NoticeTone = 'information' | 'warning' | 'bad';
const NOTICE_ICONS: Record<NoticeTone, LucideIcon> = {
  information: Info,
  warning: TriangleAlert,
  bad: CircleAlert,
};

interface NoticeProps {
  tone: NoticeTone;
  title: ReactNode;
  icon?: LucideIcon;
  /** one button that helps */
  action?: ReactNode;
  children?: ReactNode;
  className?: string | undefined;
}

/** What is the matter, in place; a failure (`bad`) is read out when it appears. */
export function Notice(props: NoticeProps) {
  const Icon = props.icon ?? NOTICE_ICONS[props.tone];
  return (
    <div
      className={cx(styles.notice, styles[props.tone], props.className)}
      role={props.tone === 'bad' ? 'alert' : undefined}
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden className={styles.noticeIcon} />
      <div className={styles.noticeWords}>
        <strong>{props.title}</strong>
        {props.children !== undefined && (
          <div className={styles.noticeDetail}>{props.children}</div>
        )}
      </div>
      {props.action !== undefined && <div className={styles.noticeAction}>{props.action}</div>}
    </div>
  );
}

/** A failure with its remedy and, where there is one, the button that helps. */
export function ErrorNotice(props: {
  problem: { title: string; remedy: string };
  action?: ReactNode;
}) {
  return (
    <Notice tone="bad" title={props.problem.title} action={props.action}>
      {props.problem.remedy}
    </Notice>
  );
}

/** Holds the place of what is being loaded, in its size. */
export function Skeleton(props: { width?: string; height?: string; className?: string }) {
  return (
    <span
      aria-hidden
      className={cx(styles.skeleton, props.className)}
      style={{ width: props.width, height: props.height }}
    />
  );
}
