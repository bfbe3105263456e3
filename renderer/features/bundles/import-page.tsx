import { useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleCheck, FileJson, FileUp, Undo2 } from 'lucide-react';
import { useEffect, useEffectEvent, useId } from 'react';
import { useLocation } from 'wouter';
import type { ImportOutcome } from '#shared/contract/bundles';
import { useParam } from '../../app/address';
import { useOrpc } from '../../app/context';
import { Button } from '../../ui/button';
import { Card } from '../../ui/card';
import { CodeText } from '../../ui/code';
import { EmptyState, ErrorNotice, Notice } from '../../ui/feedback';
import { Meter } from '../../ui/meter';
import { Moment } from '../../ui/moment';
import { Page } from '../../ui/page';
import { Stack } from '../../ui/stack';
import { plural } from '../deck/deck-view';
import { useImportDesk, useImportState } from './import-context';
import styles from './import-page.module.css';
import { ImportPreview } from './import-preview';
import { previewSentence, SOURCE_WORDS } from './import-view';
import { UnlockFile } from './unlock-file';
import { useUndo } from './use-undo';

/** Clusters out of a file: what is in it, what of it is wanted, and one step back. */
export default function ImportPage() {
  const desk = useImportDesk();
  const state = useImportState();
  const { phase, preview, file, problem, outcome } = state;
  const showsPreview = phase === 'preview' || phase === 'applying';
  useOpenedFile();
  return (
    <Page
      title="Import"
      crumbs={[{ label: 'Sync & bundles', href: '#/sync' }]}
      lead={
        showsPreview && preview
          ? `${file?.name ?? 'The file'} is ${SOURCE_WORDS[preview.source]}. ${previewSentence(preview.entries)}`
          : phase === 'done'
            ? 'It can be taken back until the next import.'
            : 'The file is only read. You see each entry before anything is changed.'
      }
      actions={
        showsPreview && (
          <Button onClick={desk.restart} disabled={phase === 'applying'}>
            Choose another file
          </Button>
        )
      }
    >
      <Stack>
        {problem && phase !== 'locked' && <ErrorNotice problem={problem} />}
        {phase === 'choosing' && (
          <>
            <FilePicker />
            <FilesAtHand />
            <LastImport />
          </>
        )}
        {phase === 'opening' && <Opening />}
        {phase === 'locked' && <UnlockFile />}
        {showsPreview && preview && <ImportPreview preview={preview} />}
        {phase === 'done' && outcome && <Done outcome={outcome} />}
      </Stack>
    </Page>
  );
}

/** A file that was opened with Clusterdeck stands in the address by its id: `?offer=`. */
function useOpenedFile() {
  const desk = useImportDesk();
  const orpc = useOrpc();
  const queries = useQueryClient();
  const [offer, setOffer] = useParam('offer');
  const open = useEffectEvent(async (id: string) => {
    setOffer(null, { replace: true });
    // asked anew: the list on the screen was made before this file was opened
    const offers = await queries.fetchQuery({
      ...orpc.bundles.offers.queryOptions(),
      staleTime: 0,
    });
    const found = offers.find((candidate) => candidate.id === id);
    if (found) await desk.chooseOffer(found);
  });
  useEffect(() => {
    // a core that cannot be asked shows itself elsewhere
    if (offer !== null) open(offer).catch(() => undefined);
  }, [offer]);
}

function FilePicker() {
  const desk = useImportDesk();
  const id = useId();
  return (
    <label htmlFor={id} className={styles.picker}>
      <FileUp size={26} strokeWidth={1.5} aria-hidden />
      <strong>Choose a file, or drop it anywhere on this window</strong>
      <span className={styles.kinds}>
        A Clusterdeck bundle (.cdeck), a clusters.json of a lab portal, or its SQLite database.
      </span>
      <input
        id={id}
        type="file"
        aria-label="Choose a file"
        className="visually-hidden"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file) void desk.choose(file);
          // the same file may be chosen again after it was corrected
          event.target.value = '';
        }}
      />
    </label>
  );
}

