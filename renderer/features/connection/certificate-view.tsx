import type { ReactNode } from 'react';
import type { CertificateInfo } from '#shared/contract/connection';
import { Fingerprint } from '../../ui/code';
import { cx } from '../../ui/cx';
import { useNow } from '../../ui/now';
import styles from './certificate-view.module.css';

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

interface CertificateViewProps {
  certificate: CertificateInfo;
  /** where it stands elsewhere already */
  withoutFingerprint?: boolean;
}

/** What a certificate says of itself; expired dates stand out with a word. */
export function CertificateView({ certificate, withoutFingerprint }: CertificateViewProps) {
  const now = useNow();
  const expired = certificate.validTo < now;
  const early = certificate.validFrom > now;
  return (
    <dl className={styles.facts}>
      {!withoutFingerprint && (
        <Fact name="Fingerprint">
          <Fingerprint value={certificate.fingerprint} />
        </Fact>
      )}
      <Fact name="Issued by">
        <DistinguishedName value={certificate.issuer} />
        {certificate.selfSigned && ', itself'}
      </Fact>
      <Fact name="Issued to">
        <DistinguishedName value={certificate.subject} />
      </Fact>
      {certificate.names.length > 0 && <Fact name="Names">{certificate.names.join(', ')}</Fact>}
      <Fact name="Valid">
        <span className={cx((expired || early) && styles.bad)}>
          {DATE.format(certificate.validFrom)} to {DATE.format(certificate.validTo)}
          {expired && ', expired'}
          {early && ', not valid yet'}
        </span>
      </Fact>
      <Fact name="This machine">
        {certificate.trustedByCa ? 'trusts its issuer' : 'does not know its issuer'}
      </Fact>
    </dl>
  );
}

/** The common name with the organisation; the whole of it on hover. */
function DistinguishedName({ value }: { value: string }) {
  const part = (key: string) => new RegExp(`(?:^|[,\\n] ?)${key}=([^,\\n]+)`).exec(value)?.[1];
  const parts = [part('CN'), part('O')].filter((found) => found !== undefined);
  return <span title={value}>{parts.join(', ') || value || 'nobody named'}</span>;
}

function Fact(props: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
