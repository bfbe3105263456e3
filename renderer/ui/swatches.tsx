import { RadioGroup } from 'radix-ui';
import styles from './swatches.module.css';

/** Colours that stand apart on both grounds; people know them by these names. */
const SWATCHES = [
  { colour: '#dd5f5c', name: 'Red' },
  { colour: '#d68a3c', name: 'Orange' },
  { colour: '#c9a227', name: 'Yellow' },
  { colour: '#3fa777', name: 'Green' },
  { colour: '#2fa59a', name: 'Teal' },
  { colour: '#4a94d8', name: 'Blue' },
  { colour: '#6a7fe8', name: 'Indigo' },
  { colour: '#a06fd8', name: 'Violet' },
  { colour: '#c667b4', name: 'Pink' },
  { colour: '#8492a4', name: 'Grey' },
] as const;

export const DEFAULT_COLOUR: string = SWATCHES[6].colour;

interface SwatchesProps {
  label: string;
  /** `#rrggbb`; null: none of its own */
  value: string | null;
  onChange: (value: string | null) => void;
  /** names the choice of no colour; absent where one is needed */
  none?: string;
}

/** A choice of colours, each with its name. */
export function Swatches({ label, value, onChange, none }: SwatchesProps) {
  const known = SWATCHES.some(({ colour }) => colour === value);
  const all = [
    ...(none === undefined ? [] : [{ colour: '', name: none }]),
    ...SWATCHES,
    // a colour that came from elsewhere stays choosable
    ...(value === null || known ? [] : [{ colour: value, name: `Own colour ${value}` }]),
  ];
  return (
    <RadioGroup.Root
      aria-label={label}
      className={styles.swatches}
      value={value ?? ''}
      onValueChange={(next) => onChange(next === '' ? null : next)}
    >
      {all.map(({ colour, name }) => (
        <RadioGroup.Item
          key={colour}
          value={colour}
          aria-label={name}
          title={name}
          className={styles.swatch}
          style={{ background: colour === '' ? undefined : colour }}
        />
      ))}
    </RadioGroup.Root>
  );
}
