import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Undo2 } from 'lucide-react';
import type { AuditEntry } from '#shared/contract/audit';
import { useClient, useOrpc } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { CodeText } from '../../ui/code';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice, Notice, Skeleton } from '../../ui/feedback';
import { Moment } from '../../ui/moment';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { useBlock } from '../access/use-block';
import styles from './audit.module.css';
import { DiffTable } from './diff-table';
import { actionWords } from './words';

interface AuditDrawerProps {
  seq: number;
  /** the entry where the list has it already */
  known: AuditEntry | undefined;
  /** whether the chain breaks here */
  broken: boolean;
  onClose: () => void;
}

/** One entry whole, and the way to take it back. */
export function AuditDrawer({ seq, known, broken, onClose }: AuditDrawerProps) {
  const orpc = useOrpc();
  const asked = useQuery({
    ...orpc.audit.list.queryOptions({ input: { before: seq + 1, limit: 1 } }),
    enabled: known === undefined,
  });
  const entry = known ?? asked.data?.entries.find((one) => one.seq === seq);
  const missing = known === undefined && asked.isSuccess && entry === undefined;
  return (
    <Dialog
      open
      size="drawer"
      title={entry ? `${actionWords(entry.action)}: ${entry.subject}` : `Entry ${seq}`}
      description={
        entry && (
          <>
            <Moment at={entry.at} /> by {entry.actor}
          </>
        )
      }
      onOpenChange={onClose}
      footer={
        <>
          {entry && <UndoButton entry={entry} onClose={onClose} />}
          <Button onClick={onClose}>Close</Button>
        </>
      }
    >
      {broken && (
        <Notice tone="bad" title="The chain breaks here.">
          This entry, or one before it, is not as it was written. From here on the audit proves
          nothing.
        </Notice>
      )}
      {entry && <Whole entry={entry} />}
      {missing && <p>There is no entry of this number. It may have been removed for its age.</p>}
      {asked.isError && <ErrorNotice problem={problemOf(asked.error)} />}
      {!entry && asked.isLoading && <Skeleton height="160px" />}
    </Dialog>
  );
}

function Whole({ entry }: { entry: AuditEntry }) {
  const { result, undoNote, seq, hash, action } = entry;
  return (
    <Stack gap="large">
      {result.toLowerCase() !== 'ok' && (
        <Notice tone="warning" title={`It ended with: ${result}`} />
      )}
      <DiffTable entry={entry} />
      {undoNote !== null && (
        <Notice tone="information" title="It cannot be taken back.">
          {undoNote}
        </Notice>
      )}
      <p className={styles.quiet}>
        Entry {seq} · <CodeText quiet>{action}</CodeText>
        <br />
        <span className={styles.hash}>
          <CodeText quiet>{hash}</CodeText>
        </span>
      </p>
    </Stack>
  );
}

function UndoButton({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const client = useClient();
  const orpc = useOrpc();
  const queries = useQueryClient();
  const toasts = useToasts();
  const block = useBlock();
  const undo = useMutation({
    mutationFn: () => client.audit.undo({ seq: entry.seq }),
    onSuccess: () => {
      onClose();
      toasts.notify({ tone: 'ok', title: `Taken back: ${actionWords(entry.action)}` });
    },
    onError: (error) => {
      const { title, remedy } = problemOf(error);
      toasts.notify({ tone: 'bad', title, detail: remedy });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: orpc.audit.key() }),
  });
  if (!entry.undoable) return null;
  return (
    <Button icon={Undo2} why={block} busy={undo.isPending} onClick={() => undo.mutate()}>
      Take it back
    </Button>
  );
}
