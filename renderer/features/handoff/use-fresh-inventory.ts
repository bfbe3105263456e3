import { useEffect } from 'react';
import { useClient } from '../../app/context';

/** A handoff is over in seconds, while a node may wait for its jobs for hours. */
const EVERY_MS = { quick: 2000, slow: 5000 };

/**
 * Has the jobs and nodes of a cluster looked at more often than usual while something moves there,
 * and once more when it has come to rest.
 */
export function useFreshInventory(
  uuid: string,
  isMoving: boolean,
  pace: keyof typeof EVERY_MS,
): void {
  const client = useClient();
  useEffect(() => {
    if (!isMoving) return undefined;
    // a look that fails is shown by the cluster's own state
    const look = () => client.connection.refresh({ uuid }).then(noMatter, noMatter);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const again = () => {
      if (!isOver) timer = setTimeout(() => void look().then(again), EVERY_MS[pace]);
    };
    again();
    return () => {
      isOver = true;
      clearTimeout(timer);
      void look();
    };
  }, [client, uuid, isMoving, pace]);
}

const noMatter = (): void => undefined;
