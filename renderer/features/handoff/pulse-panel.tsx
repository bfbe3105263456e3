import type { AgentOperation, OperationPulse } from '#shared/contract/agent/operations';
import { Panel } from '../../ui/card';
import { cx } from '../../ui/cx';
import { elapsed } from '../../ui/elapsed';
import { Value } from '../../ui/value';
import styles from './pulse-panel.module.css';
import { pulsePaths, pulseSpanMs } from './pulse-paths';

const FRAME = { width: 600, height: 44 };

interface PulsePanelProps {
  pulse: OperationPulse | null;
  state: AgentOperation['state'];
  /** how long submissions were expected to wait */
  expectedMs: number;
  stale: boolean;
}

/** What those feel who submit meanwhile: the longest wait, failures, and every job accounted for. */
export function PulsePanel({ pulse, state, expectedMs, stale }: PulsePanelProps) {
  if (pulse === null) return null;
  const [value = '', unit = ''] = wait(pulse.longest_ms).split(' ');
  // they are counted again towards the end, and not at all where it was taken back
  const isUncounted = state !== 'done' && pulse.jobs_found === 0;
  const missing = isUncounted ? 0 : pulse.jobs_known - pulse.jobs_found;
  return (
    <Panel title="What users feel">
      <dl className={styles.figures}>
        <div>
          <dt>longest wait of a submission</dt>
          <dd>
            <Value size="large" value={value} unit={unit} stale={stale} />
          </dd>
        </div>
        <div className={cx(pulse.failed > 0 && styles.bad)}>
          <dt>failed submissions</dt>
          <dd>
            <Value size="large" value={`${pulse.failed}`} stale={stale} />
          </dd>
        </div>
        <div className={cx(missing > 0 && styles.warning)}>
          <dt>{isUncounted ? 'jobs when it began' : jobsWord(pulse)}</dt>
          <dd>
            <Value
              size="large"
              value={`${isUncounted ? pulse.jobs_known : pulse.jobs_found}`}
              stale={stale}
            />
          </dd>
        </div>
      </dl>
      <PulseChart pulse={pulse} stale={stale} />
      <p className={styles.caption}>
        <span>{`sbatch answer time, last ${pulseSpanMs(pulse.points) / 1000} s`}</span>
        <span>{lastWord(pulse, expectedMs)}</span>
      </p>
    </Panel>
  );
}

function jobsWord({ jobs_known, jobs_found }: OperationPulse): string {
  if (jobs_found < jobs_known) return `of ${jobs_known} jobs accounted for`;
  if (jobs_known === 0) return 'jobs were there';
  return jobs_known === 1 ? 'job, accounted for' : 'jobs, all accounted for';
}

function lastWord({ points }: OperationPulse, expectedMs: number): string {
  const last = points.at(-1);
  const now = last === undefined ? 'not measured yet' : last[1] === null ? 'failed' : wait(last[1]);
  return expectedMs === 0 ? `now ${now}` : `now ${now} · expected ${wait(expectedMs)}`;
}

/** A wait in seconds, so that the figure keeps its unit while it grows: `0.28 s`. */
const wait = (ms: number): string => (ms < 10_000 ? `${(ms / 1000).toFixed(2)} s` : elapsed(ms));

function PulseChart({ pulse, stale }: { pulse: OperationPulse; stale: boolean }) {
  const { line, area, failed, topMs } = pulsePaths(pulse.points, FRAME);
  const { width, height } = FRAME;
  const words = `sbatch answer time over the last ${pulseSpanMs(pulse.points) / 1000} s, at most ${wait(pulse.longest_ms)}, ${
    pulse.failed === 0 ? 'none failed' : `${pulse.failed} failed`
  }`;
  return (
    <div className={cx(styles.chart, stale && styles.stale)} role="img" aria-label={words}>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden>
        <path className={styles.area} d={area} />
        <path className={styles.line} d={line} vectorEffect="non-scaling-stroke" />
        {failed.map((at) => (
          <path
            key={at}
            className={styles.failed}
            d={`M${at * width},0V${height}`}
            vectorEffect="non-scaling-stroke"
          />
        ))}
      </svg>
      <span className={styles.top} aria-hidden>
        {wait(topMs)}
      </span>
    </div>
  );
}
