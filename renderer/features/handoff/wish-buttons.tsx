import { Check, type LucideIcon, Pause, Play, RotateCcw, SkipForward, Undo2 } from 'lucide-react';
import type { OperationAnswer, OperationWish } from '#shared/contract/agent/operations';
import type { Cluster } from '#shared/contract/clusters';
import { Button } from '../../ui/button';
import { useNow } from '../../ui/now';
import { useSlurmBlock } from '../clusteros/use-slurm-block';
import { offeredWishes, stuckPart, WISH_WORDS } from './wishes';

const ICONS: Record<OperationWish, LucideIcon> = {
  pause: Pause,
  resume: Play,
  retry: RotateCcw,
  skip: SkipForward,
  abort: Undo2,
  rollback: Undo2,
  commit: Check,
};

interface WishButtonsProps {
  cluster: Cluster;
  answer: OperationAnswer;
  onAsk: (wish: OperationWish) => void;
}

/** What can be asked of an operation as it stands now. */
export function WishButtons({ cluster, answer, onAsk }: WishButtonsProps) {
  const block = useSlurmBlock(cluster);
  const now = useNow();
  return offeredWishes(answer.operation, now).map((wish) => (
    <Button
      key={wish}
      icon={ICONS[wish]}
      tone={toneOf(wish)}
      why={block}
      busy={answer.wish === wish}
      onClick={() => onAsk(wish)}
    >
      {wish === 'skip'
        ? `Leave ${stuckPart(answer.operation) ?? 'it'} out`
        : WISH_WORDS[wish].label}
    </Button>
  ));
}

function toneOf(wish: OperationWish) {
  if (WISH_WORDS[wish].danger) return 'danger';
  return wish === 'resume' || wish === 'retry' ? 'primary' : 'plain';
}
