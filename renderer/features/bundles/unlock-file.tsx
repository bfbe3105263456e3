import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../ui/button';
import { Card } from '../../ui/card';
import { Field } from '../../ui/field';
import { PasswordInput } from '../../ui/input';
import { useImportDesk, useImportState } from './import-context';
import styles from './unlock-file.module.css';

/** Asks for what opens an encrypted file. It is used once and kept nowhere. */
export function UnlockFile() {
  const desk = useImportDesk();
  const { asks, file, problem } = useImportState();
  const [text, setText] = useState('');
  const isIdentity = asks === 'identity';
  const error =
    problem === null
      ? undefined
      : `${problem.title} ${problem.data?.fields?.['identity'] ?? problem.remedy}`;
  return (
    <Card className={styles.card}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (text !== '') void desk.open(isIdentity ? { identity: text } : { passphrase: text });
        }}
      >
        <h2 className={styles.title}>
          <KeyRound size={17} strokeWidth={1.75} aria-hidden />
          {file?.name} is encrypted
        </h2>
        <Field
          label={isIdentity ? 'Your age identity' : 'Its passphrase'}
          hint={
            isIdentity
              ? 'The line that begins with AGE-SECRET-KEY-1. It is used once and kept nowhere.'
              : 'Whoever exported it knows it.'
          }
          error={error}
          required
        >
          {(control) => (
            <PasswordInput
              {...control}
              autoFocus
              autoComplete="off"
              value={text}
              onChange={setText}
            />
          )}
        </Field>
        <div className={styles.deeds}>
          <Button onClick={desk.restart}>Choose another file</Button>
          <Button type="submit" tone="primary" disabled={text === ''}>
            Open
          </Button>
        </div>
      </form>
    </Card>
  );
}
