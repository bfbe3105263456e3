import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Notice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import styles from './action-parts.module.css';

/** How many of the selected an action leaves alone, by reason. */
export type LeftAlone = readonly { reason: string; count: number }[];

interface RefusedDialogProps {
  /** the action, as `Drain` */
  label: string;
  refusal: string;
  leftAlone: LeftAlone;
  onClose: () => void;
}

/** Says why an action cannot be done at all. */
export function RefusedDialog({ label, refusal, leftAlone, onClose }: RefusedDialogProps) {
  return (
    <Dialog
      open
      size="small"
      title={`${label}: not like this`}
      onOpenChange={onClose}
      footer={<Button onClick={onClose}>Close</Button>}
    >
      <Stack>
        <p>{refusal}</p>
        <LeftAloneWords leftAlone={leftAlone} />
      </Stack>
    </Dialog>
  );
}

export function LeftAloneWords({ leftAlone }: { leftAlone: LeftAlone }) {
  if (leftAlone.length === 0) return null;
  const words = leftAlone.map(({ reason, count }) => `${count} ${reason}`).join(', ');
  return <p className={styles.quiet}>Left alone: {words}.</p>;
}

/** Stands where the id of a protected cluster has to be typed. */
export function ProtectedNotice() {
  return (
    <Notice tone="warning" title="This cluster is protected.">
      That is why its id is asked for.
    </Notice>
  );
}
