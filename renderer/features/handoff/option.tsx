import { type ReactNode, useId } from 'react';
import styles from './choose.module.css';

interface OptionProps {
  /** of the group it is one of */
  name: string;
  checked: boolean;
  onChoose: () => void;
  disabled?: boolean;
  title: ReactNode;
  /** stands at the right */
  aside?: ReactNode;
  /** sentences below the title */
  children?: ReactNode;
}

/** One of several as a whole line to click; arrow keys move between those of a group. */
export function Option({ name, checked, onChoose, disabled, title, aside, children }: OptionProps) {
  const id = useId();
  return (
    <div className={styles.option}>
      <input
        type="radio"
        id={id}
        name={name}
        className={styles.radio}
        checked={checked}
        disabled={disabled}
        onChange={onChoose}
        aria-describedby={`${id}-words`}
      />
      <label htmlFor={id} className={styles.title}>
        {title}
      </label>
      <div id={`${id}-words`} className={styles.about}>
        <div className={styles.aside}>{aside}</div>
        <div className={styles.reasons}>{children}</div>
      </div>
    </div>
  );
}
