import { useEffect, useState } from 'react';
import { useClient, useConnectionStatus } from '../../app/context';
import { type Problem, problemOf } from '../../transport/failure';
import { Card } from '../../ui/card';
import mark from '../../ui/mark.svg';
import styles from './lock-screen.module.css';
import { PassphraseForm } from './passphrase-form';

/** All there is while the app is locked. */
export function LockScreen() {
  const client = useClient();
  const { phase } = useConnectionStatus();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    document.title = 'Locked · Clusterdeck';
  }, []);
  const unlock = async (passphrase: string) => {
    setBusy(true);
    // when it opens this screen goes: the status is pushed
    setProblem(await client.access.unlock({ passphrase }).then(() => null, problemOf));
    setBusy(false);
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
        <PassphraseForm
          action="Unlock"
          busy={busy}
          disabled={away}
          problem={problem}
          className={styles.deed}
          onSubmit={(passphrase) => void unlock(passphrase)}
        />
      </Card>
      <p className={styles.words} role="status">
        {away && 'Clusterdeck does not answer. It is tried again.'}
      </p>
    </main>
  );
}
