import { useLive } from '../../app/context';
import { Button } from '../../ui/button';
import { Kbd } from '../../ui/code';
import { Dialog } from '../../ui/dialog';
import styles from './help-dialog.module.css';

const KEYS: readonly { keys: readonly string[]; does: string; single?: boolean }[] = [
  { keys: ['Ctrl K'], does: 'Search everything and run any action' },
  { keys: ['/'], does: 'Search on this page', single: true },
  { keys: ['a'], does: 'Add a cluster', single: true },
  { keys: ['?'], does: 'Show these keys', single: true },
  { keys: ['←', '→', '↑', '↓'], does: 'Move between cards, rows and choices' },
  { keys: ['Home', 'End'], does: 'Go to the first or the last' },
  { keys: ['Enter'], does: 'Open what has the focus' },
  { keys: ['Space'], does: 'Tick, press or switch it' },
  { keys: ['Shift ↑', 'Shift ↓', 'Ctrl A'], does: 'Select several rows, or all' },
  { keys: ['Tab'], does: 'Go through the controls of a card' },
  { keys: ['Esc'], does: 'Close a dialog or clear a filter' },
];

/** The keys that work in this window. */
export function HelpDialog({ onClose }: { onClose: () => void }) {
  const singleKeys = useLive((state) => state.settings?.singleKeys ?? true);
  return (
    <Dialog
      open
      size="small"
      title="Keys"
      onOpenChange={onClose}
      footer={
        <Button tone="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      <dl className={styles.keys}>
        {KEYS.filter((entry) => singleKeys || entry.single !== true).map(({ keys, does }) => (
          <div key={does} className={styles.row}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
