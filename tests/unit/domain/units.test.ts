import { expect, test } from 'vitest';
import { age, bytes, count, duration, percent, plain, rate, took } from '#shared/domain/units';

test.each([
  [0, '0 B'],
  [512, '512 B'],
  [1024, '1 KiB'],
  [2 ** 30 * 1.5, '1.5 GiB'],
  [2 ** 20 * 1023.7, '1 GiB'],
  [545 * 2 ** 30, '545 GiB'],
  [2 ** 60 * 3, '3 EiB'],
])('%d bytes of memory read as %s', (value, text) => {
  expect(plain(bytes(value))).toBe(text);
});

test('storage and traffic count in thousands', () => {
  expect(plain(bytes(12.84e12, 'si'))).toBe('12.8 TB');
  expect(plain(rate(312.4e6))).toBe('312 MB/s');
  expect(plain(rate(0))).toBe('0 B/s');
});

test.each([
  [0, '0 %'],
  [0.0004, '<0.1 %'],
  [0.021, '2.1 %'],
  [0.34, '34 %'],
  [0.996, '99 %'],
  [1, '100 %'],
  [1.2, '120 %'],
])('the fraction %d reads as %s', (value, text) => {
  expect(plain(percent(value))).toBe(text);
});

test.each([
  [0, '0 s'],
  [59, '59 s'],
  [60, '1 min'],
  [7800, '2 h 10 min'],
  [41 * 86_400 + 3 * 3600 + 59, '41 d 3 h'],
])('%d seconds read as %s', (seconds, text) => {
  expect(plain(duration(seconds))).toBe(text);
});

test.each([
  [0, '0 ms'],
  [230.4, '230 ms'],
  [999.6, '1 s'],
  [1920, '1.92 s'],
  [41_234, '41.2 s'],
  [60_000, '1 min'],
  [130_400, '2 min 10 s'],
  [null, '–'],
])('what took %s ms reads %s', (ms, text) => {
  expect(plain(took(ms))).toBe(text);
});

test('seconds of an age matter only at first', () => {
  expect(plain(age(4200))).toBe('4 s');
  expect(plain(age(100_000))).toBe('1 min 40 s');
  expect(plain(age(150_000))).toBe('2 min');
  expect(plain(age(-50))).toBe('0 s');
});

test('the unit stands apart, and what was not measured is no number', () => {
  expect(bytes(2 ** 31)).toEqual({ text: '2', unit: 'GiB' });
  expect(count(43.52, 'cores')).toEqual({ text: '43.5', unit: 'cores' });
  for (const missing of [bytes(null), rate(null), percent(null), count(null)]) {
    expect(missing).toEqual({ text: '–', unit: '' });
  }
});
