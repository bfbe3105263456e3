import { useEffect, useRef } from 'react';
import type { TaskLog } from './log';
import styles from './tasks.module.css';

/** The lines of a log; it stays at the end while one looks at the end, and holds still otherwise. */
export function TaskLogView({ log }: { log: TaskLog }) {
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    const element = scroller.current;
    if (element && atEnd.current) element.scrollTop = element.scrollHeight;
  }, [log]);
  return (
    <div
      ref={scroller}
      role="log"
      aria-label="Log"
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area must be reachable by keyboard
      tabIndex={0}
      className={styles.log}
      onScroll={({ currentTarget: at }) => {
        atEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 24;
      }}
    >
      {log.dropped > 0 && <p className={styles.dropped}>{log.dropped} earlier lines left out</p>}
      {log.lines.map((line) => (
        <div key={line.n} className={styles.line}>
          {line.text === '' ? '\u00a0' : line.text}
        </div>
      ))}
      {log.lines.length === 0 && log.state !== 'loading' && (
        <p className={styles.dropped}>Nothing was written yet.</p>
      )}
    </div>
  );
}
