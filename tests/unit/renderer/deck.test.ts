import { describe, expect, it } from 'vitest';
import { cardAt } from '../../../renderer/features/deck/card-moves';
import { guestWork } from '../../../renderer/features/deck/guest-work';
import { paletteMatches } from '../../../renderer/features/palette/palette-search';
import { passphraseStrength } from '../../../renderer/features/vault/passphrase-strength';
import { sparkPaths } from '../../../renderer/ui/spark-paths';

const counts = { running: 0, stopped: 0, other: 0, unknown: 0, templates: 0 };
const said = (guests: Partial<typeof counts>, stale = false) => {
  const { figure, words } = guestWork({ ...counts, ...guests }, stale);
  return `${figure}${words}`;
};

describe('a cluster’s guests in a sentence', () => {
  it.each([
    [{ running: 41, stopped: 19, templates: 7 }, '41 of 60 guests run'],
    [{ running: 22, stopped: 11, unknown: 9 }, '22 of 42 run, 9 unknown'],
    [{ running: 1, templates: 31 }, '31 templates, 1 guest runs'],
    [{ running: 1 }, '1 of 1 guest run'],
    [{}, 'no guests'],
  ])('%o: %s', (guests, sentence) => {
    expect(said(guests)).toBe(sentence);
  });

  it('speaks of old data in the past tense', () => {
    expect(said({ running: 14, stopped: 9 }, true)).toBe('14 of 23 guests ran');
  });
});

describe('moving between cards', () => {
  // three in the first row, two in the second
  const places = [0, 1, 2, 3, 4].map((n) => ({ left: (n % 3) * 100, top: Math.floor(n / 3) * 50 }));
  it.each([
    [0, 'ArrowRight', 1],
    [2, 'ArrowRight', 3],
    [0, 'ArrowLeft', null],
    [1, 'ArrowDown', 4],
    [2, 'ArrowDown', 4],
    [4, 'ArrowUp', 1],
    [1, 'ArrowUp', null],
    [3, 'Home', 0],
    [0, 'End', 4],
    [0, 'x', null],
  ])('from %i with %s to %o', (from, key, to) => {
    expect(cardAt(places, from, key)).toBe(to);
  });
});

describe('a sparkline', () => {
  const frame = { width: 100, height: 30, span: 60 };

  it('draws noise as noise: at least 14 points of range fill the height', () => {
    const heights = [...sparkPaths([0.5, 0.51], frame).line.matchAll(/,([\d.]+)/g)].map((match) =>
      Number(match[1]),
    );
    expect(heights).toHaveLength(2);
    expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(2);
  });

  it('ends at the right edge and is broken where nothing was measured', () => {
    const { line, area } = sparkPaths([0.1, 0.2, null, 0.4, 0.6], frame);
    expect(line.match(/M/g)).toHaveLength(2);
    expect(area.match(/Z/g)).toHaveLength(2);
    expect(line).toMatch(/L100,[\d.]+$/);
  });

  it('shows a value that stands alone as a dot, and nothing where nothing is known', () => {
    expect(sparkPaths([null, 0.3], frame)).toMatchObject({ line: '', dots: 'M100,15h0' });
    expect(sparkPaths([null, null], frame)).toEqual({ line: '', area: '', dots: '' });
  });
});

describe('the palette', () => {
  const entries = ['Hall C', 'Main campus', 'Campus Hall', 'Shallow'].map((label) => ({
    label,
    detail: '',
  }));
  const found = (query: string) => paletteMatches(entries, query, 3).map((entry) => entry.label);

  it('puts first what starts with the words, then words inside, then parts', () => {
    expect(found('hall')).toEqual(['Hall C', 'Campus Hall', 'Shallow']);
    expect(found('ca mp')).toEqual(['Campus Hall', 'Main campus']);
    expect(found('')).toHaveLength(3);
    expect(found('nothing')).toEqual([]);
  });
});

describe('the hint on a passphrase', () => {
  it.each([
    ['short', 'short'],
    ['aaaaaaaaaaaaaaaa', 'weak'],
    ['correct horse battery', 'fair'],
    ['correct horse battery staple 9', 'strong'],
  ])('%s is %s', (text, strength) => {
    expect(passphraseStrength(text).strength).toBe(strength);
  });
});
