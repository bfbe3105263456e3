import { useState } from 'react';
import type { Problem } from '../../transport/failure';
import { idFromName } from '../clusters/cluster-id';
import {
  type ClusterDraft,
  type ClusterForm,
  draftOf,
  type FieldErrors,
  parseCluster,
  withDraft,
} from './cluster-form';

/** Where the form keeps what was typed until it is saved. */
export interface ClusterDraftState {
  /** what was typed before; `at` in ms since 1970 */
  kept: { value: ClusterDraft; at: number } | null;
  keep: (value: ClusterDraft) => void;
  drop: () => void;
}

/**
 * The form's state. Errors show once a save or a test was tried, then follow the typing; those of
 * the server stand until their field is edited.
 */
export function useClusterForm(initial: ClusterForm, suggestId: boolean, draft: ClusterDraftState) {
  const [base, setBase] = useState(initial);
  const [form, setForm] = useState(() => withDraft(initial, draft.kept?.value));
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState<FieldErrors>({});
  const [ownId, setOwnId] = useState(!suggestId || draft.kept?.value.clusterId !== undefined);

  const own = tried ? (parseCluster(form).errors ?? {}) : {};
  const errors: FieldErrors = { ...own, ...refused };

  const change = (changes: Partial<ClusterForm>) => {
    const next = { ...form, ...changes };
    if (changes.clusterId !== undefined) setOwnId(true);
    else if (!ownId && changes.name !== undefined) next.clusterId = idFromName(changes.name);
    setForm(next);
    const touched = draftOf(next, base);
    if (touched === null) draft.drop();
    else draft.keep(touched);
    const edited = Object.keys(changes);
    setRefused(
      Object.fromEntries(
        Object.entries(refused).filter(([path]) => !edited.includes(path.split('.')[0] ?? '')),
      ),
    );
  };

  return {
    form,
    errors,
    change,
    dirty: JSON.stringify(form) !== JSON.stringify(base),
    /** from now on what is wrong is shown */
    showErrors: () => setTried(true),
    refuse: (problem: Problem) => setRefused(refusedFields(problem)),
    /** starts again from another state, as the stored one, and forgets the draft */
    restart: (from: ClusterForm) => {
      draft.drop();
      setBase(from);
      setForm(from);
      setRefused({});
      setTried(false);
    },
  };
}

export type ClusterFormState = ReturnType<typeof useClusterForm>;

function refusedFields({ title, data }: Problem): FieldErrors {
  const stripped = Object.entries(data?.fields ?? {}).map(([path, sentence]): [string, string] => [
    path.replace(/^changes\./, ''),
    sentence,
  ]);
  if (data?.field !== undefined) stripped.push([data.field.replace(/^changes\./, ''), title]);
  return Object.fromEntries(stripped);
}
