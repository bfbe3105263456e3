import { useRef, useState } from 'react';
import type { ConnectionDraft } from '#shared/contract/connection';
import { useClient } from '../../app/context';

interface StorageOption {
  storage: string;
  type: string;
  content: string[];
  shared: boolean;
}

/**
 * The storages of the live cluster, for picking. Not in the query cache: its keys would keep a
 * typed password.
 */
export function useStorageList() {
  const client = useClient();
  const [list, setList] = useState<readonly StorageOption[] | null>(null);
  const [state, setState] = useState<'unknown' | 'reading' | 'read' | 'failed'>('unknown');
  const latest = useRef(0);

  const load = async (target: { uuid: string } | { draft: ConnectionDraft }) => {
    latest.current += 1;
    const mine = latest.current;
    setState('reading');
    try {
      const found = await client.connection.storages(target);
      if (latest.current !== mine) return;
      setList(found);
      setState('read');
    } catch {
      // storages can be typed as well; the field says that the list is not there
      if (latest.current === mine) setState('failed');
    }
  };

  return {
    state,
    load,
    /** those that can hold one of the kinds of content (`images`, `vztmpl`, `iso`, ...) */
    holding: (...content: string[]) =>
      (list ?? [])
        .filter((storage) => content.some((kind) => storage.content.includes(kind)))
        .map(({ storage, type, shared }) => ({
          value: storage,
          note: shared ? `${type}, shared` : type,
        })),
  };
}

export type StorageList = ReturnType<typeof useStorageList>;
