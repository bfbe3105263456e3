import { ChevronRight } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import type { SyncEntry } from '#shared/contract/sync';
import { Button } from '../../ui/button';
import { Checkbox } from '../../ui/choice';
import { CodeText } from '../../ui/code';
import { cx } from '../../ui/cx';
import { StateDot } from '../../ui/state';
import styles from './entry-card.module.css';
import { FieldTable } from './field-table';
import {
  choose,
  type Decisions,
  deleteChoices,
  fieldsSentence,
  isChoosable,
  kindOf,
  openQuestions,
  type Side,
  sideOf,
  takeAll,
  VERDICT_TONES,
  verdictWords,
} from './sync-view';

interface EntryCardProps {
  entry: SyncEntry;
  remoteName: string;
  decisions: Decisions;
  /** absent where nothing is to be decided, as in a report */
  onDecide?: ((decisions: Decisions) => void) | undefined;
  /** what happened to it, in a report */
  result?: ReactNode;
}

/** One cluster of a sync: what happens to it, field by field, and what a person has to say. */
export function EntryCard(props: EntryCardProps) {
  const { entry, remoteName, decisions, onDecide, result } = props;
  const asks = onDecide !== undefined && ['choice', 'secret'].includes(kindOf(entry));
  const [expanded, setExpanded] = useState(asks && entry.verdict !== 'createThere');
  const open = onDecide ? openQuestions(entry, decisions) : 0;
  const bodyId = useId();
  const hasFields = entry.fields.length > 0;
  return (
    <li className={cx(styles.entry, open > 0 && styles.asks)}>
      <div className={styles.head}>
        <button
          type="button"
          className={styles.expand}
          aria-expanded={expanded}
          aria-controls={bodyId}
          disabled={!hasFields}
          onClick={() => setExpanded(!expanded)}
        >
          <ChevronRight
            size={15}
            strokeWidth={2}
            aria-hidden
            className={cx(styles.arrow, expanded && styles.turned, !hasFields && styles.none)}
          />
          <strong className={styles.name}>{entry.name || entry.clusterId || 'No name'}</strong>
          {entry.clusterId !== '' && <CodeText quiet>{entry.clusterId}</CodeText>}
        </button>
        <span className={styles.verdict}>
          <StateDot
            tone={VERDICT_TONES[entry.verdict]}
            word={verdictWords(entry, remoteName)}
            showWord
          />
        </span>
        {result !== undefined && <span className={styles.result}>{result}</span>}
      </div>
      {entry.reasons.map((reason) => (
        <p key={reason} className={styles.reason}>
          {reason}
        </p>
      ))}
      {!expanded && hasFields && <p className={styles.reason}>{fieldsSentence(entry.fields)}</p>}
      {onDecide && <Questions {...props} onDecide={onDecide} open={open} />}
      <div id={bodyId} hidden={!expanded || !hasFields} className={styles.fields}>
        {expanded && hasFields && (
          <FieldTable
            entry={entry}
            remoteName={remoteName}
            side={(field) => sideOf(entry, field, decisions.choices)}
            {...(onDecide &&
              canChooseFields(entry) && {
                onChoose: (field, side) =>
                  onDecide({
                    ...decisions,
                    choices: choose(decisions.choices, entry.clusterId, field, side),
                  }),
              })}
          />
        )}
      </div>
    </li>
  );
}

/** Where a cluster is on both sides; elsewhere it comes or goes as a whole. */
function canChooseFields(entry: SyncEntry): boolean {
  return ['push', 'pull', 'both', 'conflict'].includes(entry.verdict);
}

type QuestionsProps = EntryCardProps & { onDecide: (decisions: Decisions) => void; open: number };

function Questions({ entry, remoteName, decisions, onDecide, open }: QuestionsProps) {
  const take = (side: Side) =>
    onDecide({ ...decisions, choices: takeAll(decisions.choices, entry, side) });
  if (entry.verdict === 'deleteConflict') {
    const words = deleteChoices(entry, remoteName);
    const chosen = decisions.choices.get(entry.clusterId)?.get('*');
    return (
      <fieldset className={styles.whole}>
        <legend className="visually-hidden">What becomes of {entry.name}</legend>
        {(['mine', 'theirs'] as const).map((side) => (
          <label key={side} className={styles.wholeChoice}>
            <input
              type="radio"
              name={`whole ${entry.clusterId}`}
              checked={chosen === side}
              onChange={() => take(side)}
            />
            {words[side]}
          </label>
        ))}
      </fieldset>
    );
  }
  if (entry.verdict === 'createThere' && entry.needsSecret) {
    return (
      <div className={styles.secret}>
        <Checkbox
          label={`Send its password to ${remoteName}`}
          hint="Until then it waits."
          checked={decisions.sendSecrets.has(entry.clusterId)}
          onChange={(on) => {
            const sent = new Set(decisions.sendSecrets);
            if (on) sent.add(entry.clusterId);
            else sent.delete(entry.clusterId);
            onDecide({ ...decisions, sendSecrets: sent });
          }}
        />
      </div>
    );
  }
  if (entry.verdict !== 'conflict') return null;
  const count = entry.fields.filter(isChoosable).length;
  return (
    <div className={styles.all}>
      <span className={styles.open} role="status">
        {open === 0 ? 'All decided.' : open === 1 ? '1 field is open.' : `${open} fields are open.`}
      </span>
      {count > 1 && (
        <>
          <Button small onClick={() => take('mine')} aria-label={`Take all mine for ${entry.name}`}>
            Take all mine
          </Button>
          <Button
            small
            onClick={() => take('theirs')}
            aria-label={`Take all theirs for ${entry.name}`}
          >
            Take all theirs
          </Button>
        </>
      )}
    </div>
  );
}
