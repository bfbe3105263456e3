import { CircleCheck, CircleX } from 'lucide-react';
import type { ClusterKind } from '#shared/contract/clusters';
import type { CertificateInfo, TestResult, TfaAnswer } from '#shared/contract/connection';
import { ErrorNotice } from '../../ui/feedback';
import { Stack } from '../../ui/stack';
import { SecondFactorForm } from './second-factor-form';
import styles from './test-panel.module.css';
import { TestStages } from './test-stages';
import type { ConnectionTest } from './test-state';
import { COMPARE, TrustChoice } from './trust-choice';

interface TestPanelProps {
  kind: ClusterKind;
  test: ConnectionTest;
  /** pins the certificate at the endpoint (`host:port`); then the test is run again */
  onPin: (endpoint: string, certificate: CertificateInfo, pinned: string | null) => void;
  pinning?: boolean;
  /** answers the second factor and runs the test again */
  onTfa: (answer: TfaAnswer) => void;
}

/** A test's stages, and the question it stopped at: trust, or a second factor. */
export function TestPanel({ kind, test, onPin, pinning = false, onTfa }: TestPanelProps) {
  const unsure = test.phase === 'done' ? trustQuestion(test.result) : null;
  const factors = test.phase === 'done' ? (test.result?.factors ?? []) : [];
  const asks = factors.length > 0;
  return (
    <Stack>
      <p className={styles.headline} role="status">
        <Headline test={test} />
      </p>
      <TestStages kind={kind} test={test} brief={unsure !== null || asks} />
      {test.problem && <ErrorNotice problem={test.problem} />}
      {unsure && test.endpoint !== null && (
        <TrustChoice
          endpoint={test.endpoint}
          certificate={unsure.certificate}
          pinned={unsure.pinned}
          compare={COMPARE[kind]}
          busy={pinning}
          onPin={() => onPin(test.endpoint ?? '', unsure.certificate, unsure.pinned)}
        />
      )}
      {asks && <SecondFactorForm factors={factors} onAnswer={onTfa} action="Go on with the test" />}
    </Stack>
  );
}

/** The certificate to decide on, where the TLS stage stopped for that. */
function trustQuestion(result: TestResult | null) {
  const tls = result?.stages.find((stage) => stage.name === 'tls');
  if (tls?.state !== 'failed' || !tls.certificate) return null;
  if (tls.code !== 'TLS_UNTRUSTED' && tls.code !== 'TLS_CHANGED') return null;
  return { certificate: tls.certificate, pinned: tls.pinned ?? null };
}

function Headline({ test }: { test: ConnectionTest }) {
  switch (test.phase) {
    case 'idle':
      return 'Nothing was sent yet.';
    case 'running':
      return test.endpoint === null ? 'Starting.' : `Testing ${test.endpoint}.`;
    case 'cancelled':
      return 'Cancelled.';
    case 'failed':
      return 'The test could not run.';
    case 'done': {
      const Icon = test.result?.ok ? CircleCheck : CircleX;
      return (
        <span className={test.result?.ok ? styles.good : styles.bad}>
          <Icon size={16} strokeWidth={1.75} aria-hidden />
          {test.result?.message}
        </span>
      );
    }
  }
}
