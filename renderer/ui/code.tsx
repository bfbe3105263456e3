import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { IconButton } from './button';
import styles from './code.module.css';
import { cx } from './cx';

/** A key of the keyboard. */
export function Kbd(props: { children: ReactNode }) {
  return <kbd className={styles.kbd}>{props.children}</kbd>;
}

/** An id, a path or another text that a machine reads. */
export function CodeText(props: { children: ReactNode; quiet?: boolean }) {
  return <code className={cx(styles.code, props.quiet && styles.quiet)}>{props.children}</code>;
}

/** A SHA-256 fingerprint: whole in four rows of eight pairs, or short as `29:91:DA…68:0F`. */
export function Fingerprint(props: { value: string; short?: boolean }) {
  const pairs = props.value.split(':');
  if (props.short) {
    return (
      <code className={styles.code} title={props.value}>
        {`${pairs.slice(0, 3).join(':')}…${pairs.slice(-2).join(':')}`}
      </code>
    );
  }
  const rows = [0, 8, 16, 24].map((start) => pairs.slice(start, start + 8).join(':'));
  return (
    <span className={styles.fingerprint}>
      <code>
        {rows.map((row, index) => (
          <span key={`${index}-${row}`} className={styles.fingerprintRow}>
            {row}
            {index < rows.length - 1 && ':'}
          </span>
        ))}
      </code>
      <CopyButton text={props.value} label="Copy the fingerprint" />
    </span>
  );
}

const COPIED_MS = 1500;

/** Copies a text and says for a moment that it did. */
export function CopyButton(props: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <IconButton
      icon={copied ? Check : Copy}
      size={14}
      label={copied ? 'Copied' : props.label}
      onClick={() => {
        navigator.clipboard.writeText(props.text).then(
          () => setCopied(true),
          () => setCopied(false),
        );
      }}
    />
  );
}
