import { Eye, EyeOff } from 'lucide-react';
import { type ComponentPropsWithRef, useState } from 'react';
import { IconButton } from './button';
import { cx } from './cx';
import styles from './input.module.css';

interface InputProps extends Omit<ComponentPropsWithRef<'input'>, 'onChange' | 'value'> {
  value: string;
  onChange: (value: string) => void;
  mono?: boolean;
}

/** One line of text. */
export function Input({ mono = false, className, onChange, ...rest }: InputProps) {
  return (
    <input
      type="text"
      autoComplete="off"
      spellCheck={false}
      {...rest}
      onChange={(event) => onChange(event.target.value)}
      className={cx(styles.input, mono && styles.mono, className)}
    />
  );
}

/** Several lines of text. */
export function TextArea(
  props: Omit<ComponentPropsWithRef<'textarea'>, 'onChange' | 'value'> & {
    value: string;
    onChange: (value: string) => void;
  },
) {
  const { className, onChange, ...rest } = props;
  return (
    <textarea
      rows={3}
      {...rest}
      onChange={(event) => onChange(event.target.value)}
      className={cx(styles.input, styles.area, className)}
    />
  );
}

/** A secret on its way in; it can be looked at while it is typed. */
export function PasswordInput(props: Omit<InputProps, 'type' | 'mono'>) {
  const [shown, setShown] = useState(false);
  return (
    <span className={styles.wrapped}>
      <Input
        autoComplete="new-password"
        {...props}
        mono={shown}
        type={shown ? 'text' : 'password'}
        className={cx(styles.withButton, props.className)}
      />
      <IconButton
        icon={shown ? EyeOff : Eye}
        label={shown ? 'Hide' : 'Show'}
        className={styles.inside}
        aria-pressed={shown}
        disabled={props.disabled}
        onClick={() => setShown(!shown)}
      />
    </span>
  );
}

interface NumberInputProps extends Omit<InputProps, 'type' | 'mono'> {
  /** stands right of the number, as `s` */
  unit?: string;
}

/** A whole number as typed text, so that a half-typed value is not lost. */
export function NumberInput({ unit, className, ...rest }: NumberInputProps) {
  return (
    <span className={styles.wrapped}>
      <Input {...rest} inputMode="numeric" className={cx(styles.number, className)} />
      {unit !== undefined && (
        <span className={styles.unit} aria-hidden>
          {unit}
        </span>
      )}
    </span>
  );
}
