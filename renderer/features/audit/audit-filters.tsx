import { Search } from 'lucide-react';
import { useId } from 'react';
import { Button } from '../../ui/button';
import { Input } from '../../ui/input';
import { Select } from '../../ui/select';
import styles from './audit.module.css';
import type { FilterState } from './use-audit';
import { actionWords } from './words';

interface AuditFiltersProps {
  filter: FilterState;
  /** every action there is */
  actions: readonly string[];
  total: number;
}

/** Words, one action, from and to a day. */
export function AuditFilters({ filter, actions, total }: AuditFiltersProps) {
  const { set } = filter;
  const options = [...new Set([...actions, ...(filter.action === '' ? [] : [filter.action])])]
    .map((value) => ({ value, label: actionWords(value) }))
    .sort((a, b) => a.label.localeCompare(b.label));
  return (
    <div className={styles.filters} role="search" aria-label="Entries">
      <span className={styles.search}>
        <Search size={14} strokeWidth={1.75} aria-hidden />
        <Input
          type="search"
          aria-label="Find words in entries"
          placeholder="Find words: a cluster, a person, a value"
          data-page-search
          maxLength={200}
          value={filter.text}
          onChange={set.text}
          onKeyDown={(event) => {
            if (event.key === 'Escape') set.text('');
          }}
        />
      </span>
      <Select
        aria-label="Action"
        className={styles.action}
        value={filter.action}
        options={[{ value: '', label: 'All actions' }, ...options]}
        onChange={set.action}
      />
      <Day label="From" value={filter.from} onChange={set.from} />
      <Day label="To" value={filter.to} onChange={set.to} />
      {filter.isSet && (
        <Button tone="quiet" onClick={set.none}>
          Show all
        </Button>
      )}
      <output className={styles.count}>
        <b>{total.toLocaleString('en')}</b> {total === 1 ? 'entry' : 'entries'}
      </output>
    </div>
  );
}

function Day(props: { label: string; value: string; onChange: (day: string) => void }) {
  const id = useId();
  return (
    <span className={styles.day}>
      <label htmlFor={id}>{props.label}</label>
      <Input id={id} type="date" value={props.value} onChange={props.onChange} />
    </span>
  );
}
