import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent } from 'react';
import { useParam } from '../../app/address';
import { useOrpc } from '../../app/context';
import { Button } from '../../ui/button';
import { Card } from '../../ui/card';
import { ErrorNotice } from '../../ui/feedback';
import { Meter } from '../../ui/meter';
import { Page } from '../../ui/page';
import { Stack } from '../../ui/stack';
import { FileSources } from './file-sources';
import { useImportDesk, useImportState } from './import-context';
import { ImportDone } from './import-done';
import styles from './import-page.module.css';
import { ImportPreview } from './import-preview';
import { previewSentence, SOURCE_WORDS } from './import-view';
import { UnlockFile } from './unlock-file';

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
        {phase === 'choosing' && <FileSources />}
        {phase === 'opening' && <Opening />}
        {phase === 'locked' && <UnlockFile />}
        {showsPreview && preview && <ImportPreview preview={preview} />}
        {phase === 'done' && outcome && <ImportDone outcome={outcome} />}
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
