import { useState } from 'react';
import type { BundleEntry, BundlePreview, OnConflict } from '#shared/contract/bundles';
import { Button } from '../../ui/button';
import { Segmented, Switch } from '../../ui/choice';
import { Facts } from '../../ui/facts';
import { Moment } from '../../ui/moment';
import { usePaged } from '../../ui/paged';
import { useToasts } from '../../ui/toast';
import { useBlock } from '../access/use-block';
import { plural } from '../deck/deck-view';
import { useImportDesk, useImportState } from './import-context';
import styles from './import-preview.module.css';
import { ImportTable } from './import-table';
import {
  CHOICE_WORDS,
  choiceSentence,
  isTicked,
  VERDICT_LOOKS,
  VERDICTS,
  withChoice,
} from './import-view';
import { useUndo } from './use-undo';

type Filter = 'all' | BundleEntry['verdict'];

/** What a file would do to this desk, entry by entry, and what of it is wanted. */
export function ImportPreview({ preview }: { preview: BundlePreview }) {
  const desk = useImportDesk();
  const { choices, phase } = useImportState();
  const toasts = useToasts();
  const undo = useUndo();
  const block = useBlock();
  const [filter, setFilter] = useState<Filter>('all');
  const { entries } = preview;
  const ordered = [...entries].sort(
    (a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict),
  );
  const fitting = ordered.filter(({ verdict }) => filter === 'all' || verdict === filter);
  const { shown, more } = usePaged(fitting);
  const ticked = entries.filter((entry) => isTicked(choices, entry)).length;
  const apply = async () => {
    const outcome = await desk.apply();
    if (outcome === null) return;
    const { created, changed, importId } = outcome;
    const count = created.length + changed.length;
    toasts.notify({
      tone: 'ok',
      title: `${plural(count, 'cluster')} imported`,
      ...(importId !== null && {
        action: { label: 'Undo', run: () => undo.mutate(importId) },
      }),
    });
  };
  return (
    <>
      <Origin preview={preview} />
      <div className={styles.tools}>
        <Segmented<Filter>
          label="Which entries to show"
          value={filter}
          options={[
            { value: 'all', label: `All ${entries.length}` },
            ...VERDICTS.filter((verdict) => entries.some((entry) => entry.verdict === verdict)).map(
              (verdict) => ({ value: verdict, label: counted(verdict, entries) }),
            ),
          ]}
          onChange={setFilter}
        />
        <Conflicts entries={entries} />
      </div>
      <div>
        <ImportTable
          entries={shown}
          all={fitting}
          choices={choices}
          onChoices={(next) => desk.decide({ choices: next })}
        />
        {more}
      </div>
      <div className={styles.bar}>
        <p className={styles.barWords} role="status">
          {choiceSentence(entries, choices)}
          {ticked > 0 && ' All of it, or nothing.'}
        </p>
        <Button
          tone="primary"
          disabled={ticked === 0}
          busy={phase === 'applying'}
          why={block}
          onClick={() => void apply()}
        >
          {ticked === 0 ? 'Import' : `Import ${plural(ticked, 'cluster')}`}
        </Button>
      </div>
    </>
  );
}

function counted(verdict: BundleEntry['verdict'], entries: readonly BundleEntry[]): string {
  const count = entries.filter((entry) => entry.verdict === verdict).length;
  const { word } = VERDICT_LOOKS[verdict];
  return `${word.charAt(0).toUpperCase()}${word.slice(1)} ${count}`;
}

/** Where the file comes from and what else it brings. */
function Origin({ preview }: { preview: BundlePreview }) {
  const desk = useImportDesk();
  const { withSecrets } = useImportState();
  const { madeBy, madeAt, groups, hasSecrets } = preview;
  return (
    <div className={styles.origin}>
      {(madeBy !== null || madeAt !== null || groups.length > 0) && (
        <Facts
          facts={[
            ['Made by', madeBy ?? 'not told'],
            ['Made', madeAt === null ? 'not told' : <Moment key="made" at={madeAt} />],
            ['Groups', groups.length === 0 ? 'none' : groups.join(', ')],
          ]}
        />
      )}
      {hasSecrets && (
        <Switch
          label="Take its passwords and tokens too"
          hint="They are sealed in the vault of this desk. Off: the clusters come without them."
          checked={withSecrets}
          onChange={(on) => desk.decide({ withSecrets: on })}
        />
      )}
    </div>
  );
}

/** One answer for everything that conflicts. */
function Conflicts({ entries }: { entries: readonly BundleEntry[] }) {
  const desk = useImportDesk();
  const { choices } = useImportState();
  const conflicts = entries.filter(({ verdict }) => verdict === 'conflict');
  if (conflicts.length === 0) return null;
  const chosen = new Set(conflicts.map(({ key }) => choices.get(key) ?? 'keep'));
  const [one] = chosen;
  return (
    <div className={styles.conflicts}>
      <span id="conflicts-words">
        {conflicts.length === 1 ? 'The conflict' : `All ${conflicts.length} conflicts`}
      </span>
      <Segmented<OnConflict | 'mixed'>
        label="What to do about conflicts"
        value={chosen.size === 1 && one !== undefined ? one : 'mixed'}
        options={(['keep', 'take', 'copy'] as const).map((choice) => ({
          value: choice,
          label: CHOICE_WORDS[choice],
        }))}
        onChange={(choice) => {
          if (choice === 'mixed') return;
          desk.decide({ choices: withChoice(choices, conflicts, choice) });
        }}
      />
    </div>
  );
}
