import { useMutation } from '@tanstack/react-query';
import { Download, ScrollText, SearchX } from 'lucide-react';
import { useParam } from '../../app/address';
import { useClient } from '../../app/context';
import { useFailureToast } from '../../app/failure-toast';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { EmptyState, ErrorNotice, Skeleton } from '../../ui/feedback';
import { Menu, MenuItem } from '../../ui/menu';
import { Page } from '../../ui/page';
import { saveText } from '../bundles/save-file';
import { AuditDrawer } from './audit-drawer';
import { AuditFilters } from './audit-filters';
import { AuditTable } from './audit-table';
import { type FilterState, useEntries, useFilter, useProof } from './use-audit';
import { VerifyBadge } from './verify-badge';

/** Who changed what on this desk and when, with the way to take it back. */
export default function AuditPage() {
  const filter = useFilter();
  const found = useEntries(filter.filter);
  const { pages, entries, total, actions } = found;
  const [open, setOpen] = useParam('entry');
  const seq = open === null ? null : Number(open);
  const brokenAt = useProof().data?.brokenAt ?? null;
  return (
    <Page
      title="Audit"
      lead="Every change and action from this desk. Entries are never changed; an edit is taken back by a new one."
      fill
      actions={
        <>
          <VerifyBadge onShow={(broken) => setOpen(`${broken}`)} />
          <ExportMenu filter={filter} />
        </>
      }
      bar={<AuditFilters filter={filter} actions={actions} total={total} />}
    >
      {pages.isError && <ErrorNotice problem={problemOf(pages.error)} />}
      {pages.isPending && <Skeleton height="240px" />}
      {pages.isSuccess && entries.length === 0 && <Nothing filter={filter} />}
      {entries.length > 0 && (
        <AuditTable
          entries={entries}
          total={total}
          selected={seq}
          brokenAt={brokenAt}
          onOpen={(entry) => setOpen(`${entry.seq}`)}
          onEnd={() => {
            if (pages.hasNextPage && !pages.isFetchingNextPage) void pages.fetchNextPage();
          }}
        />
      )}
      {seq !== null && Number.isSafeInteger(seq) && (
        <AuditDrawer
          key={seq}
          seq={seq}
          broken={seq === brokenAt}
          known={entries.find((entry) => entry.seq === seq)}
          onClose={() => setOpen(null)}
        />
      )}
    </Page>
  );
}

function Nothing({ filter }: { filter: FilterState }) {
  if (!filter.isSet) {
    return (
      <EmptyState icon={ScrollText} title="Nothing was changed yet">
        What is done from this desk is written down here.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={SearchX}
      title="No entry is like that"
      actions={<Button onClick={filter.set.none}>Show all</Button>}
    />
  );
}

function ExportMenu({ filter }: { filter: FilterState }) {
  const client = useClient();
  const onError = useFailureToast();
  const save = useMutation({
    mutationFn: (format: 'jsonl' | 'csv') => client.audit.export({ filter: filter.filter, format }),
    onSuccess: ({ fileName, text }) => saveText(fileName, text, document),
    onError,
  });
  return (
    <Menu
      trigger={
        <Button icon={Download} busy={save.isPending}>
          Export
        </Button>
      }
    >
      <MenuItem onSelect={() => save.mutate('jsonl')}>JSON Lines, with the chain</MenuItem>
      <MenuItem onSelect={() => save.mutate('csv')}>CSV, for a spreadsheet</MenuItem>
    </Menu>
  );
}
