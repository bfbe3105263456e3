import { useEffect, useState } from 'react';
import { useClient, useConnectionStatus } from '../../app/context';
import { type Problem, problemOf } from '../../transport/failure';
import { Button } from '../../ui/button';
import { Card } from '../../ui/card';
import { ErrorNotice } from '../../ui/feedback';
import { Field } from '../../ui/field';
import { PasswordInput } from '../../ui/input';
import mark from '../../ui/mark.svg';
import { Stack } from '../../ui/stack';
import styles from './lock-screen.module.css';

/** All there is while the app is locked. */
export function LockScreen() {
  const client = useClient();
  const { phase } = useConnectionStatus();
  const [passphrase, setPassphrase] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    document.title = 'Locked · Clusterdeck';
  }, []);
  const unlock = async () => {
    setBusy(true);
    // when it opens this screen goes: the status is pushed
    setProblem(await client.access.unlock({ passphrase }).then(() => null, problemOf));
    setBusy(false);
    setPassphrase('');
  };
  const away = phase === 'reconnecting' || phase === 'error';
  return (
    <main className={styles.place}>
      <img src={mark} alt="" width={44} height={44} />
      <h1>Clusterdeck is locked</h1>
      <p className={styles.words}>
        Passwords and tokens are out of memory, and no cluster is asked. What runs there goes on.
      </p>
      <Card className={styles.card}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void unlock();
          }}
        >
          <Stack>
            <Field label="Passphrase" required>
              {(control) => (
                <PasswordInput
                  {...control}
                  autoFocus
                  autoComplete="current-password"
                  value={passphrase}
                  onChange={setPassphrase}
                />
              )}
            </Field>
            {problem && <ErrorNotice problem={problem} />}
            <Button
              type="submit"
              tone="primary"
              className={styles.deed}
              busy={busy}
              disabled={passphrase === '' || away}
            >
              Unlock
            </Button>
          </Stack>
        </form>
      </Card>
      <p className={styles.words} role="status">
        {away && 'Clusterdeck does not answer. It is tried again.'}
      </p>
    </main>
  );
}
