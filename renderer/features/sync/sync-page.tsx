import { CloudUpload, FileDown, FileUp, Plus } from 'lucide-react';
import { useLocation } from 'wouter';
import { useLive } from '../../app/context';
import { useDialogs } from '../../app/dialogs';
import { useOnline } from '../../app/online';
import { Button } from '../../ui/button';
import { Card } from '../../ui/card';
import { EmptyState, Notice } from '../../ui/feedback';
import { Page } from '../../ui/page';
import { useBlock } from '../access/use-block';
import { plural } from '../deck/deck-view';
import { Outbox } from './outbox';
import { RemoteCard } from './remote-card';
import styles from './sync.module.css';

/** Remotes, what waits for them, and bundles: every way in which clusters come and go. */
export default function SyncPage() {
  const remotes = useLive((state) => state.remotes);
  const outbox = useLive((state) => state.outbox);
  const dialogs = useDialogs();
  const online = useOnline();
  const block = useBlock();
  return (
    <Page
      title="Sync & bundles"
      lead={
        outbox.length === 0
          ? 'Keep this desk in step with a portal or another Clusterdeck, or hand clusters over as a file.'
          : `${plural(outbox.length, 'change')} of this desk ${outbox.length === 1 ? 'waits' : 'wait'} to go out.`
      }
      actions={
        remotes.length > 0 && (
          <Button
            tone="primary"
            icon={Plus}
            why={block}
            onClick={() => dialogs.open({ type: 'remote' })}
          >
            Add a remote
          </Button>
        )
      }
    >
      {!online && remotes.length > 0 && (
        <div className={styles.section}>
          <Notice tone="information" title="This machine has no network.">
            Go on editing. What you change waits here and can be sent when the network is back.
          </Notice>
        </div>
      )}
      <section className={styles.section} aria-labelledby="remotes-heading">
        <div className={styles.sectionHead}>
          <h2 id="remotes-heading">Remotes</h2>
        </div>
        {remotes.length === 0 ? (
          <NoRemote />
        ) : (
          <ul className={styles.remotes}>
            {remotes.map((remote) => (
              <RemoteCard key={remote.uuid} remote={remote} />
            ))}
          </ul>
        )}
      </section>
      {outbox.length > 0 && <Outbox entries={outbox} />}
      <Bundles />
    </Page>
  );
}

function NoRemote() {
  const dialogs = useDialogs();
  const block = useBlock();
  return (
    <Card>
      <EmptyState
        icon={CloudUpload}
        title="No remote yet"
        actions={
          <Button
            tone="primary"
            icon={Plus}
            why={block}
            onClick={() => dialogs.open({ type: 'remote' })}
          >
            Add a remote
          </Button>
        }
      >
        A remote is a lab portal, or a Clusterdeck that runs as a hub. You edit here, also without a
        network; a sync shows what goes up and what comes down before anything is changed.
      </EmptyState>
    </Card>
  );
}

function Bundles() {
  const dialogs = useDialogs();
  const [, navigate] = useLocation();
  const isEmpty = useLive((state) => state.clusters.size === 0);
  return (
    <section className={styles.section} aria-labelledby="bundles-heading">
      <div className={styles.sectionHead}>
        <h2 id="bundles-heading">Bundles</h2>
      </div>
      <Card className={styles.bundles}>
        <div className={styles.bundle}>
          <div>
            <h3>Export a bundle</h3>
            <p className={styles.quiet}>
              One encrypted file with clusters, groups and pins. The <code>age</code> command opens
              it too.
            </p>
          </div>
          <Button
            icon={FileDown}
            disabled={isEmpty}
            onClick={() => dialogs.open({ type: 'export' })}
          >
            Export
          </Button>
        </div>
        <div className={styles.bundle}>
          <div>
            <h3>Import from a file</h3>
            <p className={styles.quiet}>
              A bundle, a portal’s clusters.json or its database. Or drop a file anywhere on this
              window.
            </p>
          </div>
          <Button icon={FileUp} onClick={() => navigate('/import')}>
            Import
          </Button>
        </div>
      </Card>
    </section>
  );
}
