import { ArrowDown, ArrowUp } from 'lucide-react';
import { useId } from 'react';
import type { MergedField, SyncEntry } from '#shared/contract/sync';
import { cx } from '../../ui/cx';
import { fieldName, valueWords } from './field-names';
import styles from './field-table.module.css';
import { isChoosable, type Side } from './sync-view';

interface FieldTableProps {
  entry: Pick<SyncEntry, 'clusterId' | 'name'> & { fields: readonly MergedField[] };
  remoteName: string;
  /** the side that counts for a field; null while somebody has to choose */
  side: (field: MergedField) => Side | null;
  /** absent where there is nothing to choose any more */
  onChoose?: (field: string, side: Side) => void;
}

/** Mine and theirs side by side, with what both sides had before. */
export function FieldTable({ entry, remoteName, side, onChoose }: FieldTableProps) {
  return (
    <table className={styles.table} aria-label={`Fields of ${entry.name}`}>
      <colgroup>
        <col className={styles.fieldColumn} />
        <col className={styles.beforeColumn} />
        <col />
        <col />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Before</th>
          <th scope="col">Mine, on this desk</th>
          <th scope="col">Theirs, on {remoteName}</th>
        </tr>
      </thead>
      <tbody>
        {conflictsFirst(entry.fields).map((field) => (
          <FieldRow
            key={field.field}
            field={field}
            side={side(field)}
            onChoose={
              onChoose && isChoosable(field) ? (taken) => onChoose(field.field, taken) : undefined
            }
          />
        ))}
      </tbody>
    </table>
  );
}

function conflictsFirst(fields: readonly MergedField[]): MergedField[] {
  const rank = ({ outcome }: MergedField) => (outcome === 'conflict' ? 0 : 1);
  return [...fields].sort((a, b) => rank(a) - rank(b));
}

interface FieldRowProps {
  field: MergedField;
  side: Side | null;
  onChoose: ((side: Side) => void) | undefined;
}

function FieldRow({ field, side, onChoose }: FieldRowProps) {
  const group = useId();
  const name = fieldName(field.field);
  const open = onChoose !== undefined && side === null;
  const cell = (of: Side) => (
    <td className={cx(styles.side, side === of && styles.taken, open && styles.open)}>
      {onChoose ? (
        <label className={styles.choice}>
          <input
            type="radio"
            name={group}
            checked={side === of}
            aria-label={`${name}: take ${of}, ${valueWords(field[of])}`}
            onChange={() => onChoose(of)}
          />
          <Worth value={field[of]} />
          {side === of && <Way side={of} />}
        </label>
      ) : (
        <span className={styles.choice}>
          <Worth value={field[of]} />
          {side === of && <Way side={of} />}
        </span>
      )}
    </td>
  );
  return (
    <tr>
      <th scope="row" className={styles.name}>
        {name}
        {field.note !== null && <span className={styles.note}>{field.note}</span>}
      </th>
      <td className={styles.before}>
        <Worth value={field.base} />
      </td>
      {cell('mine')}
      {cell('theirs')}
    </tr>
  );
}

function Worth({ value }: { value: MergedField['mine'] }) {
  const words = valueWords(value);
  const quiet = value === null || value === '';
  return <span className={cx(styles.worth, quiet && styles.unset)}>{words}</span>;
}

/** Which way a value goes; the word is for screen readers, the arrow for everybody else. */
function Way({ side }: { side: Side }) {
  const Icon = side === 'mine' ? ArrowUp : ArrowDown;
  return (
    <span className={styles.way}>
      <Icon size={14} strokeWidth={2} aria-hidden />
      <span className="visually-hidden">{side === 'mine' ? ', goes up' : ', comes down'}</span>
    </span>
  );
}
