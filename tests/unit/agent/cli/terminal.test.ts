import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askAtTerminal } from '#agent/cli/terminal';

function stage(isTTY: boolean) {
  const keyboard = Object.assign(new PassThrough(), { isTTY });
  const screen = new PassThrough();
  const ending = new AbortController();
  const answer = askAtTerminal(keyboard, screen, 'Type a2: ', ending.signal);
  return { keyboard, screen, ending, answer };
}

test('a line is one answer, without the spaces around it', async () => {
  const { keyboard, screen, answer } = stage(true);
  keyboard.write('a2 \nmore\n');
  expect(await answer).toBe('a2');
  expect(screen.read().toString()).toBe('Type a2: ');
});

test('where no person sits nothing is asked', async () => {
  const { screen, answer } = stage(false);
  expect(await answer).toBeNull();
  expect(screen.read()).toBeNull();
});

test('the end of the input and Ctrl-C are no approval', async () => {
  const ended = stage(true);
  ended.keyboard.end();
  expect(await ended.answer).toBe('');
  const cut = stage(true);
  cut.ending.abort();
  expect(await cut.answer).toBe('');
});
