import { useMutation } from '@tanstack/react-query';
import { FileJson } from 'lucide-react';
import { useId, useState } from 'react';
import type { ImportEntry } from '#shared/contract/imports';
import { useClient } from '../../app/context';
import { problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { useToasts } from '../../ui/toast';
import { plural } from '../deck/deck-view';
import styles from './import-dialog.module.css';
import { ImportTable } from './import-table';

const LARGEST = 5_000_000;

/** Takes clusters out of a portal's clusters.json: a look at each entry, then what is ticked. */
export default function ImportDialog({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const toasts = useToasts();
  const [file, setFile] = useState<{ name: string; text: string } | null>(null);
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set());

  const preview = useMutation({
    mutationFn: (text: string) => client.imports.previewClustersJson({ text }),
    onSuccess: (entries) => setTicked(new Set(entries.filter(isNew).map((entry) => entry.index))),
  });
  const apply = useMutation({
    mutationFn: (text: string) => client.imports.applyClustersJson({ text, only: [...ticked] }),
    onSuccess: (added) => {
      onClose();
      toasts.notify({ tone: 'ok', title: `${plural(added.length, 'cluster')} imported` });
    },
  });
  const [unreadable, setUnreadable] = useState<string | null>(null);

  const open = async (chosen: File | undefined) => {
    if (chosen === undefined) return;
    setUnreadable(null);
    if (chosen.size > LARGEST) {
      setUnreadable('The file has more than 5 MB; a clusters.json is far smaller.');
      return;
    }
    try {
      const text = await chosen.text();
      setFile({ name: chosen.name, text });
      apply.reset();
      preview.mutate(text);
    } catch {
      setUnreadable('The file could not be read. Check that it is still there.');
    }
  };

  const failed = preview.isError ? preview.error : apply.isError ? apply.error : null;
  return (
    <Dialog
      open
      size="large"
      title="Import clusters.json"
      description="The file is only read. Passwords in it are sealed in the vault."
      onOpenChange={onClose}
      dismissable={!apply.isPending}
      footer={
        <>
          <Button onClick={onClose} disabled={apply.isPending}>
            Cancel
          </Button>
          <Button
            tone="primary"
            disabled={file === null || ticked.size === 0 || !preview.isSuccess}
            busy={apply.isPending}
            onClick={() => file && apply.mutate(file.text)}
          >
            {ticked.size === 0 ? 'Import' : `Import ${plural(ticked.size, 'cluster')}`}
          </Button>
        </>
      }
    >
      <Stack>
        <FilePicker name={file?.name ?? null} onFile={(chosen) => void open(chosen)} />
        {unreadable !== null && (
          <ErrorNotice problem={{ title: 'Nothing was imported.', remedy: unreadable }} />
        )}
        {failed && <ErrorNotice problem={problemOf(failed)} />}
        {preview.data && (
          <ImportTable entries={preview.data} ticked={ticked} onTicked={setTicked} />
        )}
      </Stack>
    </Dialog>
  );
}

function isNew(entry: ImportEntry): boolean {
  return entry.verdict === 'new';
}

function FilePicker(props: { name: string | null; onFile: (file: File | undefined) => void }) {
  const id = useId();
  const [over, setOver] = useState(false);
  return (
    // dropping is a shortcut for the mouse; the file input inside does the same for everybody
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <label
      htmlFor={id}
      className={styles.picker}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        props.onFile(event.dataTransfer.files[0]);
      }}
    >
      <FileJson size={20} strokeWidth={1.6} aria-hidden />
      <span>
        <strong>{props.name ?? 'Choose a file'}</strong>
        <span className={styles.pickerHint}>
          {props.name === null ? ' or drop it here' : ' · choose another'}
        </span>
      </span>
      <input
        id={id}
        type="file"
        accept=".json,application/json"
        className="visually-hidden"
        onChange={(event) => props.onFile(event.target.files?.[0])}
      />
    </label>
  );
}
