import { Play, Power, RotateCw, Square } from 'lucide-react';
import { SelectionBar } from '../../grid/selection-bar';
import { Button } from '../../ui/button';
import { useBlock } from '../access/use-block';
import { ACTIONS, guestCount, OFFERED, type OfferedAction } from './actions';

export const ACTION_ICONS = {
  start: Play,
  shutdown: Power,
  reboot: RotateCw,
  stop: Square,
} as const satisfies Record<OfferedAction, unknown>;

interface GuestBarProps {
  count: number;
  onAction: (action: OfferedAction) => void;
  onClear: () => void;
}

/** What can be done with the selected guests. */
export function GuestBar({ count, onAction, onClear }: GuestBarProps) {
  const block = useBlock();
  return (
    <SelectionBar what="guests" words={guestCount(count)} count={count} onClear={onClear}>
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
    </SelectionBar>
  );
}
