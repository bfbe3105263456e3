import { useQuery } from '@tanstack/react-query';
import { FileJson, FileUp, Undo2 } from 'lucide-react';
import { useId } from 'react';
import { useOrpc } from '../../app/context';
import { Button } from '../../ui/button';
import { Card } from '../../ui/card';
import { CodeText } from '../../ui/code';
import { Notice } from '../../ui/feedback';
import { Moment } from '../../ui/moment';
import { useBlock } from '../access/use-block';
import { useImportDesk } from './import-context';
import styles from './import-page.module.css';
import { useUndo } from './use-undo';

/** Where a file may come from, and the way back from the last import. */
export function FileSources() {
  return (
    <>
      <FilePicker />
      <FilesAtHand />
      <LastImport />
    </>
  );
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
  const block = useBlock();
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
        <Button small busy={undo.isPending} why={block} onClick={() => undo.mutate(importId)}>
          Undo
        </Button>
      }
    >
      {`${created.length} new and ${changed.length} changed. What was edited since stays as it is.`}
    </Notice>
  );
}
