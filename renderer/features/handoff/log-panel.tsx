import { useEffect, useRef } from 'react';
import type { OperationLogLine } from '#shared/contract/agent/operations';
import { Panel } from '../../ui/card';
import { cx } from '../../ui/cx';
import styles from './log-panel.module.css';

/** The last lines, by the cluster's clock; it stays at the end while one looks at the end. */
export function LogPanel({
  log,
  tall = false,
}: {
  log: readonly OperationLogLine[];
  tall?: boolean;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    const element = scroller.current;
    if (element && atEnd.current) element.scrollTop = element.scrollHeight;
  }, [log]);
  return (
    <Panel title="Log">
      <div
        ref={scroller}
        role="log"
        // what is written several times a second would be read out without end
        aria-live="off"
        aria-label="Log"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area must be reachable by keyboard
        tabIndex={0}
        className={cx(styles.log, tall && styles.tall)}
        onScroll={({ currentTarget: at }) => {
          atEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 24;
        }}
      >
        {log.map((line, index) => (
          // lines have no identity of their own, and only ever come at the end
          // oxlint-disable-next-line react/no-array-index-key
          <div key={`${line.at} ${index}`} className={styles.line}>
            <time className={styles.time} dateTime={new Date(line.at).toISOString()}>
              {clock(line.at)}
            </time>
            <span className={cx(styles.node, line.node === '' && styles.engine)}>
              {line.node === '' ? 'engine' : line.node}
            </span>
            <span className={styles.text}>{line.text}</span>
          </div>
        ))}
        {log.length === 0 && <p className={styles.nothing}>Nothing was written yet.</p>}
      </div>
    </Panel>
  );
}

/** `14:06:13.102`, by this desk's time zone */
function clock(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}
