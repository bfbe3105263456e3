import { Fragment, useState } from 'react';
import type { BundleEntry } from '#shared/contract/bundles';
import { Checkbox } from '../../ui/choice';
import { CodeText } from '../../ui/code';
import { Select } from '../../ui/select';
import { StateDot } from '../../ui/state';
import { Cell, HeadCell, Table } from '../../ui/table';
import { plural } from '../deck/deck-view';
import { fieldName } from '../sync/field-names';
import styles from './import-preview.module.css';
import {
  CHOICE_WORDS,
  type ImportChoices,
  isHereAlready,
  isImportable,
  isTicked,
  VERDICT_LOOKS,
  withChoice,
} from './import-view';

interface ImportTableProps {
  /** the rows drawn */
  entries: readonly BundleEntry[];
  /** every row that fits the filter, which the tick in the head is about */
  all: readonly BundleEntry[];
  choices: ImportChoices;
  onChoices: (choices: ImportChoices) => void;
}

const CHOICES = (['take', 'keep', 'copy'] as const).map((value) => ({
  value,
  label: CHOICE_WORDS[value],
}));

/** Each entry of the file: what importing it would do and why. */
export function ImportTable({ entries, all, choices, onChoices }: ImportTableProps) {
  const possible = all.filter(isImportable);
  const ticked = possible.filter((entry) => isTicked(choices, entry)).length;
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (key: string) => {
    const next = new Set(open);
    if (!next.delete(key)) next.add(key);
    setOpen(next);
  };
  return (
    <Table label="Clusters in the file">
      <thead>
        <tr>
          <HeadCell>
            <Checkbox
              label="All that can be imported"
              hideLabel
              disabled={possible.length === 0}
              checked={ticked === 0 ? false : ticked === possible.length || 'indeterminate'}
              onChange={(on) => onChoices(withChoice(choices, possible, on ? 'take' : 'keep'))}
            />
          </HeadCell>
          <HeadCell>Cluster</HeadCell>
          <HeadCell>Address</HeadCell>
          <HeadCell>Secret</HeadCell>
          <HeadCell>What it is here</HeadCell>
          <HeadCell>What to do</HeadCell>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <Fragment key={entry.key}>
            <Row
              entry={entry}
              choices={choices}
              onChoices={onChoices}
              expanded={open.has(entry.key)}
              onToggle={() => toggle(entry.key)}
            />
            {open.has(entry.key) && <Diff entry={entry} />}
          </Fragment>
        ))}
      </tbody>
    </Table>
  );
}

interface RowProps {
  entry: BundleEntry;
  choices: ImportChoices;
  onChoices: (choices: ImportChoices) => void;
  expanded: boolean;
  onToggle: () => void;
}

function Row({ entry, choices, onChoices, expanded, onToggle }: RowProps) {
  const { word, tone } = VERDICT_LOOKS[entry.verdict];
  const importable = isImportable(entry);
  return (
    <tr>
      <Cell>
        <Checkbox
          label={`Import ${entry.name}`}
          hideLabel
          disabled={!importable}
          checked={isTicked(choices, entry)}
          onChange={(on) => onChoices(withChoice(choices, [entry], on ? 'take' : 'keep'))}
        />
      </Cell>
      <Cell>
        <span className={styles.name}>
          <strong>{entry.name || 'No name'}</strong>
          {entry.clusterId !== null && <CodeText quiet>{entry.clusterId}</CodeText>}
        </span>
      </Cell>
      <Cell className={styles.address} title={entry.address}>
        <CodeText>{entry.address}</CodeText>
      </Cell>
      <Cell quiet className={styles.secret}>
        {entry.hasSecret ? 'with it' : 'none'}
      </Cell>
      <Cell>
        <StateDot tone={tone} word={word} showWord />{' '}
        {entry.diff.length > 0 && (
          <button
            type="button"
            className={styles.diffButton}
            aria-expanded={expanded}
            onClick={onToggle}
          >
            {plural(entry.diff.length, 'field')}
            <span className="visually-hidden"> of {entry.name}</span>
          </button>
        )}
        {entry.reasons.map((reason) => (
          <p key={reason} className={styles.reason}>
            {reason}
          </p>
        ))}
      </Cell>
      <Cell className={styles.choose}>
        {isHereAlready(entry) ? (
          <Select
            aria-label={`What to do with ${entry.name}`}
            value={choices.get(entry.key) ?? 'keep'}
            options={CHOICES}
            onChange={(choice) => onChoices(withChoice(choices, [entry], choice))}
          />
        ) : (
          entry.verdict === 'new' && (isTicked(choices, entry) ? 'Add it' : 'Leave it out')
        )}
      </Cell>
    </tr>
  );
}

/** Field by field what taking theirs would change. */
function Diff({ entry }: { entry: BundleEntry }) {
  return (
    <tr>
      <td colSpan={6} className={styles.diffCell}>
        <table className={styles.diff} aria-label={`What differs of ${entry.name}`}>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Mine, on this desk</th>
              <th scope="col">Theirs, in the file</th>
            </tr>
          </thead>
          <tbody>
            {entry.diff.map(({ field, mine, theirs }) => (
              <tr key={field}>
                <th scope="row">{fieldName(field)}</th>
                <td className={styles.gone}>{mine}</td>
                <td>{theirs}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </td>
    </tr>
  );
}
