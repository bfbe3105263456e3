import { useMutation } from '@tanstack/react-query';
import { useClient } from '../../app/context';
import { useFailureToast } from '../../app/failure-toast';
import { Button } from '../../ui/button';
import { useSlurmBlock } from '../clusteros/use-slurm-block';
import styles from './begin-merge.module.css';
import type { Parts } from './roles';

interface BeginMergeProps {
  /** null while it is not known who stays */
  parts: Parts | null;
  goOn: () => void;
}

/** Lets the two call each other, which is all that is changed before the approval, and goes on. */
export function BeginMerge({ parts, goOn }: BeginMergeProps) {
  return parts === null ? (
    <Button tone="primary" disabled>
      Look whether it can be done
    </Button>
  ) : (
    <Begin parts={parts} goOn={goOn} />
  );
}

function Begin({ parts: { gaining, losing }, goOn }: { parts: Parts; goOn: () => void }) {
  const client = useClient();
  const onError = useFailureToast();
  const blockGaining = useSlurmBlock(gaining);
  const blockLosing = useSlurmBlock(losing);
  const permit = useMutation({
    mutationFn: () => client.merge.permit({ clusters: [gaining.uuid, losing.uuid] }),
    onSuccess: goOn,
    onError,
  });
  return (
    <div className={styles.begin}>
      <p className={styles.quiet}>
        Each lets the other’s nodes call it for a day. Nothing else is changed.
      </p>
      <Button
        tone="primary"
        why={blockGaining ?? blockLosing}
        busy={permit.isPending}
        onClick={() => permit.mutate()}
      >
        Look whether it can be done
      </Button>
    </div>
  );
}
