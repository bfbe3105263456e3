import { expect, test } from 'vitest';
import { Troubles } from '#agent/membership/troubles';
import { member } from '#tests/support/agent';
import { StillClock } from '#tests/support/still-clock';

const SECOND = 1_000;
const MINUTE = 60_000;

test('a stranger has ten seconds to prove the key before people are told', async () => {
  const clock = new StillClock();
  const troubles = new Troubles(clock);
  const members = [member('a1'), member('x1', { authenticated: false })];
  const codes = () => troubles.list(members).map(({ code, node }) => `${code} ${node}`);
  troubles.see(members);
  await clock.advance(9 * SECOND);
  expect(codes()).toEqual([]);
  troubles.see(members);
  await clock.advance(2 * SECOND);
  expect(codes()).toEqual(['member-unproven x1']);

  // who went away and came back has its time again
  troubles.see([member('a1')]);
  troubles.see(members);
  expect(codes()).toEqual([]);
});

test('a node that looks for its cluster itself blames nobody else', async () => {
  const clock = new StillClock();
  const troubles = new Troubles(clock);
  const members = [member('a1', { authenticated: false })];
  const waiting = {
    severity: 'warning' as const,
    code: 'waiting-for-cluster',
    title: 'It waits.',
    detail: '',
    remedy: 'Wait.',
  };
  troubles.set('waiting', waiting);
  troubles.see(members);
  await clock.advance(20 * SECOND);
  expect(troubles.list(members)).toEqual([waiting]);
});

test('wrong proofs are told once per address, a few at most, and for ten minutes', async () => {
  const clock = new StillClock();
  const troubles = new Troubles(clock);
  expect(troubles.wrongProof('10.0.0.9')).toBe(true);
  expect(troubles.wrongProof('10.0.0.9')).toBe(false);
  expect(troubles.list([]).map(({ code }) => code)).toEqual(['wrong-key']);
  for (let n = 0; n < 500; n += 1) troubles.wrongProof(`10.1.${n}.1`);
  expect(troubles.list([])).toHaveLength(20);
  await clock.advance(10 * MINUTE);
  expect(troubles.list([])).toEqual([]);
});
