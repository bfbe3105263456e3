import { useState } from 'react';
import type { CertificateInfo, ConnectionDraft } from '#shared/contract/connection';
import { hostPort } from '#shared/domain/host';
import { isNetworkCode, useBackOnline, useOnline } from '../../app/online';
import { Button } from '../../ui/button';
import { Panel } from '../../ui/card';
import { Notice } from '../../ui/feedback';
import { TestPanel } from '../connection/test-panel';
import { useConnectionTest } from '../connection/use-connection-test';
import { type ClusterForm, parseDraft } from './cluster-form';
import styles from './edit.module.css';
import type { ClusterFormState } from './use-cluster-form';

interface FormTestProps {
  state: ClusterFormState;
  /** of the saved cluster; with it a blank secret means the stored one */
  uuid: string | undefined;
  /** hears which values were good */
  onPassed: (draft: ConnectionDraft) => void;
}

/** Tests what stands in the form, saved or not. */
export function FormTest({ state, uuid, onPassed }: FormTestProps) {
  const { test, start, cancel } = useConnectionTest(onPassed);

  const [blocked, setBlocked] = useState(false);
  const online = useOnline();

  const run = (form: ClusterForm, tfa?: Parameters<typeof start>[1]) => {
    const draft = parseDraft(form, uuid);
    state.showErrors();
    setBlocked(draft.value === null);
    if (draft.value !== null) void start({ draft: draft.value }, tfa);
  };
  const lost = test.phase === 'done' && test.stages.some(({ code }) => isNetworkCode(code));
  useBackOnline(() => {
    if (lost) run(state.form);
  });
  const pin = (endpoint: string, certificate: CertificateInfo) => {
    const changes = {
      verify: 'pin' as const,
      endpoints: state.form.endpoints.map((entry) =>
        hostPort(entry.host.trim(), Number(entry.port)) === endpoint
          ? { ...entry, pin: certificate.fingerprint }
          : entry,
      ),
    };
    state.change(changes);
    run({ ...state.form, ...changes });
  };

  return (
    <Panel
      title="Connection test"
      className={styles.test}
      aside={
        test.phase === 'running' ? (
          <Button small onClick={cancel}>
            Cancel
          </Button>
        ) : (
          <Button small onClick={() => run(state.form)}>
            {test.phase === 'idle' ? 'Test' : 'Test again'}
          </Button>
        )
      }
    >
      {blocked && parseDraft(state.form, uuid).value === null && (
        <Notice tone="warning" title="Correct the marked fields first." />
      )}
      {!online && (
        <Notice tone="information" title="This machine has no network." className={styles.offline}>
          Save all the same: it is watched as soon as it can be reached.
          {lost && ' The test goes on when the network is back.'}
        </Notice>
      )}
      <TestPanel
        kind={state.form.kind}
        test={test}
        onPin={pin}
        onTfa={(answer) => run(state.form, answer)}
      />
    </Panel>
  );
}
