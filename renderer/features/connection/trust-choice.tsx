import { ShieldAlert, ShieldQuestion } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { ClusterKind } from '#shared/contract/clusters';
import type { CertificateInfo } from '#shared/contract/connection';
import { Button } from '../../ui/button';
import { Checkbox } from '../../ui/choice';
import { CodeText, Fingerprint } from '../../ui/code';
import { Notice } from '../../ui/feedback';
import { CertificateView } from './certificate-view';
import styles from './trust-choice.module.css';

interface TrustChoiceProps {
  endpoint: string;
  certificate: CertificateInfo;
  /** the fingerprint trusted so far; null: none yet */
  pinned: string | null;
  busy?: boolean;
  /** where the server's own fingerprint is found, for what is no Proxmox server */
  compare?: ReactNode;
  onPin: () => void;
}

/** Asks whether a certificate is to be trusted: the first one seen, or one that has changed. */
export function TrustChoice(props: TrustChoiceProps) {
  return props.pinned === null ? (
    <FirstSight {...props} />
  ) : (
    <Changed {...props} pinned={props.pinned} />
  );
}

const COMPARE_PVE = (
  <>
    On the server, <CodeText>pvenode cert info</CodeText> prints it; the web interface shows it
    under Node, Certificates.
  </>
);

/** Where a server's own fingerprint is found, by the kind of cluster. */
export const COMPARE: Record<ClusterKind, ReactNode> = {
  proxmox: COMPARE_PVE,
  clusteros: (
    <>
      On the node, <CodeText>node-agent info</CodeText> prints it.
    </>
  ),
};

/** The question appears below the stages: whoever waited for the test has to see it. */
function intoView(section: HTMLElement | null) {
  section?.scrollIntoView({ block: 'nearest' });
}

function FirstSight(props: TrustChoiceProps) {
  const { endpoint, certificate, busy, compare = COMPARE_PVE, onPin } = props;
  return (
    <section ref={intoView} className={styles.choice} aria-label="Certificate">
      <Notice tone="information" icon={ShieldQuestion} title={`Is this ${endpoint}?`}>
        Nothing was sent to it yet. Compare the fingerprint with the server’s own. {compare}
      </Notice>
      <CertificateView certificate={certificate} />
      <div className={styles.deed}>
        <Button tone="primary" busy={busy ?? false} onClick={onPin}>
          Trust this certificate
        </Button>
      </div>
    </section>
  );
}

function Changed(props: TrustChoiceProps & { pinned: string }) {
  const [compared, setCompared] = useState(false);
  return (
    <section ref={intoView} className={styles.choice} aria-label="Certificate">
      <Notice tone="bad" icon={ShieldAlert} title={`The certificate of ${props.endpoint} changed.`}>
        Nothing was sent. If somebody renewed it, the new fingerprint is the server’s own; if nobody
        did, somebody may stand in between. {props.compare ?? COMPARE_PVE}
      </Notice>
      <div className={styles.sides}>
        <div className={styles.side}>
          <h3>Trusted so far</h3>
          <Fingerprint value={props.pinned} />
        </div>
        <div className={styles.side}>
          <h3>Offered now</h3>
          <Fingerprint value={props.certificate.fingerprint} />
        </div>
      </div>
      <CertificateView certificate={props.certificate} withoutFingerprint />
      <Checkbox
        label="I have compared the new fingerprint with the server’s own"
        checked={compared}
        onChange={setCompared}
      />
      <div className={styles.deed}>
        <Button tone="danger" disabled={!compared} busy={props.busy ?? false} onClick={props.onPin}>
          Trust the new certificate
        </Button>
      </div>
    </section>
  );
}
