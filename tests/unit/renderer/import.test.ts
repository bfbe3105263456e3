import { describe, expect, it } from 'vitest';
import type { BundleEntry, BundlePreview } from '#shared/contract/bundles';
import {
  exportInput,
  NEW_EXPORT,
  recipientsError,
  recipientsOf,
} from '../../../renderer/features/bundles/export-form';
import {
  applyInput,
  choiceSentence,
  firstChoices,
  isTicked,
  previewSentence,
  withChoice,
} from '../../../renderer/features/bundles/import-view';

const entry = (key: string, verdict: BundleEntry['verdict']): BundleEntry => ({
  key,
  clusterId: key,
  name: key,
  address: 'host:8006',
  verdict,
  diff: [],
  reasons: [],
  hasSecret: false,
});
const entries = [
  entry('fresh', 'new'),
  entry('same', 'same'),
  entry('differs', 'changed'),
  entry('clash', 'conflict'),
  entry('broken', 'invalid'),
];
const preview: BundlePreview = {
  token: '6d0c9d0c-9e0a-4f65-8a5e-9f6a1d2b3c4d',
  source: 'bundle',
  madeBy: null,
  madeAt: null,
  hasSecrets: true,
  groups: [],
  entries,
};

describe('what is imported', () => {
  it('takes what is new or merely differs; a conflict stays until somebody decides', () => {
    const choices = firstChoices(entries);
    expect(entries.filter((each) => isTicked(choices, each)).map(({ key }) => key)).toEqual([
      'fresh',
      'differs',
    ]);
    expect(applyInput(preview, choices, false)).toEqual({
      token: preview.token,
      only: ['fresh', 'differs'],
      perEntry: { differs: 'take' },
      withSecrets: false,
    });
  });

  it('says for every ticked entry that is here already what becomes of it', () => {
    const choices = withChoice(firstChoices(entries), [entry('clash', 'conflict')], 'copy');
    expect(applyInput(preview, choices, true)).toMatchObject({
      only: ['fresh', 'differs', 'clash'],
      perEntry: { differs: 'take', clash: 'copy' },
    });
    expect(choiceSentence(entries, choices)).toBe('This adds 1, changes 1, copies 1.');
  });

  it('never ticks what cannot be imported or would change nothing', () => {
    const choices = withChoice(new Map(), entries, 'take');
    expect(applyInput(preview, choices, true).only).toEqual(['fresh', 'differs', 'clash']);
    expect(choiceSentence(entries, withChoice(choices, entries, 'keep'))).toBe(
      'Nothing is ticked.',
    );
  });

  it('tells what the file holds', () => {
    expect(previewSentence(entries)).toBe(
      '5 clusters: 1 in conflict, 1 not usable, 1 different from here, 1 new, 1 the same as here.',
    );
  });
});

describe('what is exported', () => {
  const recipient = `age1${'q'.repeat(58)}`;

  it('needs a passphrase of ten characters, typed twice', () => {
    const form = { ...NEW_EXPORT, passphrase: 'nine char', again: 'nine char' };
    expect(exportInput(form)).toBeNull();
    expect(exportInput({ ...form, passphrase: 'ten chars!', again: 'ten chars?' })).toBeNull();
    expect(exportInput({ ...form, passphrase: 'ten chars!', again: 'ten chars!' })).toEqual({
      withSecrets: false,
      passphrase: 'ten chars!',
    });
  });

  it('takes recipients however they are separated, each once, and no passphrase beside them', () => {
    const form = { ...NEW_EXPORT, protection: 'recipients' as const, passphrase: 'ten chars!' };
    expect(exportInput(form)).toBeNull();
    expect(recipientsOf(`${recipient}\n, ${recipient};`)).toEqual([recipient]);
    expect(exportInput({ ...form, recipients: recipient, withSecrets: true })).toEqual({
      withSecrets: true,
      recipients: [recipient],
    });
  });

  it('warns of a secret identity where a recipient belongs, without repeating it', () => {
    const secret = 'AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQY';
    expect(recipientsError(secret)).toContain('secret identity');
    expect(recipientsError(secret)).not.toContain(secret.slice(0, 25));
    expect(recipientsError('bob')).toContain('bob is no age recipient');
    expect(recipientsError(recipient)).toBeUndefined();
  });

  it('exports nothing where nothing is ticked', () => {
    const form = { ...NEW_EXPORT, passphrase: 'ten chars!', again: 'ten chars!' };
    expect(exportInput({ ...form, clusters: new Set() })).toBeNull();
    expect(exportInput({ ...form, clusters: new Set(['a']) })).toMatchObject({ clusters: ['a'] });
  });
});
