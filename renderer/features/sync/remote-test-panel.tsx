import { CircleCheck, CircleX } from 'lucide-react';
import { ErrorNotice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { StageList } from '../connection/test-stages';
import { TrustChoice } from '../connection/trust-choice';
import { remoteHost } from './remote-state';
import styles from './remote-test-panel.module.css';
import type { RemoteTest } from './use-remote-test';

const STAGES = [
  ['name resolution', 'Name resolution'],
  ['tcp', 'TCP'],
  ['tls', 'TLS'],
  ['login', 'Sign-in'],
  ['read', 'Clusters'],
] as const;

interface RemoteTestPanelProps {
  test: RemoteTest;
  url: string;
  /** trusts the certificate and tests again */
  onPin: (fingerprint: string) => void;
}

/** The stages of a remote's test and, where it stopped there, the question of trust. */
export function RemoteTestPanel({ test, url, onPin }: RemoteTestPanelProps) {
  const tls = test.phase === 'done' ? test.stages.find(({ name }) => name === 'tls') : undefined;
  const asks =
    tls?.state === 'failed' && (tls.code === 'TLS_UNTRUSTED' || tls.code === 'TLS_CHANGED');
  const certificate = asks ? tls.certificate : undefined;
  return (
    <Stack>
      <p className={styles.headline} role="status">
        <Headline test={test} />
      </p>
      {test.phase !== 'idle' && (
        <StageList
          busy={test.phase === 'running'}
          stages={STAGES.map(([name, words]) => ({
            name,
            words,
            stage: test.stages.find((stage) => stage.name === name),
          }))}
        />
      )}
      {test.problem && <ErrorNotice problem={test.problem} />}
      {certificate && (
        <TrustChoice
          endpoint={remoteHost(url)}
          certificate={certificate}
          pinned={tls?.pinned ?? null}
          compare="A hub prints its fingerprint when it starts; for a portal ask whoever runs it."
          onPin={() => onPin(certificate.fingerprint)}
        />
      )}
    </Stack>
  );
}

function Headline({ test }: { test: RemoteTest }) {
  switch (test.phase) {
    case 'idle':
      return 'The test reads the list of clusters and changes nothing.';
    case 'running':
      return 'Testing.';
    case 'cancelled':
      return 'Cancelled.';
    case 'failed':
      return 'The test could not run.';
    case 'done': {
      const ok = test.result?.ok === true;
      const Icon = ok ? CircleCheck : CircleX;
      return (
        <span className={ok ? styles.good : styles.bad}>
          <Icon size={16} strokeWidth={1.75} aria-hidden />
          {test.result?.message}
        </span>
      );
    }
  }
}
