import { CircleCheck } from 'lucide-react';
import type { EnrolResult } from '#shared/contract/agents';
import { Button } from '../../ui/button';
import { CodeText, CopyButton } from '../../ui/code';
import { Dialog } from '../../ui/dialog';
import { Notice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { Badge } from '../../ui/state';
import styles from './enrol.module.css';

/** What was written and what to do next. */
export function EnrolDone({ result, onClose }: { result: EnrolResult; onClose: () => void }) {
  return (
    <Dialog
      open
      size="large"
      title="The files are written"
      description={
        <>
          For {result.cluster.isNew ? 'the new cluster' : 'the cluster'}{' '}
          <CodeText>{result.cluster.name}</CodeText>.
        </>
      }
      onOpenChange={onClose}
      footer={
        <Button tone="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Stack gap="large">
        <p className={styles.made} role="status">
          <CircleCheck size={17} strokeWidth={1.75} aria-hidden />
          <CodeText>{result.folder}</CodeText>
          <CopyButton text={result.folder} label="Copy the folder’s path" />
        </p>
        <ul className={styles.files} aria-label="Files">
          {result.files.map(({ name, purpose, secret }) => (
            <li key={name}>
              <span className={styles.file}>
                <CodeText>{name}</CodeText>
                {secret && <Badge tone="warning">holds the cluster key</Badge>}
              </span>
              <p className={styles.hint}>{purpose}</p>
            </li>
          ))}
        </ul>
        {result.files.some(({ secret }) => secret) && (
          <Notice tone="warning" title="Whoever has the key can join the cluster.">
            Only you can read these files. Take them to the nodes by a safe way, then delete them
            here. This desk keeps no key.
          </Notice>
        )}
        <section aria-label="What comes next">
          <h3>What comes next</h3>
          <ol className={styles.next}>
            {result.next.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ol>
        </section>
      </Stack>
    </Dialog>
  );
}
