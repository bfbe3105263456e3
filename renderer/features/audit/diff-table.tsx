import type { AuditEntry } from '#shared/contract/audit';
import { useLive } from '../../app/context';
import styles from './audit.module.css';
import { type FieldChange, fieldChanges, fieldWords, valueWords } from './words';

/** Field by field what was and what is; a side that is not told has no column. */
export function DiffTable({ entry }: { entry: AuditEntry }) {
  const groups = useLive((state) => state.groups);
  const remotes = useLive((state) => state.remotes);
  const changes = fieldChanges(entry);
  if (changes.length === 0) return <p className={styles.quiet}>Nothing more is told of it.</p>;
  const both = entry.before !== null && entry.after !== null;
  // uuids say nothing to people
  const named = (field: string, value: unknown) => {
    const list = field === 'groupUuid' ? groups : field === 'remoteUuid' ? remotes : [];
    return list.find(({ uuid }) => uuid === value)?.name ?? valueWords(value);
  };
  return (
    <table className={styles.diff} aria-label="Fields">
      <thead>
        <tr>
          <th scope="col">Field</th>
          {entry.before !== null && <th scope="col">Before</th>}
          {entry.after !== null && <th scope="col">After</th>}
        </tr>
      </thead>
      <tbody>
        {changes.map((change: FieldChange) => (
          <tr key={change.field}>
            <th scope="row">{fieldWords(change.field)}</th>
            {entry.before !== null && (
              <td className={both && change.changed ? styles.was : undefined}>
                {named(change.field, change.before)}
              </td>
            )}
            {entry.after !== null && (
              <td className={both && change.changed ? styles.is : undefined}>
                {named(change.field, change.after)}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
