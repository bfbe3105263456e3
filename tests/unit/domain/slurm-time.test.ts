import { expect, test } from 'vitest';
import { splitHostPort } from '#shared/domain/host';
import { elapsedSeconds } from '#shared/domain/slurm-time';

test.each([
  ['0:07', 7],
  ['59:59', 3599],
  ['2:03:04', 7384],
  ['1-02:03:04', 93_784],
  ['365-00:00:00', 31_536_000],
  ['0:00', 0],
  ['INVALID', null],
  ['UNLIMITED', null],
  ['', null],
])('%s are %s seconds', (text, seconds) => {
  expect(elapsedSeconds(text)).toBe(seconds);
});

test.each([
  ['a1', 'a1', null],
  ['a1:9090', 'a1', 9090],
  ['[fd00::1]:7946', 'fd00::1', 7946],
  ['[fd00::1]', 'fd00::1', null],
  ['fd00::1', 'fd00::1', null],
])('%s is taken apart', (text, host, port) => {
  expect(splitHostPort(text)).toEqual({ host, port });
});
