import { Command } from 'cmdk';
import { useState } from 'react';
import { Dialog } from '../../ui/dialog';
import styles from './palette.module.css';
import { usePaletteEntries } from './use-palette-entries';

/** Finds clusters, guests, jobs, pages and actions by what they are called, and runs them. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const [query, setQuery] = useState('');
  const sections = usePaletteEntries(query);
  return (
    <Dialog open bare title="Search" onOpenChange={onClose}>
      <Command label="Search clusters, guests, jobs and actions" shouldFilter={false} loop>
        <Command.Input
          autoFocus
          className={styles.input}
          placeholder="Search clusters, guests, jobs, actions"
          value={query}
          onValueChange={setQuery}
        />
        <Command.List className={styles.list} label="Found">
          <Command.Empty className={styles.empty}>
            Nothing is called that. Try a part of the name, or the number of a guest or job.
          </Command.Empty>
          {sections.map((section) => (
            <Command.Group key={section.name} heading={section.name} className={styles.group}>
              {section.entries.map((entry) => (
                <Command.Item
                  key={entry.key}
                  value={entry.key}
                  className={styles.item}
                  onSelect={() => {
                    // first closed: the entry may open another dialog
                    onClose();
                    entry.run();
                  }}
                >
                  <span className={styles.label}>{entry.label}</span>
                  <span className={styles.detail}>{entry.detail}</span>
                </Command.Item>
              ))}
            </Command.Group>
          ))}
        </Command.List>
      </Command>
    </Dialog>
  );
}
