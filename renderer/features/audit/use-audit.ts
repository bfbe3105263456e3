import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { AuditEntry, AuditFilter } from '#shared/contract/audit';
import { useParam } from '../../app/address';
import { useOrpc } from '../../app/context';

const PAGE_ROWS = 200;
/** Others may be at work; more pages than one are only read again when somebody asks. */
const LOOK_EVERY_MS = 5000;

export interface FilterState {
  text: string;
  action: string;
  from: string;
  to: string;
  set: {
    text: (text: string) => void;
    action: (action: string) => void;
    from: (day: string) => void;
    to: (day: string) => void;
    none: () => void;
  };
  /** as the contract has it */
  filter: AuditFilter;
  isSet: boolean;
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The first or last ms of a local day; null for no day. */
function boundOf(day: string, end: boolean): number | null {
  if (!DAY.test(day)) return null;
  const at = Date.parse(`${day}T${end ? '23:59:59.999' : '00:00'}`);
  return Number.isNaN(at) ? null : at;
}

/** The filter of the page, kept in its address. */
export function useFilter(): FilterState {
  const [text, setText] = useParam('find');
  const [action, setAction] = useParam('action');
  const [from, setFrom] = useParam('from');
  const [to, setTo] = useParam('to');
  const replace = { replace: true };
  const [start, end] = [boundOf(from ?? '', false), boundOf(to ?? '', true)];
  const filter: AuditFilter = {
    text: (text ?? '').slice(0, 200),
    ...(action !== null && { actions: [action] }),
    ...(start !== null && { from: start }),
    ...(end !== null && { to: end }),
  };
  return {
    text: text ?? '',
    action: action ?? '',
    from: from ?? '',
    to: to ?? '',
    set: {
      text: (value) => setText(value, replace),
      action: (value) => setAction(value, replace),
      from: (value) => setFrom(value, replace),
      to: (value) => setTo(value, replace),
      none: () => {
        for (const set of [setText, setAction, setFrom, setTo]) set(null, replace);
      },
    },
    filter,
    isSet: [text, action, from, to].some((value) => value !== null),
  };
}

/** The entries that fit, page by page, the newest first. */
export function useEntries(filter: AuditFilter) {
  const orpc = useOrpc();
  const pages = useInfiniteQuery(
    orpc.audit.list.infiniteOptions({
      input: (before: number | undefined) => ({
        filter,
        limit: PAGE_ROWS,
        ...(before !== undefined && { before }),
      }),
      initialPageParam: undefined as number | undefined,
      getNextPageParam: ({ entries }) =>
        entries.length < PAGE_ROWS ? undefined : entries.at(-1)?.seq,
      placeholderData: (before) => before,
      refetchInterval: ({ state }) => (state.data?.pages.length === 1 ? LOOK_EVERY_MS : false),
    }),
  );
  const all = pages.data?.pages ?? [];
  const entries: AuditEntry[] = all.flatMap((page) => page.entries);
  return { pages, entries, total: all[0]?.total ?? 0, actions: all[0]?.actions ?? [] };
}

const PROOF_FRESH_MS = 60_000;

/** Whether the chain of entries holds, as last checked. */
export function useProof() {
  return useQuery(useOrpc().audit.verify.queryOptions({ staleTime: PROOF_FRESH_MS }));
}
