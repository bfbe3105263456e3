import { useMutation } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { useId, useState } from 'react';
import type { OutboxEntry } from '#shared/contract/sync';
import { useClient, useLive } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Ago } from '../../ui/ago';
import { Button } from '../../ui/button';
import { Card } from '../../ui/card';
import { CodeText } from '../../ui/code';
import { ConfirmDialog } from '../../ui/confirm-dialog';
import { cx } from '../../ui/cx';
import { ErrorNotice } from '../../ui/feedback';
import { usePaged } from '../../ui/paged';
import { Badge } from '../../ui/state';
import { useBlock } from '../access/use-block';
import { plural } from '../deck/deck-view';
import { fieldName, valueWords } from './field-names';
import { FieldTable } from './field-table';
import styles from './outbox.module.css';
import sync from './sync.module.css';

/** What waits for a remote, since when; each can be looked at and dropped. */
export function Outbox({ entries }: { entries: readonly OutboxEntry[] }) {
  const remotes = useLive((state) => state.remotes);
  const { shown, more } = usePaged(entries);
  const nameOf = (remoteUuid: string) =>
    remotes.find(({ uuid }) => uuid === remoteUuid)?.name ?? 'a remote';
  return (
    <section className={sync.section} aria-labelledby="outbox-heading">
      <div className={sync.sectionHead}>
        <h2 id="outbox-heading">What waits</h2>
        <span className={sync.quiet}>Sent with the next sync, oldest first.</span>
      </div>
      <Card>
        <ul aria-label="Waiting changes">
          {shown.map((entry) => (
            <Line key={entry.id} entry={entry} remoteName={nameOf(entry.remoteUuid)} />
          ))}
        </ul>
        {more}
      </Card>
    </section>
  );
}

function Line({ entry, remoteName }: { entry: OutboxEntry; remoteName: string }) {
  const [expanded, setExpanded] = useState(false);
  const [dropping, setDropping] = useState(false);
  const block = useBlock();
  const bodyId = useId();
  return (
    <li className={styles.line}>
      <div className={styles.head}>
        <button
          type="button"
          className={styles.expand}
          aria-expanded={expanded}
          aria-controls={bodyId}
          onClick={() => setExpanded(!expanded)}
        >
          <ChevronRight
            size={15}
            strokeWidth={2}
            aria-hidden
            className={cx(styles.arrow, expanded && styles.turned)}
          />
          <span className={styles.summary}>{entry.summary}</span>
          <CodeText quiet>{entry.clusterId}</CodeText>
        </button>
        {entry.uncertain ? (
          <Badge tone="warning" title="A request was sent and its answer was lost.">
            end not known
          </Badge>
        ) : (
          entry.attempts > 0 && <Badge>{plural(entry.attempts, 'attempt')}</Badge>
        )}
        <span className={styles.for}>for {remoteName}</span>
        <span className={styles.age}>
          <Ago at={entry.since} />
        </span>
        <Button
          small
          tone="quiet"
          why={block}
          aria-label={`Drop: ${entry.summary}`}
          onClick={() => setDropping(true)}
        >
          Drop
        </Button>
      </div>
      {entry.uncertain && (
        <p className={styles.note}>
          It was sent, and nobody knows yet whether it arrived. The next sync asks {remoteName}{' '}
          before it sends anything.
        </p>
      )}
      {entry.lastFailure && (
        <p className={styles.note}>
          {entry.lastFailure.message} {entry.lastFailure.data.remedy}
        </p>
      )}
      <div id={bodyId} hidden={!expanded} className={styles.fields}>
        {expanded && (
          <FieldTable
            entry={{ clusterId: entry.clusterId, name: entry.clusterId, fields: entry.fields }}
            remoteName={remoteName}
            side={({ outcome }) => (outcome === 'theirs' || outcome === 'mine' ? outcome : null)}
          />
        )}
      </div>
      {dropping && (
        <DropQuestion entry={entry} remoteName={remoteName} onClose={() => setDropping(false)} />
      )}
    </li>
  );
}

interface DropQuestionProps {
  entry: OutboxEntry;
  remoteName: string;
  onClose: () => void;
}

function DropQuestion({ entry, remoteName, onClose }: DropQuestionProps) {
  const client = useClient();
  const drop = useMutation({
    mutationFn: () => client.sync.drop({ id: entry.id }),
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog
      open
      title="Drop this change?"
      action="Drop"
      busy={drop.isPending}
      error={drop.isError && <ErrorNotice problem={problemOf(drop.error)} />}
      onOpenChange={onClose}
      onConfirm={() => drop.mutate()}
    >
      <p>
        {entry.summary} It is not sent, and on this desk these fields of{' '}
        <CodeText>{entry.clusterId}</CodeText> are again what {remoteName} last had:
      </p>
      <ul className={styles.former}>
        {entry.fields.slice(0, 8).map((field) => (
          <li key={field.field}>
            {fieldName(field.field)}: <strong>{valueWords(field.base)}</strong>
          </li>
        ))}
        {entry.fields.length > 8 && <li>and {entry.fields.length - 8} more</li>}
      </ul>
    </ConfirmDialog>
  );
}
