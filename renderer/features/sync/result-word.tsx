import { StateDot, type Tone } from '../../ui/state';
import { Tooltip } from '../../ui/tooltip';
import styles from './sync.module.css';
import type { ReportEntry } from './sync-view';

const LOOKS: Record<ReportEntry['result'], { tone: Tone; word: string }> = {
  same: { tone: 'idle', word: 'nothing to do' },
  done: { tone: 'ok', word: 'done' },
  planned: { tone: 'busy', word: 'would be done' },
  waits: { tone: 'warning', word: 'waits for you' },
  failed: { tone: 'bad', word: 'failed' },
  skipped: { tone: 'idle', word: 'left out' },
};

/** What became of a cluster in a sync; a failure tells its reason. */
export function ResultWord({ entry }: { entry: ReportEntry }) {
  const { tone, word } = LOOKS[entry.result];
  const dot = <StateDot tone={tone} word={word} showWord />;
  if (entry.failure === null) return dot;
  const { message, data } = entry.failure;
  return (
    <Tooltip content={`${message} ${data.remedy}`}>
      <button type="button" className={styles.why}>
        {dot}
        <span className="visually-hidden">
          : {message} {data.remedy}
        </span>
      </button>
    </Tooltip>
  );
}
