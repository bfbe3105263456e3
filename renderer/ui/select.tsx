import { ChevronDown } from 'lucide-react';
import type { ComponentPropsWithRef } from 'react';
import { cx } from './cx';
import styles from './select.module.css';

interface Option<Value extends string> {
  value: Value;
  label: string;
  disabled?: boolean;
}

interface SelectProps<Value extends string>
  extends Omit<ComponentPropsWithRef<'select'>, 'onChange' | 'value' | 'children'> {
  value: Value;
  options: readonly Option<Value>[];
  onChange: (value: Value) => void;
}

/** The platform's own list box: keyboard, screen readers and touch work as people know them. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const { options, onChange, className, ...rest } = props;
  return (
    <span className={cx(styles.wrap, className)}>
      <select
        {...rest}
        className={styles.select}
        onChange={(event) => {
          const picked = options[event.target.selectedIndex];
          if (picked) onChange(picked.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown size={14} strokeWidth={1.75} aria-hidden className={styles.arrow} />
    </span>
  );
}
