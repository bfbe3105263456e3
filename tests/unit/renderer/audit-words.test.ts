import { describe, expect, it } from 'vitest';
import { lackOf } from '../../../renderer/features/access/rights';
import {
  actionWords,
  fieldChanges,
  fieldWords,
  summaryOf,
  valueWords,
} from '../../../renderer/features/audit/words';

describe('the words of the audit', () => {
  it('has words for actions, guests’ included, and lets a new one speak for itself', () => {
    expect(actionWords('cluster.update')).toBe('Cluster changed');
    expect(actionWords('guest.stop')).toBe('Guest: stop');
    expect(actionWords('guest.shutdown.ordered')).toBe('Guest: shutdown (ordered)');
    expect(actionWords('operation.rollback')).toBe('Operation: rollback');
    expect(actionWords('node.handoff')).toBe('node.handoff');
  });

  it('says values as people read them', () => {
    expect([true, null, '', 80].map(valueWords)).toEqual(['on', 'not set', 'not set', '80']);
    const endpoints = [
      { host: 'fd00::1', port: 8006, pin: Array(32).fill('AB').join(':') },
      { host: 'pve2', port: 443, pin: null },
    ];
    expect(valueWords(endpoints)).toBe('[fd00::1]:8006 pin AB:AB:AB…\npve2:443 no pin');
    expect(valueWords({ odd: 1 })).toBe('{"odd":1}');
    expect(fieldWords('pollSeenS')).toBe('Poll seen s');
  });

  it('sums up what changed, the first three in full', () => {
    const before = { priority: 50, name: 'A', isActive: true, description: '', colour: null };
    const after = { priority: 75, name: 'B', isActive: false, description: 'x', colour: '#fff' };
    expect(summaryOf({ before, after })).toBe(
      'Priority 50 → 75, Name A → B, Active on → off, 2 more',
    );
    expect(summaryOf({ before: null, after })).toBe('');
    expect(fieldChanges({ before: { a: 1, b: 2 }, after: { b: 2, c: 3 } })).toEqual([
      { field: 'a', before: 1, after: undefined, changed: true },
      { field: 'b', before: 2, after: 2, changed: false },
      { field: 'c', before: undefined, after: 3, changed: true },
    ]);
  });
});

describe('what an account lacks', () => {
  const right = { action: 'power', privilege: 'VM.PowerMgmt' } as const;

  it('names the privilege, except where it is otherwise', () => {
    const none = { ...right, held: false, except: ['100'] };
    expect(lackOf(none, '101')).toContain('VM.PowerMgmt');
    expect(lackOf(none, '100')).toBeNull();
    const most = { ...right, held: true, except: ['100'] };
    expect(lackOf(most, '101')).toBeNull();
    expect(lackOf(most, '100')).toContain('VM.PowerMgmt');
  });
});
