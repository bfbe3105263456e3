import { useMutation } from '@tanstack/react-query';
import { Eye, LockKeyhole } from 'lucide-react';
import { Link } from 'wouter';
import { useClient, useLive } from '../../app/context';
import { useFailureToast } from '../../app/failure-toast';
import { IconButton } from '../../ui/button';
import { Tooltip } from '../../ui/tooltip';
import styles from './marks.module.css';
import { VIEWER_SENTENCE } from './use-block';

/** Says that nothing can be changed; leads to where that is switched off. */
export function ViewerMark() {
  const viewer = useLive((state) => state.access?.viewer ?? false);
  if (!viewer) return null;
  return (
    <Tooltip content={VIEWER_SENTENCE} side="bottom">
      <Link href="/settings" className={styles.viewer}>
        <Eye size={14} strokeWidth={1.75} aria-hidden />
        Viewer mode
      </Link>
    </Tooltip>
  );
}

/** Locks the app at once, where a lock is set. */
export function LockButton() {
  const client = useClient();
  const hasLock = useLive((state) => state.access?.hasLock ?? false);
  const onError = useFailureToast();
  const lock = useMutation({ mutationFn: () => client.access.lock(), onError });
  if (!hasLock) return null;
  return (
    <IconButton
      icon={LockKeyhole}
      label="Lock Clusterdeck"
      disabled={lock.isPending}
      onClick={() => lock.mutate()}
    />
  );
}