/** Files that lie on this machine already, so that nobody has to look for them. */
function FilesAtHand() {
  const desk = useImportDesk();
  const offers = useQuery(useOrpc().bundles.offers.queryOptions());
  if (offers.data === undefined || offers.data.length === 0) return null;
  return (
    <section aria-labelledby="at-hand">
      <h2 id="at-hand" className={styles.heading}>
        On this machine
      </h2>
      <Card>
        <ul>
          {offers.data.map((offer) => (
            <li key={offer.id} className={styles.offer}>
              <FileJson size={16} strokeWidth={1.75} aria-hidden />
              <span className={styles.offerName}>
                <strong>{offer.fileName}</strong> <CodeText quiet>{offer.folder}</CodeText>
              </span>
              <span className={styles.kinds}>
                {offer.origin === 'opened' ? 'opened' : 'changed'} <Moment at={offer.modifiedAt} />
              </span>
              <Button
                small
                aria-label={`Look into ${offer.fileName} in ${offer.folder}`}
                onClick={() => void desk.chooseOffer(offer)}
              >
                Look inside
              </Button>
            </li>
          ))}
        </ul>
      </Card>
    </section>
  );
}

/** The last import can be taken back, also after a restart. */
function LastImport() {
  const undo = useUndo();
  const last = useQuery({ ...useOrpc().bundles.last.queryOptions(), staleTime: 0 });
  if (!last.data) return null;
  const { importId, fileName, at, created, changed } = last.data;
  return (
    <Notice
      tone="information"
      icon={Undo2}
      title={
        <>
          {fileName} was imported on <Moment at={at} />.
        </>
      }
      action={
        <Button small busy={undo.isPending} onClick={() => undo.mutate(importId)}>
          Undo
        </Button>
      }
    >
      {`${created.length} new and ${changed.length} changed. What was edited since stays as it is.`}
    </Notice>
  );
}

function Opening() {
  const desk = useImportDesk();
  const { progress, file } = useImportState();
  const what = progress?.what ?? 'Reading the file';
  return (
    <Card className={styles.opening}>
      <p role="status">
        {what}
        {file && <span className={styles.kinds}> · {file.name}</span>}
      </p>
      <Meter
        label="Opening the file"
        fraction={progress?.fraction ?? null}
        text={`${what}, ${Math.round((progress?.fraction ?? 0) * 100)} percent`}
      />
      <div className={styles.openingFoot}>
        <span className={styles.kinds}>
          Deriving a key takes a moment on purpose: it makes guessing a passphrase slow.
        </span>
        <Button small onClick={desk.cancel}>
          Cancel
        </Button>
      </div>
    </Card>
  );
}

function Done({ outcome }: { outcome: ImportOutcome }) {
  const desk = useImportDesk();
  const [, navigate] = useLocation();
  const undo = useUndo();
  const { created, changed, kept, importId } = outcome;
  const count = created.length + changed.length;
  return (
    <Card>
      <EmptyState
        icon={CircleCheck}
        title={count === 0 ? 'Nothing was changed' : `${plural(count, 'cluster')} imported`}
        actions={
          <>
            {importId !== null && (
              <Button busy={undo.isPending} onClick={() => undo.mutate(importId)}>
                Undo the import
              </Button>
            )}
            <Button onClick={desk.restart}>Import another file</Button>
            <Button tone="primary" onClick={() => navigate('/')}>
              Go to the deck
            </Button>
          </>
        }
      >
        <Told words="New" ids={created} />
        <Told words="Changed" ids={changed} />
        <Told words="Left as they were" ids={kept} />
      </EmptyState>
    </Card>
  );
}

const NAMED = 12;

function Told({ words, ids }: { words: string; ids: readonly string[] }) {
  if (ids.length === 0) return null;
  const rest = ids.length - NAMED;
  return (
    <p>
      {words}: {ids.slice(0, NAMED).join(', ')}
      {rest > 0 && ` and ${rest} more`}
    </p>
  );
}
