import { useEffect } from 'react';
import { useClient } from '../../app/context';

const EVERY_MS = 2000;

/**
 * Has the jobs and nodes of a cluster looked at more often than usual while something moves there,
 * and once more when it has come to rest.
 */
export function useFreshInventory(uuid: string, isMoving: boolean): void {
  const client = useClient();
  useEffect(() => {
    if (!isMoving) return undefined;
    // a look that fails is shown by the cluster's own state
    const look = () => client.connection.refresh({ uuid }).then(noMatter, noMatter);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const again = () => {
      if (!isOver) timer = setTimeout(() => void look().then(again), EVERY_MS);
    };
    again();
    return () => {
      isOver = true;
      clearTimeout(timer);
      void look();
    };
  }, [client, uuid, isMoving]);
}

const noMatter = (): void => undefined;
