import type { ImportEntry } from '#shared/contract/imports';
import { Checkbox } from '../../ui/choice';
import { CodeText } from '../../ui/code';
import { StateDot, type Tone } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import styles from './import-dialog.module.css';

const VERDICTS: Record<ImportEntry['verdict'], { word: string; tone: Tone }> = {
  new: { word: 'new', tone: 'ok' },
  exists: { word: 'is on the deck already', tone: 'idle' },
  invalid: { word: 'cannot be imported', tone: 'bad' },
};

interface ImportTableProps {
  entries: readonly ImportEntry[];
  /** indexes into the file */
  ticked: ReadonlySet<number>;
  onTicked: (ticked: ReadonlySet<number>) => void;
}

/** Each entry of the file, what importing it would do and why. */
export function ImportTable({ entries, ticked, onTicked }: ImportTableProps) {
  const possible = entries.filter((entry) => entry.verdict === 'new');
  const tick = (indexes: readonly number[], on: boolean) => {
    const next = new Set(ticked);
    for (const index of indexes) {
      if (on) next.add(index);
      else next.delete(index);
    }
    onTicked(next);
  };
  return (
    <Table label="Clusters in the file" className={styles.table}>
      <thead>
        <tr>
          <HeadCell>
            <Checkbox
              label="All that can be imported"
              hideLabel
              disabled={possible.length === 0}
              checked={
                ticked.size === 0 ? false : ticked.size === possible.length || 'indeterminate'
              }
              onChange={(on) =>
                tick(
                  possible.map((entry) => entry.index),
                  on,
                )
              }
            />
          </HeadCell>
          <HeadCell>Cluster</HeadCell>
          <HeadCell>Address</HeadCell>
          <HeadCell>Secret</HeadCell>
          <HeadCell>What happens</HeadCell>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => {
          const { word, tone } = VERDICTS[entry.verdict];
          return (
            <tr key={entry.index}>
              <Cell>
                <Checkbox
                  label={`Import ${entry.name}`}
                  hideLabel
                  disabled={entry.verdict !== 'new'}
                  checked={ticked.has(entry.index)}
                  onChange={(on) => tick([entry.index], on)}
                />
              </Cell>
              <Cell>
                <strong>{entry.name}</strong>
                {entry.clusterId !== null && (
                  <span className={styles.id}>
                    <CodeText quiet>{entry.clusterId}</CodeText>
                  </span>
                )}
              </Cell>
              <Cell>
                <CodeText>{entry.address}</CodeText>
              </Cell>
              <Cell quiet>{entry.hasSecret ? 'with it' : 'none'}</Cell>
              <Cell>
                <StateDot tone={tone} word={word} showWord />
                {entry.reasons.map((reason) => (
                  <p key={reason} className={styles.reason}>
                    {reason}
                  </p>
                ))}
              </Cell>
            </tr>
          );
        })}
      </tbody>
    </Table>
  );
}
