import { useState } from 'react';
import { type Settings, settingsSchema } from '#shared/contract/settings';
import { Field } from '../../ui/field';
import { NumberInput } from '../../ui/input';
import styles from './settings-page.module.css';

type NumberField = 'pollSeenS' | 'pollHiddenS' | 'historyDays' | 'auditDays';

const RANGES: Record<NumberField, string> = {
  pollSeenS: 'From 5 to 300 seconds.',
  pollHiddenS: 'From 30 to 3600 seconds.',
  historyDays: 'From 1 to 365 days.',
  auditDays: 'From 30 to 3650 days.',
};

interface NumberSettingProps {
  label: string;
  unit: string;
  field: NumberField;
  value: number;
  onChange: (changes: Partial<Settings>) => void;
  disabled?: boolean;
}

/** A number that is kept when it is left or Enter is pressed, and only where it is allowed. */
export function NumberSetting(props: NumberSettingProps) {
  const { label, unit, field, value, onChange, disabled = false } = props;
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? String(value);
  const wanted = /^\d{1,6}$/.test(shown.trim()) ? Number(shown) : Number.NaN;
  const valid = settingsSchema.shape[field].safeParse(wanted).success;
  const keep = () => {
    if (valid && wanted !== value) onChange({ [field]: wanted });
    if (valid) setText(null);
  };
  return (
    <Field
      label={label}
      className={styles.number}
      error={valid ? undefined : RANGES[field]}
      hint={RANGES[field]}
    >
      {(control) => (
        <NumberInput
          {...control}
          unit={unit}
          disabled={disabled}
          value={shown}
          onChange={setText}
          onBlur={keep}
          onKeyDown={(event) => {
            if (event.key === 'Enter') keep();
            if (event.key === 'Escape') setText(null);
          }}
        />
      )}
    </Field>
  );
}
