import { afterAll, beforeAll, expect, test } from 'vitest';
import { control } from '#electron/demo/controls';
import { type DemoLab, startDemoLab } from '#electron/demo/lab';

let lab: DemoLab;
beforeAll(async () => {
  lab = await startDemoLab({ clusters: 0, clusteros: 1 });
});
afterAll(() => lab.close());

const typed = async (line: string) => (await control(lab, line)).join('\n');

test('help names each word and each fault', async () => {
  const text = await typed('help');
  for (const word of ['off NODE', 'finish NODE', 'start-fails', 'link-cut']) {
    expect(text).toContain(word);
  }
});

test('a node is switched off and on', async () => {
  expect(await typed('off forge-3')).toBe('forge-3 is off.');
  expect(await typed('nodes')).toMatch(/forge-3\s+off/);
  expect(await typed('  ON forge-3 ')).toBe('forge-3 is on.');
  expect(await typed('nodes')).toMatch(/forge-3\s+on/);
});

test('a fault is put on a node, shown there and mended', async () => {
  await typed('fault forge-2 stop-hangs');
  expect(await typed('nodes')).toMatch(/forge-2\s+on, stop-hangs/);
  await typed('mend forge-2');
  expect(await typed('nodes')).not.toContain('stop-hangs');
});

test('jobs of a node end when somebody says so', async () => {
  const [forge] = lab.clusteros;
  const busy = forge?.world.nodes.find(({ allocated }) => allocated > 0)?.spec.name ?? '';
  await typed(`fault ${busy} clock-ahead`);
  const before = forge?.world.jobs().filter(({ node, endedAt }) => node === busy && !endedAt);
  expect(before?.length).toBeGreaterThan(0);
  await typed(`finish ${busy}`);
  expect(before?.every(({ endedAt }) => endedAt !== null)).toBe(true);
});

test('what makes no sense changes nothing and says what would', async () => {
  expect(await typed('')).toBe('');
  expect(await typed('off')).toContain('Which node?');
  expect(await typed('off mars-1')).toBe('There is no node mars-1.');
  expect(await typed('fault forge-1 flood')).toContain('no such fault');
  expect(await typed('dance forge-1')).toContain('means nothing');
});
