import { Field } from '../../ui/field';
import { PasswordInput } from '../../ui/input';
import { Meter } from '../../ui/meter';
import { passphraseStrength, type Strength } from './passphrase-strength';
import styles from './vault-dialog.module.css';

const FRACTION: Record<Strength, number> = { short: 0.1, weak: 0.35, fair: 0.65, strong: 1 };

interface NewPassphraseProps {
  passphrase: string;
  again: string;
  onPassphrase: (text: string) => void;
  onAgain: (text: string) => void;
  /** characters; 8 unless told */
  atLeast?: number;
  /** what follows when it is forgotten */
  loss: string;
}

/** A new passphrase, typed twice, with a judgement of its strength. */
export function NewPassphrase(props: NewPassphraseProps) {
  const { passphrase, again, onPassphrase, onAgain, atLeast, loss } = props;
  const { strength, hint } = passphraseStrength(passphrase, atLeast);
  const differs = again !== '' && again !== passphrase;
  return (
    <div className={styles.passphrase}>
      <Field label="New passphrase" hint={hint} required>
        {(control) => <PasswordInput {...control} value={passphrase} onChange={onPassphrase} />}
      </Field>
      <Field label="Once more" error={differs ? 'The two are not the same.' : undefined} required>
        {(control) => <PasswordInput {...control} value={again} onChange={onAgain} />}
      </Field>
      <Meter
        label="Strength"
        fraction={passphrase === '' ? 0 : FRACTION[strength]}
        text={strength}
        tone={strength === 'strong' || strength === 'fair' ? 'plain' : 'warning'}
      />
      <p className={styles.loss}>{loss}</p>
    </div>
  );
}
