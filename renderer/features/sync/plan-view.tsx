import { CircleCheck, RefreshCw } from 'lucide-react';
import type { Remote } from '#shared/contract/remotes';
import type { SyncEntry } from '#shared/contract/sync';
import { Button } from '../../ui/button';
import { EmptyState, Notice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { useBlock } from '../access/use-block';
import { plural } from '../deck/deck-view';
import { EntryList, type Sorting } from './entry-list';
import styles from './sync.module.css';
import { useSyncDesk } from './sync-context';
import { type Decisions, KIND_NAMES, KINDS, kindOf, openQuestions, takeAll } from './sync-view';

const BY_KIND: Sorting<SyncEntry> = {
  all: 'All that differ',
  quiet: 'same',
  kinds: KINDS.map((kind) => ({ kind, name: KIND_NAMES[kind] })),
  of: kindOf,
};

interface PlanProps {
  remote: Remote;
  entries: readonly SyncEntry[];
  decisions: Decisions;
}

/** What a sync would do, with the questions it has for a person. */
export function PlanView({ remote, entries, decisions }: PlanProps) {
  const desk = useSyncDesk();
  const block = useBlock();
  const decide = (next: Decisions) => desk.decide(remote.uuid, next);
  const moving = entries.filter((entry) => !['same', 'invalid'].includes(kindOf(entry)));
  const waiting = moving.filter((entry) => openQuestions(entry, decisions) > 0).length;
  const ready = moving.length - waiting;
  if (entries.length === 0) {
    return (
      <EmptyState icon={CircleCheck} title="There is nothing on either side">
        {remote.name} keeps no cluster, and none of this desk follows it.
      </EmptyState>
    );
  }
  return (
    <>
      <Bulk remote={remote} entries={entries} decisions={decisions} onDecide={decide} />
      {moving.length === 0 && <InStep remoteName={remote.name} count={entries.length} />}
      <EntryList
        entries={entries}
        remoteName={remote.name}
        decisions={decisions}
        sorting={BY_KIND}
        onDecide={decide}
      />
      <div className={styles.bar}>
        <p className={styles.barWords} role="status">
          {waiting === 0
            ? 'Nothing is left to decide.'
            : `${plural(waiting, 'cluster')} ${waiting === 1 ? 'waits' : 'wait'} for you and ${
                waiting === 1 ? 'stays' : 'stay'
              } as ${waiting === 1 ? 'it is' : 'they are'}.`}
        </p>
        <Button onClick={() => void desk.run(remote.uuid, { dryRun: true })}>Dry run</Button>
        <Button
          tone="primary"
          icon={RefreshCw}
          why={block}
          onClick={() => void desk.run(remote.uuid)}
        >
          {ready === 0 ? 'Sync' : `Sync ${plural(ready, 'cluster')}`}
        </Button>
      </div>
    </>
  );
}

function InStep({ remoteName, count }: { remoteName: string; count: number }) {
  return (
    <EmptyState icon={CircleCheck} title={`In step with ${remoteName}`}>
      {count === 1 ? 'The one cluster is' : `All ${count} clusters are`} the same on both sides.
    </EmptyState>
  );
}

/** One answer for all conflicts, and for all passwords. */
function Bulk(props: PlanProps & { onDecide: (decisions: Decisions) => void }) {
  const { remote, entries, decisions, onDecide } = props;
  const conflicts = entries.filter(({ verdict }) => verdict === 'conflict');
  const secrets = entries.filter(({ needsSecret }) => needsSecret);
  const takeEvery = (side: 'mine' | 'theirs') =>
    onDecide({
      ...decisions,
      choices: conflicts.reduce((all, entry) => takeAll(all, entry, side), decisions.choices),
    });
  return (
    <>
      {conflicts.length > 1 && (
        <Notice
          tone="warning"
          title={`${conflicts.length} clusters were changed on both sides.`}
          action={
            <Stack direction="row" gap="small">
              <Button small onClick={() => takeEvery('mine')}>
                Mine for all
              </Button>
              <Button small onClick={() => takeEvery('theirs')}>
                Theirs for all
              </Button>
            </Stack>
          }
        >
          Choose field by field below, or once for all of them.
        </Notice>
      )}
      {secrets.length > 0 && (
        <Notice
          tone="information"
          title={
            secrets.length === 1
              ? `One cluster is new for ${remote.name}.`
              : `${secrets.length} clusters are new for ${remote.name}.`
          }
          action={
            secrets.length > 1 && (
              <Button
                small
                onClick={() =>
                  onDecide({
                    ...decisions,
                    sendSecrets: new Set(secrets.map(({ clusterId }) => clusterId)),
                  })
                }
              >
                Send all their passwords
              </Button>
            )
          }
        >
          {remote.name} makes no cluster without its password, and keeps it in its own database.
        </Notice>
      )}
    </>
  );
}
