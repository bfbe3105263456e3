import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { useLive } from '../../app/context';
import { Button } from '../../ui/button';
import { Segmented, Switch } from '../../ui/choice';
import { CodeText } from '../../ui/code';
import { Dialog } from '../../ui/dialog';
import { ErrorNotice, Notice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { TextArea } from '../../ui/input';
import { Meter } from '../../ui/meter';
import { Stack } from '../../ui/stack';
import { useBlock } from '../access/use-block';
import { plural } from '../deck/deck-view';
import { NewPassphrase } from '../vault/new-passphrase';
import styles from './export-dialog.module.css';
import {
  type ExportForm,
  exportInput,
  NEW_EXPORT,
  recipientsError,
  SHORTEST_PASSPHRASE,
} from './export-form';
import { ExportScope } from './export-scope';
import { useExport } from './use-export';

/** Puts clusters into one encrypted file. */
export default function ExportDialog({ onClose }: { onClose: () => void }) {
  const [form, setForm] = useState(NEW_EXPORT);
  const { run, start, save, cancel } = useExport();
  const total = useLive((state) => state.clusters.size);
  const change = (changes: Partial<ExportForm>) => setForm({ ...form, ...changes });
  const input = exportInput(form);
  const block = useBlock();
  const { result } = run;
  if (result !== null) {
    return <Exported result={result} onSaveAgain={() => save(result)} onClose={onClose} />;
  }
  return (
    <Dialog
      open
      title="Export a bundle"
      description="One encrypted file, for another desk or for safekeeping."
      onOpenChange={onClose}
      dismissable={run.phase !== 'running'}
      footer={
        run.phase === 'running' ? (
          <Button onClick={cancel}>Cancel</Button>
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              tone="primary"
              disabled={input === null}
              why={form.withSecrets ? block : null}
              onClick={() => input && void start(input)}
            >
              {`Export ${plural(form.clusters?.size ?? total, 'cluster')}`}
            </Button>
          </>
        )
      }
    >
      {run.phase === 'running' ? (
        <Making progress={run.progress} />
      ) : (
        <Stack gap="large">
          <ExportScope chosen={form.clusters} onChange={(clusters) => change({ clusters })} />
          <Secrets form={form} onChange={change} />
          <ProtectionChoice form={form} onChange={change} />
          {run.problem && <ErrorNotice problem={run.problem} />}
        </Stack>
      )}
    </Dialog>
  );
}

interface PartProps {
  form: ExportForm;
  onChange: (changes: Partial<ExportForm>) => void;
}

function Secrets({ form, onChange }: PartProps) {
  return (
    <Stack gap="small">
      <Switch
        label="With passwords and tokens"
        hint="Off: whoever imports it enters them anew."
        checked={form.withSecrets}
        onChange={(withSecrets) => onChange({ withSecrets })}
      />
      {form.withSecrets && (
        <Notice tone="warning" title="Whoever opens this file can sign in to these clusters.">
          The file can be copied and guessed at for years. Take a long passphrase and tell it by
          another way than the file.
        </Notice>
      )}
    </Stack>
  );
}

function ProtectionChoice({ form, onChange }: PartProps) {
  return (
    <Stack>
      <div>
        <Segmented
          label="Who can open it"
          value={form.protection}
          options={[
            { value: 'passphrase', label: 'Whoever knows a passphrase' },
            { value: 'recipients', label: 'Holders of age keys' },
          ]}
          onChange={(protection) => onChange({ protection })}
        />
      </div>
      {form.protection === 'passphrase' ? (
        <NewPassphrase
          passphrase={form.passphrase}
          again={form.again}
          atLeast={SHORTEST_PASSPHRASE}
          onPassphrase={(passphrase) => onChange({ passphrase })}
          onAgain={(again) => onChange({ again })}
          loss="Nobody can open the file without it. It is not kept here."
        />
      ) : (
        <Field
          label="Recipients"
          hint="One a line, as age-keygen prints them: age1…"
          error={recipientsError(form.recipients)}
          required
        >
          {(control) => (
            <TextArea
              {...control}
              spellCheck={false}
              value={form.recipients}
              onChange={(recipients) => onChange({ recipients })}
            />
          )}
        </Field>
      )}
    </Stack>
  );
}

function Making({ progress }: { progress: { fraction: number; what: string } | null }) {
  const what = progress?.what ?? 'Gathering the clusters';
  return (
    <div className={styles.making}>
      <p role="status">{what}</p>
      <Meter
        label="Making the bundle"
        fraction={progress?.fraction ?? null}
        text={`${what}, ${Math.round((progress?.fraction ?? 0) * 100)} percent`}
      />
      <p className={styles.quiet}>
        Deriving the key takes a moment on purpose: it makes guessing the passphrase slow.
      </p>
    </div>
  );
}

interface ExportedProps {
  result: { fileName: string; clusters: number };
  onSaveAgain: () => void;
  onClose: () => void;
}

function Exported({ result, onSaveAgain, onClose }: ExportedProps) {
  return (
    <Dialog
      open
      size="small"
      title="The bundle is made"
      onOpenChange={onClose}
      footer={
        <>
          <Button onClick={onSaveAgain}>Save it again</Button>
          <Button tone="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <p className={styles.made} role="status">
        <CircleCheck size={17} strokeWidth={1.75} aria-hidden />
        <span>
          <CodeText>{result.fileName}</CodeText> with {plural(result.clusters, 'cluster')} was
          handed to your downloads. Import opens it on another desk; <CodeText>age -d</CodeText>{' '}
          does too.
        </span>
      </p>
    </Dialog>
  );
}
