import { CircleHelp, Search, X } from 'lucide-react';
import { useId, useState } from 'react';
import { type ParsedQuery, QUERY_HELP } from '#shared/domain/query';
import { IconButton } from '../../ui/button';
import { cx } from '../../ui/cx';
import { Input } from '../../ui/input';
import { Popover } from '../../ui/popover';
import styles from './query-box.module.css';

interface QueryBoxProps {
  value: string;
  parsed: ParsedQuery;
  onChange: (query: string) => void;
  /** the arrow down leads from here into the list */
  onLeave: () => void;
}

/** The filter in query syntax, with its help and, where it cannot be read, what is wrong and where. */
export function QueryBox({ value, parsed, onChange, onLeave }: QueryBoxProps) {
  const errorId = useId();
  const [help, setHelp] = useState(false);
  const error = parsed.ok ? null : parsed.error;
  const add = (example: string) => {
    onChange(value.trim() === '' ? example : `${value.trim()} ${example}`);
    setHelp(false);
  };
  return (
    <search className={styles.box}>
      <Search size={15} strokeWidth={1.75} aria-hidden className={styles.icon} />
      <Input
        aria-label="Find guests"
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? errorId : undefined}
        data-page-search
        placeholder="Find: name, id, tag, or status:running node:pve1 cpu:>80"
        value={value}
        onChange={onChange}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') {
            event.preventDefault();
            onLeave();
          } else if (event.key === 'Escape' && value !== '') {
            event.preventDefault();
            onChange('');
          }
        }}
        className={cx(styles.input, error && styles.wrong)}
      />
      <span className={styles.buttons}>
        {value !== '' && <IconButton icon={X} label="Show all" onClick={() => onChange('')} />}
        <Popover
          label="How to find guests"
          align="end"
          open={help}
          onOpenChange={setHelp}
          trigger={
            <button type="button" className={styles.help} aria-label="How to find guests">
              <CircleHelp size={16} strokeWidth={1.75} aria-hidden />
            </button>
          }
        >
          <QueryHelp onPick={add} />
        </Popover>
      </span>
      {error && (
        <p id={errorId} role="alert" className={styles.error}>
          <Marked text={value} from={error.from} to={error.to} />
          <span>{error.message}</span>
        </p>
      )}
    </search>
  );
}

/** The query once more with the part in question marked. */
function Marked({ text, from, to }: { text: string; from: number; to: number }) {
  return (
    <code className={styles.marked} aria-hidden>
      {text.slice(0, from)}
      <mark>{text.slice(from, Math.max(to, from + 1)) || '␣'}</mark>
      {text.slice(Math.max(to, from + 1))}
    </code>
  );
}

function QueryHelp({ onPick }: { onPick: (example: string) => void }) {
  return (
    <div className={styles.helpBody}>
      <p className={styles.helpLead}>
        Conditions beside each other must all hold. A comma means one of these, a minus turns a
        condition round, quotes keep words together.
      </p>
      <ul className={styles.examples}>
        {QUERY_HELP.map(({ example, meaning }) => (
          <li key={example}>
            <button type="button" className={styles.example} onClick={() => onPick(example)}>
              <code>{example}</code>
              <span>{meaning}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
