import { CircleHelp, Search, X } from 'lucide-react';
import { useId, useState } from 'react';
import type { ParsedQuery, QueryLanguage } from '#shared/domain/query-language';
import { IconButton } from '../ui/button';
import { cx } from '../ui/cx';
import { Input } from '../ui/input';
import { Popover } from '../ui/popover';
import styles from './query-box.module.css';

interface QueryBoxProps {
  /** what is found here, as `guests` */
  what: string;
  placeholder: string;
  help: QueryLanguage<never>['help'];
  value: string;
  parsed: ParsedQuery;
  onChange: (query: string) => void;
  /** the arrow down leads from here into the list */
  onLeave: () => void;
}

/** The filter in query syntax, with its help and, where it cannot be read, what is wrong and where. */
export function QueryBox(props: QueryBoxProps) {
  const { what, placeholder, value, parsed, onChange, onLeave } = props;
  const errorId = useId();
  const [helping, setHelping] = useState(false);
  const error = parsed.ok ? null : parsed.error;
  const add = (example: string) => {
    onChange(value.trim() === '' ? example : `${value.trim()} ${example}`);
    setHelping(false);
  };
  return (
    <search className={styles.box}>
      <Search size={15} strokeWidth={1.75} aria-hidden className={styles.icon} />
      <Input
        aria-label={`Find ${what}`}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? errorId : undefined}
        data-page-search
        placeholder={placeholder}
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
          label={`How to find ${what}`}
          align="end"
          open={helping}
          onOpenChange={setHelping}
          trigger={
            <button type="button" className={styles.help} aria-label={`How to find ${what}`}>
              <CircleHelp size={16} strokeWidth={1.75} aria-hidden />
            </button>
          }
        >
          <QueryHelpList help={props.help} onPick={add} />
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

function QueryHelpList(props: { help: QueryBoxProps['help']; onPick: (example: string) => void }) {
  return (
    <div className={styles.helpBody}>
      <p className={styles.helpLead}>
        Conditions beside each other must all hold. A comma means one of these, a minus turns a
        condition round, quotes keep words together.
      </p>
      <ul className={styles.examples}>
        {props.help.map(({ example, meaning }) => (
          <li key={example}>
            <button type="button" className={styles.example} onClick={() => props.onPick(example)}>
              <code>{example}</code>
              <span>{meaning}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
