import { describe, expect, it } from 'vitest';
import type { MergedField, SyncEntry } from '#shared/contract/sync';
import { valueWords } from '../../../renderer/features/sync/field-names';
import {
  choose,
  deleteChoices,
  keepMeant,
  kindOf,
  NO_DECISIONS,
  needsLook,
  openQuestions,
  planSentence,
  resolutionsOf,
  sideOf,
  takeAll,
  waitingFor,
} from '../../../renderer/features/sync/sync-view';

const field = (name: string, outcome: MergedField['outcome']): MergedField => ({
  field: name,
  base: 1,
  mine: 2,
  theirs: 3,
  outcome,
  note: null,
});
const entry = (verdict: SyncEntry['verdict'], more: Partial<SyncEntry> = {}): SyncEntry => ({
  clusterId: verdict,
  name: verdict,
  uuid: '6d0c9d0c-9e0a-4f65-8a5e-9f6a1d2b3c4d',
  remoteNumber: 1,
  verdict,
  fields: [],
  reasons: [],
  needsSecret: false,
  ...more,
});
const conflict = entry('conflict', {
  fields: [
    field('priority', 'conflict'),
    field('description', 'conflict'),
    field('name', 'theirs'),
    field('id', 'theirs'),
  ],
});

describe('what a sync asks', () => {
  it('keeps each conflicting field open until a side was taken', () => {
    expect(openQuestions(conflict, NO_DECISIONS)).toBe(2);
    const choices = choose(NO_DECISIONS.choices, 'conflict', 'priority', 'mine');
    expect(openQuestions(conflict, { ...NO_DECISIONS, choices })).toBe(1);
    expect(sideOf(conflict, field('priority', 'conflict'), choices)).toBe('mine');
    expect(sideOf(conflict, field('description', 'conflict'), choices)).toBeNull();
  });

  it('goes by the merge where nobody chose, and lets a person choose otherwise', () => {
    const theirs = field('name', 'theirs');
    expect(sideOf(conflict, theirs, NO_DECISIONS.choices)).toBe('theirs');
    const choices = choose(NO_DECISIONS.choices, 'conflict', 'name', 'mine');
    expect(sideOf(conflict, theirs, choices)).toBe('mine');
  });

  it('never sends an id up, whatever was chosen', () => {
    const choices = choose(
      takeAll(NO_DECISIONS.choices, conflict, 'mine'),
      'conflict',
      'id',
      'mine',
    );
    expect(sideOf(conflict, field('id', 'theirs'), choices)).toBe('theirs');
    expect(resolutionsOf(takeAll(NO_DECISIONS.choices, conflict, 'mine'))).toEqual(
      ['priority', 'description', 'name'].map((name) => ({
        clusterId: 'conflict',
        field: name,
        take: 'mine',
      })),
    );
  });

  it('asks about a deletion as a whole, in words that fit the side it was deleted on', () => {
    const gone = entry('deleteConflict', { fields: [field('name', 'mine')] });
    expect(openQuestions(gone, NO_DECISIONS)).toBe(1);
    const choices = takeAll(NO_DECISIONS.choices, gone, 'theirs');
    expect(openQuestions(gone, { ...NO_DECISIONS, choices })).toBe(0);
    expect(resolutionsOf(choices)).toEqual([
      { clusterId: 'deleteConflict', field: '*', take: 'theirs' },
    ]);
    expect(deleteChoices(gone, 'portal').theirs).toBe('Delete it from this desk too');
    expect(deleteChoices({ ...gone, uuid: null }, 'portal').theirs).toBe(
      'Bring it back to this desk',
    );
  });

  it('asks before a password goes up', () => {
    const fresh = entry('createThere', { needsSecret: true });
    expect(kindOf(fresh)).toBe('secret');
    expect(openQuestions(fresh, NO_DECISIONS)).toBe(1);
    const sendSecrets = new Set(['createThere']);
    expect(openQuestions(fresh, { ...NO_DECISIONS, sendSecrets })).toBe(0);
  });

  it('forgets choices that newly read entries have no question for', () => {
    const choices = choose(
      takeAll(NO_DECISIONS.choices, conflict, 'mine'),
      'somewhere else',
      'name',
      'mine',
    );
    const decisions = { choices, sendSecrets: new Set(['createThere', 'conflict']) };
    const read = entry('conflict', { fields: [field('priority', 'conflict')] });
    const kept = keepMeant(decisions, [read, entry('createThere', { needsSecret: true })]);
    expect(resolutionsOf(kept.choices)).toEqual([
      { clusterId: 'conflict', field: 'priority', take: 'mine' },
    ]);
    expect([...kept.sendSecrets]).toEqual(['createThere']);
  });

  it('is done at once only where nothing is asked and nothing deleted', () => {
    expect(needsLook([entry('push'), entry('pull'), entry('both'), entry('same')])).toBe(false);
    for (const verdict of ['conflict', 'deleteConflict', 'deleteHere', 'deleteThere'] as const) {
      expect([verdict, needsLook([entry('push'), entry(verdict)])]).toEqual([verdict, true]);
    }
    expect(needsLook([entry('createThere', { needsSecret: true })])).toBe(true);
  });
});

describe('what a sync says', () => {
  it('counts what goes where, and what waits for a person', () => {
    const entries = [
      entry('push'),
      entry('both', { clusterId: 'b' }),
      entry('createHere'),
      entry('deleteThere'),
      conflict,
      entry('same'),
      entry('invalid'),
    ];
    expect(planSentence(entries, NO_DECISIONS)).toBe(
      '2 go up · 1 comes down · 1 is deleted · 1 waits for you',
    );
    const choices = takeAll(NO_DECISIONS.choices, conflict, 'mine');
    expect(planSentence(entries, { ...NO_DECISIONS, choices })).toContain('1 as you chose');
    expect(planSentence([entry('same')], NO_DECISIONS)).toContain('both sides are the same');
  });

  it('names the one remote that changes wait for, or how many there are', () => {
    const waiting = (remoteUuid: string) => ({
      id: 1,
      remoteUuid,
      clusterId: 'a',
      summary: '',
      fields: [],
      since: 0,
      attempts: 0,
      lastFailure: null,
      uncertain: false,
    });
    const names = new Map([['p', 'portal']]);
    expect(waitingFor([], names)).toBeNull();
    expect(waitingFor([waiting('p')], names)).toMatchObject({
      words: '1 change waits for',
      name: 'portal',
    });
    expect(waitingFor([waiting('p'), waiting('p'), waiting('q')], names)).toMatchObject({
      words: '3 changes wait for',
      name: '2 remotes',
    });
  });

  it('tells a value that is not set from an empty or a false one', () => {
    expect([null, '', false, true, 0].map(valueWords)).toEqual([
      'not set',
      'not set',
      'off',
      'on',
      '0',
    ]);
  });
});
