import { Eye, RefreshCw, ShieldOff } from 'lucide-react';
import { useLocation } from 'wouter';
import type { Remote } from '#shared/contract/remotes';
import { useLive } from '../../app/context';
import { useDialogs } from '../../app/dialogs';
import { Ago } from '../../ui/ago';
import { Button } from '../../ui/button';
import { Card } from '../../ui/card';
import { ErrorNotice } from '../../ui/feedback';
import { StateDot } from '../../ui/state';
import { useToasts } from '../../ui/toast';
import { useBlock } from '../access/use-block';
import { plural } from '../deck/deck-view';
import styles from './remote-card.module.css';
import { RemoteMenu } from './remote-menu';
import {
  accountWords,
  isOpenToAll,
  remoteHost,
  remoteProblem,
  remoteState,
  trustWords,
} from './remote-state';
import { RunProgress } from './run-progress';
import { useSyncDesk, useSyncRun } from './sync-context';

/** One remote: how it stands, what waits for it, and the sync. */
export function RemoteCard({ remote }: { remote: Remote }) {
  const desk = useSyncDesk();
  const run = useSyncRun(remote.uuid);
  const toasts = useToasts();
  const block = useBlock();
  const [, navigate] = useLocation();
  const waiting = useLive(
    (state) => state.outbox.filter(({ remoteUuid }) => remoteUuid === remote.uuid).length,
  );
  const { tone, word } = remoteState(remote, run, waiting);
  const busy = run.phase === 'reading' || run.phase === 'running';
  const open = () => navigate(`/sync/${remote.uuid}`);
  const look = () => {
    void desk.read(remote.uuid);
    open();
  };
  const syncNow = async () => {
    const end = await desk.syncNow(remote.uuid);
    if (end === 'look') open();
    if (end === 'done') toasts.notify({ tone: 'ok', title: `In step with ${remote.name}` });
  };
  return (
    <li>
      <Card className={styles.card} aria-label={remote.name}>
        <header className={styles.head}>
          <StateDot tone={tone} word={word} />
          <h3 className={styles.name}>{remote.name}</h3>
          <span className={styles.host} title={remote.url}>
            {remoteHost(remote.url)}
          </span>
          <RemoteMenu remote={remote} onLook={look} />
        </header>
        <p className={styles.facts}>
          {accountWords(remote)} · <Trust remote={remote} />
          {remote.syncWhenOnline && ' · syncs by itself'}
        </p>
        <div className={styles.body}>
          {run.phase === 'running' ? (
            <RunProgress progress={run.progress} remoteName={remote.name} />
          ) : (
            <Standing remote={remote} waiting={waiting} word={word} busy={busy} />
          )}
        </div>
        <footer className={styles.foot}>
          <Follows remote={remote} />
          <Button small icon={Eye} disabled={busy} onClick={look}>
            Look first
          </Button>
          <Button
            small
            tone="primary"
            icon={RefreshCw}
            busy={busy}
            why={block}
            onClick={() => void syncNow()}
          >
            Sync now
          </Button>
        </footer>
      </Card>
    </li>
  );
}

function Trust({ remote }: { remote: Remote }) {
  if (!isOpenToAll(remote)) return trustWords(remote);
  return (
    <span className={styles.unsafe}>
      <ShieldOff size={13} strokeWidth={1.75} aria-hidden />
      {trustWords(remote)}
    </span>
  );
}

interface StandingProps {
  remote: Remote;
  waiting: number;
  word: string;
  busy: boolean;
}

/** What went wrong last, or how it stands in a sentence. */
function Standing({ remote, waiting, word, busy }: StandingProps) {
  const dialogs = useDialogs();
  const problem = remoteProblem(remote, useSyncRun(remote.uuid));
  if (problem !== null && !busy) {
    const isTrust = problem.code === 'TLS_CHANGED' || problem.code === 'TLS_UNTRUSTED';
    const isAccount = problem.code === 'AUTH_FAILED' || problem.code === 'SECRET_MISSING';
    const edit = () => dialogs.open({ type: 'remote', uuid: remote.uuid });
    return (
      <ErrorNotice
        problem={problem}
        action={
          (isTrust || isAccount) && (
            <Button small onClick={edit}>
              {isTrust ? 'Compare' : 'Edit'}
            </Button>
          )
        }
      />
    );
  }
  return (
    <p className={styles.standing}>
      {waiting > 0 ? (
        <strong>
          {plural(waiting, 'change')} {waiting === 1 ? 'waits' : 'wait'}
        </strong>
      ) : (
        <span className={styles.word}>{word}</span>
      )}
      {remote.lastSyncAt !== null && (
        <span className={styles.last}>
          last sync <Ago at={remote.lastSyncAt} />
        </span>
      )}
    </p>
  );
}

function Follows({ remote }: { remote: Remote }) {
  const dialogs = useDialogs();
  const count = useLive(
    (state) =>
      [...state.clusters.values()].filter(({ remoteUuid }) => remoteUuid === remote.uuid).length,
  );
  return (
    <button
      type="button"
      className={styles.follows}
      onClick={() => dialogs.open({ type: 'follow', uuid: remote.uuid })}
    >
      {count === 0
        ? 'No cluster follows it'
        : `${plural(count, 'cluster')} ${count === 1 ? 'follows' : 'follow'} it`}
    </button>
  );
}
