import { expect, test } from 'vitest';
import { Attempts } from '#shared/domain/attempts';
import { FakeClock } from '#tests/support/fake-clock';

test('after five wrong tries each further one doubles the wait, to five minutes', () => {
  const clock = new FakeClock();
  const attempts = new Attempts(clock);
  const waits = Array.from({ length: 16 }, () => {
    attempts.wrong('10.0.0.7');
    return attempts.waitS('10.0.0.7');
  });
  expect(waits.slice(0, 8)).toEqual([0, 0, 0, 0, 1, 2, 4, 8]);
  expect(waits.at(-1)).toBe(300);
  clock.advance(299_000);
  expect(attempts.waitS('10.0.0.7')).toBe(1);
  clock.advance(1000);
  expect(attempts.waitS('10.0.0.7')).toBe(0);
});

test('a right try and half an hour of quiet start afresh', () => {
  const clock = new FakeClock();
  const attempts = new Attempts(clock);
  const wrong = (times: number) => {
    for (let time = 0; time < times; time += 1) attempts.wrong('10.0.0.7');
  };
  wrong(6);
  attempts.right('10.0.0.7');
  wrong(4);
  expect(attempts.waitS('10.0.0.7')).toBe(0);
  wrong(4);
  clock.advance(31 * 60_000);
  wrong(1);
  expect(attempts.waitS('10.0.0.7')).toBe(0);
});

test('one address does not lock another out, but a /64 of IPv6 counts as one', () => {
  const attempts = new Attempts(new FakeClock());
  for (let host = 1; host <= 8; host += 1) {
    attempts.wrong(`2001:db8:1:2::${host}`);
    attempts.wrong('::ffff:10.0.0.7');
  }
  expect(attempts.waitS('2001:db8:1:2:aaaa::1')).toBeGreaterThan(0);
  expect(attempts.waitS('2001:db8:1:3::1')).toBe(0);
  expect(attempts.waitS('10.0.0.7')).toBeGreaterThan(0);
  expect(attempts.waitS('10.0.0.8')).toBe(0);
});

test('guesses from ever new addresses do not fill the memory, and forget the quietest first', () => {
  const attempts = new Attempts(new FakeClock());
  for (let times = 0; times < 8; times += 1) attempts.wrong('10.0.0.7');
  for (let n = 0; n < 9_999; n += 1) attempts.wrong(`10.1.${n >> 8}.${n & 255}`);
  expect(attempts.waitS('10.0.0.7')).toBeGreaterThan(0);
  attempts.wrong('10.9.9.9');
  expect(attempts.waitS('10.0.0.7')).toBe(0);
});
