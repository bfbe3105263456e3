import { useId, useState } from 'react';
import styles from './combobox.module.css';
import { cx } from './cx';
import type { FieldControl } from './field';
import { Input } from './input';

interface Suggestion {
  value: string;
  /** stands faint beside the value */
  note?: string;
}

interface ComboboxProps extends Partial<FieldControl> {
  value: string;
  onChange: (value: string) => void;
  suggestions: readonly Suggestion[];
  placeholder?: string;
  /** what the list says when it has nothing to offer */
  emptyNote?: string;
}

/** Text with suggestions: pick one with arrows or mouse, or type anything else. */
export function Combobox(props: ComboboxProps) {
  const { value, onChange, suggestions, placeholder, emptyNote, ...control } = props;
  const listId = useId();
  const [open, setOpen] = useState(false);
  const [filtering, setFiltering] = useState(false);
  const [active, setActive] = useState(-1);
  const needle = filtering ? value.trim().toLowerCase() : '';
  const matches = suggestions.filter((entry) => entry.value.toLowerCase().includes(needle));
  const activeEntry = matches[active];

  const show = () => {
    setOpen(true);
    setFiltering(false);
    setActive(-1);
  };
  const pick = (entry: Suggestion) => {
    onChange(entry.value);
    setOpen(false);
  };
  const move = (step: number) => {
    if (!open) show();
    else if (matches.length > 0) setActive((active + step + matches.length) % matches.length);
  };
  const onKey: Record<string, () => boolean> = {
    ArrowDown: () => (move(1), true),
    ArrowUp: () => (move(-1), true),
    Enter: () => open && activeEntry !== undefined && (pick(activeEntry), true),
    Escape: () => open && (setOpen(false), true),
  };

  return (
    <div className={styles.combobox}>
      <Input
        {...control}
        role="combobox"
        aria-expanded={open}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={activeEntry ? `${listId}-${active}` : undefined}
        placeholder={placeholder}
        value={value}
        onFocus={show}
        onClick={show}
        onBlur={() => setOpen(false)}
        onChange={(text) => {
          onChange(text);
          setOpen(true);
          setFiltering(true);
          setActive(-1);
        }}
        onKeyDown={(event) => {
          if (onKey[event.key]?.()) {
            event.preventDefault();
            event.stopPropagation();
          }
        }}
      />
      <div
        id={listId}
        role="listbox"
        aria-label="Suggestions"
        className={styles.list}
        hidden={!open || (matches.length === 0 && emptyNote === undefined)}
      >
        {matches.map((entry, index) => (
          <div
            key={entry.value}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === active}
            tabIndex={-1}
            className={cx(styles.option, index === active && styles.active)}
            // the input keeps the focus, else its blur would close the list before the click
            onMouseDown={(event) => {
              event.preventDefault();
              pick(entry);
            }}
          >
            {entry.value}
            {entry.note !== undefined && <span className={styles.note}>{entry.note}</span>}
          </div>
        ))}
        {matches.length === 0 && emptyNote !== undefined && (
          <div
            role="option"
            aria-selected={false}
            aria-disabled
            tabIndex={-1}
            className={styles.empty}
          >
            {emptyNote}
          </div>
        )}
      </div>
    </div>
  );
}
