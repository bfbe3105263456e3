import { Play, Power, RotateCw, Square, X } from 'lucide-react';
import { Button, IconButton } from '../../ui/button';
import { useBlock } from '../access/use-block';
import { ACTIONS, guestCount, OFFERED, type OfferedAction } from './actions';
import styles from './selection-bar.module.css';

export const ACTION_ICONS = {
  start: Play,
  shutdown: Power,
  reboot: RotateCw,
  stop: Square,
} as const satisfies Record<OfferedAction, unknown>;

interface SelectionBarProps {
  count: number;
  onAction: (action: OfferedAction) => void;
  onClear: () => void;
}

/** What can be done with the selected guests; floats over the list's foot, so that nothing moves. */
export function SelectionBar({ count, onAction, onClear }: SelectionBarProps) {
  const block = useBlock();
  return (
    <div className={styles.place}>
      {count > 0 && (
        <div role="toolbar" aria-label="Selected guests" className={styles.bar}>
          <output className={styles.count}>{guestCount(count)} selected</output>
          {OFFERED.map((action) => (
            <Button
              key={action}
              small
              icon={ACTION_ICONS[action]}
              tone={action === 'stop' ? 'danger' : 'plain'}
              why={block}
              onClick={() => onAction(action)}
            >
              {ACTIONS[action].label}
            </Button>
          ))}
          <IconButton icon={X} label="Select none" onClick={onClear} />
        </div>
      )}
    </div>
  );
}
