import { type ReactNode, useId } from 'react';
import { cx } from './cx';
import styles from './field.module.css';

/** What a control inside a {@link Field} puts on its element. */
export interface FieldControl {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
  'aria-required': true | undefined;
}

interface FieldProps {
  label: ReactNode;
  /** a sentence below the control */
  hint?: ReactNode;
  /** what is wrong with the value; replaces the hint */
  error?: string | undefined;
  required?: boolean;
  hideLabel?: boolean;
  className?: string | undefined;
  children: (control: FieldControl) => ReactNode;
}

/** A labelled control with its hint or its error; the error is read out when it appears. */
export function Field(props: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const hasNote = props.error !== undefined || props.hint !== undefined;
  return (
    <div className={cx(styles.field, props.className)}>
      <label htmlFor={id} className={props.hideLabel ? 'visually-hidden' : styles.label}>
        {props.label}
      </label>
      {props.children({
        id,
        'aria-describedby': hasNote ? noteId : undefined,
        'aria-invalid': props.error === undefined ? undefined : true,
        'aria-required': props.required ? true : undefined,
      })}
      {hasNote && (
        <p id={noteId} className={props.error === undefined ? styles.hint : styles.error}>
          {props.error ?? props.hint}
        </p>
      )}
    </div>
  );
}
