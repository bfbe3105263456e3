import { useLive } from '../../app/context';
import { Checkbox, Segmented } from '../../ui/choice';
import { Stack } from '../../ui/stack';
import styles from './export-dialog.module.css';

interface ExportScopeProps {
  /** uuids; null: all */
  chosen: ReadonlySet<string> | null;
  onChange: (chosen: ReadonlySet<string> | null) => void;
}

/** All clusters, or those that are ticked. */
export function ExportScope({ chosen, onChange }: ExportScopeProps) {
  const clusters = useLive((state) => state.clusters);
  const ordered = [...clusters.values()].sort((a, b) => a.name.localeCompare(b.name));
  const tick = (uuid: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(uuid);
    else next.delete(uuid);
    onChange(next);
  };
  return (
    <Stack gap="small">
      <div>
        <Segmented
          label="Which clusters"
          value={chosen === null ? 'all' : 'some'}
          options={[
            { value: 'all', label: `All ${clusters.size} clusters` },
            { value: 'some', label: 'Choose' },
          ]}
          onChange={(scope) => onChange(scope === 'all' ? null : new Set())}
        />
      </div>
      {chosen !== null && (
        <ul className={styles.list} aria-label="Clusters to export">
          {ordered.map(({ uuid, name }) => (
            <li key={uuid}>
              <Checkbox label={name} checked={chosen.has(uuid)} onChange={(on) => tick(uuid, on)} />
            </li>
          ))}
        </ul>
      )}
    </Stack>
  );
}
