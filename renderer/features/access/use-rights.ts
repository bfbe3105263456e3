import { useQueries } from '@tanstack/react-query';
import type { Right } from '#shared/contract/connection';
import { useLive, useOrpc } from '../../app/context';
import { lackOf } from './rights';

const FRESH_MS = 5 * 60_000;

/** Why the account may not do something at a place of a cluster; null: it may, or nobody knows. */
export type Lack = (uuid: string, action: Right['action'], place: string) => string | null;

/**
 * What the accounts of these clusters lack. What is not known yet, or cannot be asked while a
 * cluster does not answer, is not held against anybody: the server decides.
 */
export function useRights(uuids: readonly string[]): Lack {
  const orpc = useOrpc();
  const live = useLive((state) => state.live);
  const asked = uuids.filter((uuid) => live.get(uuid)?.state === 'active');
  const answers = useQueries({
    queries: asked.map((uuid) =>
      orpc.connection.rights.queryOptions({ input: { uuid }, staleTime: FRESH_MS }),
    ),
  });
  return (uuid, action, place) => {
    const rights = answers[asked.indexOf(uuid)]?.data ?? [];
    const right = rights.find((one) => one.action === action);
    return right === undefined ? null : lackOf(right, place);
  };
}
