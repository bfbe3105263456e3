import { Check, Minus } from 'lucide-react';
import { Checkbox as RadixCheckbox, Switch as RadixSwitch, ToggleGroup } from 'radix-ui';
import { type ReactNode, useId } from 'react';
import styles from './choice.module.css';
import { cx } from './cx';

interface SwitchProps {
  label: ReactNode;
  /** a sentence on what it steers */
  hint?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

/** On or off, taking effect as soon as it is saved; label and sentence stand left of it. */
export function Switch(props: SwitchProps) {
  const id = useId();
  return (
    <div className={styles.switchRow}>
      <div className={styles.switchWords}>
        <label htmlFor={id} className={styles.switchLabel}>
          {props.label}
        </label>
        {props.hint !== undefined && (
          <p id={`${id}-hint`} className={styles.hint}>
            {props.hint}
          </p>
        )}
      </div>
      <RadixSwitch.Root
        id={id}
        className={styles.switch}
        checked={props.checked}
        onCheckedChange={props.onChange}
        disabled={props.disabled ?? false}
        aria-describedby={props.hint === undefined ? undefined : `${id}-hint`}
      >
        <RadixSwitch.Thumb className={styles.thumb} />
      </RadixSwitch.Root>
    </div>
  );
}

interface CheckboxProps {
  label: ReactNode;
  hideLabel?: boolean;
  hint?: ReactNode;
  checked: boolean | 'indeterminate';
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  tabIndex?: number;
}

/** A tick; `indeterminate` where only some of many are ticked. */
export function Checkbox(props: CheckboxProps) {
  const id = useId();
  return (
    <span className={styles.checkRow}>
      <RadixCheckbox.Root
        id={id}
        className={styles.check}
        checked={props.checked}
        onCheckedChange={(state) => props.onChange(state === true)}
        disabled={props.disabled ?? false}
        tabIndex={props.tabIndex}
        aria-describedby={props.hint === undefined ? undefined : `${id}-hint`}
      >
        <RadixCheckbox.Indicator className={styles.tick}>
          {props.checked === 'indeterminate' ? (
            <Minus size={12} strokeWidth={3} aria-hidden />
          ) : (
            <Check size={12} strokeWidth={3} aria-hidden />
          )}
        </RadixCheckbox.Indicator>
      </RadixCheckbox.Root>
      <span className={props.hideLabel ? 'visually-hidden' : styles.checkWords}>
        <label htmlFor={id}>{props.label}</label>
        {props.hint !== undefined && (
          <span id={`${id}-hint`} className={styles.hint}>
            {props.hint}
          </span>
        )}
      </span>
    </span>
  );
}

interface SegmentedProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly { value: Value; label: ReactNode; name?: string }[];
  onChange: (value: Value) => void;
  className?: string;
}

/** One of a few, all visible; arrow keys move between them. */
export function Segmented<Value extends string>(props: SegmentedProps<Value>) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={props.label}
      className={cx(styles.segmented, props.className)}
      value={props.value}
      onValueChange={(value) => {
        const picked = props.options.find((option) => option.value === value);
        if (picked) props.onChange(picked.value);
      }}
    >
      {props.options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          className={styles.segment}
          aria-label={option.name}
        >
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
