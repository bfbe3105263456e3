import { createStore, type StoreApi } from 'zustand/vanilla';
import {
  type BundlePreview,
  type FileOffer,
  type ImportOutcome,
  MAX_IMPORT_BYTES,
  type UndoOutcome,
} from '#shared/contract/bundles';
import type { Client } from '#shared/contract/index';
import { isAbort, type Problem, problemOf } from '../../transport/failure';
import { applyInput, firstChoices, type ImportChoices } from './import-view';

/** What opens a file: nothing for most, else what its owner was told. */
export interface FileKeys {
  passphrase?: string;
  identity?: string;
}

/** A file of this page's own, or one that the core has at hand. */
type ChosenFile = { name: string } & ({ base64: string } | { offer: string });

interface ImportState {
  phase: 'choosing' | 'opening' | 'locked' | 'preview' | 'applying' | 'done';
  file: ChosenFile | null;
  /** what a locked file asks for */
  asks: 'passphrase' | 'identity';
  progress: { fraction: number; what: string } | null;
  preview: BundlePreview | null;
  choices: ImportChoices;
  withSecrets: boolean;
  outcome: ImportOutcome | null;
  problem: Problem | null;
}

const EMPTY: ImportState = {
  phase: 'choosing',
  file: null,
  asks: 'passphrase',
  progress: null,
  preview: null,
  choices: new Map(),
  withSecrets: true,
  outcome: null,
  problem: null,
};

/** One import from the choice of a file to its undo; it outlives the page that shows it. */
export interface ImportDesk {
  state: StoreApi<ImportState>;
  choose(file: File): Promise<void>;
  chooseOffer(offer: Pick<FileOffer, 'id' | 'fileName'>): Promise<void>;
  open(keys: FileKeys): Promise<void>;
  cancel: () => void;
  decide(changes: Partial<Pick<ImportState, 'choices' | 'withSecrets'>>): void;
  /** @returns the outcome, or null where nothing was imported */
  apply(): Promise<ImportOutcome | null>;
  /** @throws what the core refuses with, as when something was changed since */
  undo(importId: number): Promise<UndoOutcome>;
  restart: () => void;
}

export function createImportDesk(client: Pick<Client, 'bundles'>): ImportDesk {
  const state = createStore<ImportState>(() => EMPTY);
  const change = (changes: Partial<ImportState>) => state.setState(changes);
  let opening: AbortController | null = null;

  async function open(keys: FileKeys): Promise<void> {
    const { file } = state.getState();
    if (file === null) return;
    opening?.abort();
    const controller = new AbortController();
    opening = controller;
    const { signal } = controller;
    change({ phase: 'opening', problem: null, progress: null });
    try {
      const input =
        'offer' in file
          ? { offer: file.offer, ...keys }
          : { base64: file.base64, fileName: file.name, ...keys };
      for await (const event of await client.bundles.open(input, { signal })) {
        if (signal.aborted) return;
        if (event.type === 'progress') change({ progress: event });
        else {
          const { preview } = event;
          const choices = firstChoices(preview.entries);
          change({ phase: 'preview', preview, choices, withSecrets: preview.hasSecrets });
        }
      }
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      change(refused(problemOf(error)));
    }
  }

  /** The deck changed under the preview: what was chosen holds for what still stands there. */
  async function judgeAnew(token: string): Promise<void> {
    try {
      const preview = await client.bundles.preview({ token });
      const former = state.getState().choices;
      const choices = new Map(
        [...firstChoices(preview.entries)].map(([key, first]) => [key, former.get(key) ?? first]),
      );
      change({ preview, choices });
    } catch (error) {
      change({ ...EMPTY, problem: problemOf(error) });
    }
  }

  return {
    state,
    open,
    async choose(file) {
      opening?.abort();
      if (file.size > MAX_IMPORT_BYTES) {
        change({ ...EMPTY, problem: tooLarge(file.name) });
        return;
      }
      try {
        const base64 = await readBase64(file);
        change({ ...EMPTY, file: { name: file.name, base64 } });
      } catch {
        change({ ...EMPTY, problem: unreadable(file.name) });
        return;
      }
      await open({});
    },
    async chooseOffer({ id, fileName }) {
      opening?.abort();
      change({ ...EMPTY, file: { name: fileName, offer: id } });
      await open({});
    },
    cancel() {
      opening?.abort();
      change(EMPTY);
    },
    decide: change,
    async apply() {
      const { preview, choices, withSecrets } = state.getState();
      if (preview === null) return null;
      change({ phase: 'applying', problem: null });
      try {
        const outcome = await client.bundles.apply(applyInput(preview, choices, withSecrets));
        change({ ...EMPTY, phase: 'done', outcome });
        return outcome;
      } catch (error) {
        const problem = problemOf(error);
        change({ phase: 'preview', problem });
        if (problem.code === 'REVISION_CHANGED') await judgeAnew(preview.token);
        return null;
      }
    },
    async undo(importId) {
      const undone = await client.bundles.undo({ importId });
      if (state.getState().outcome?.importId === importId) change(EMPTY);
      return undone;
    },
    restart: () => change(EMPTY),
  };
}

/** A file that is merely locked asks for its key; a wrong key is told beside the field. */
function refused(problem: Problem): Partial<ImportState> {
  const { code, data } = problem;
  if (code === 'PASSPHRASE_NEEDED') return { phase: 'locked', asks: 'passphrase' };
  if (code === 'PASSPHRASE_WRONG') return { phase: 'locked', asks: 'passphrase', problem };
  if (code === 'IDENTITY_NEEDED' || data?.field === 'identity') {
    return { phase: 'locked', asks: 'identity', problem };
  }
  return { ...EMPTY, problem };
}

function readBase64(file: File): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const reader = new FileReader();
  reader.onerror = () => reject(reader.error ?? new Error('The file cannot be read'));
  reader.onload = () => {
    const url = typeof reader.result === 'string' ? reader.result : '';
    resolve(url.slice(url.indexOf(',') + 1));
  };
  reader.readAsDataURL(file);
  return promise;
}

const notOpened = (title: string, remedy: string): Problem => ({
  title,
  remedy,
  code: null,
  data: null,
});

const tooLarge = (name: string): Problem =>
  notOpened(
    `${name} is too large.`,
    'It has more than 16 MB; a bundle of thousands of clusters has less. Nothing was imported.',
  );

const unreadable = (name: string): Problem =>
  notOpened(
    `${name} could not be read.`,
    'Check that it is a file and still there. Nothing was imported.',
  );
