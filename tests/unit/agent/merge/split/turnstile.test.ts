import { expect, test } from 'vitest';
import { Turnstile } from '#agent/operations/merge/split/turnstile';

test('each address has its own patience, and all together have one', () => {
  let now = 0;
  const turnstile = new Turnstile({ monotonic: () => now });
  const admitted = (address: string, times: number) =>
    Array.from({ length: times }, () => turnstile.admit(address)).filter(Boolean).length;
  expect(admitted('10.0.0.1', 20)).toBe(10);
  expect(admitted('10.0.0.2', 1)).toBe(1);
  now += 4_000;
  expect(admitted('10.0.0.1', 20)).toBe(2);
  const many = Array.from({ length: 300 }, (_, index) => admitted(`10.0.1.${index}`, 1));
  expect(many.filter((one) => one === 1).length).toBeLessThanOrEqual(100);
  now += 3_600_000;
  expect(admitted('10.0.0.1', 20)).toBe(10);
});
