import { expect, test } from 'vitest';
import { EventStream } from '#electron/core/agents/event-stream';

/** What a stream tells of a text that comes in pieces of so many bytes. */
function told(text: string, bytes: number, maxChars?: number) {
  const heard: string[] = [];
  const stream = new EventStream((data) => heard.push(data), maxChars);
  const whole = Buffer.from(text);
  let isUnderstood = true;
  for (let at = 0; at < whole.length && isUnderstood; at += bytes) {
    isUnderstood = stream.push(whole.subarray(at, at + bytes));
  }
  return { heard, isUnderstood };
}

const TEXT = 'retry: 3000\n\n: still here\n\nid: 7\ndata: {"a":"ü"}\n\ndata: one\ndata: two\n\n';

test.each([1, 2, 5, 1000])('events are heard whole, whatever the pieces: %d bytes', (bytes) => {
  expect(told(TEXT, bytes)).toEqual({ heard: ['{"a":"ü"}', 'one\ntwo'], isUnderstood: true });
  expect(told(TEXT.replaceAll('\n', '\r'), bytes).heard).toEqual(['{"a":"ü"}', 'one\ntwo']);
});

test('an event may be as large as its listener allows, and many may come after each other', () => {
  const large = `data: ${'x'.repeat(200_000)}\n\n`;
  expect(told(large, 16_384).isUnderstood).toBe(false);
  const { heard, isUnderstood } = told(large.repeat(3), 16_384, 300_000);
  expect(isUnderstood).toBe(true);
  expect(heard.map(({ length }) => length)).toEqual([200_000, 200_000, 200_000]);
});

test.each([
  ['a line without an end', 'data: '.padEnd(100_000, 'x')],
  ['an event without an end', 'data: xxxxxxxxxx\n'.repeat(10_000)],
  ['empty lines of data without an end', 'data:\n'.repeat(100_000)],
])('%s does not fill the memory', (_what, text) => {
  expect(told(text, 4096)).toEqual({ heard: [], isUnderstood: false });
});
