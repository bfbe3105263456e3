import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { ClusterKeys } from '#agent/identity/cluster-keys';
import { newEnrolmentText, parseEnrolment, readEnrolment } from '#agent/identity/enrolment';
import { Failure } from '#shared/contract/errors';
import { sweptFolder } from '#tests/support/temp-folder';

const NOW = Date.parse('2026-11-21T12:00:00.000Z');
const UUID = '3b241101-e2bb-4255-8caf-4136c566a962';
const base64 = (bytes: Uint8Array | number[]) => Buffer.from(bytes).toString('base64');

/** An enrolment file with changes. */
function file(
  change: (file: { cluster: Record<string, unknown>; [key: string]: unknown }) => void,
) {
  const parsed = parse(newEnrolmentText({ name: 'forge' }, NOW));
  change(parsed);
  return stringify(parsed);
}

test('a new file is read back as what was asked for, with a key of its own', () => {
  const wish = {
    name: 'forge',
    region: 'eu',
    datacenter: 'cellar 2',
    founder: 'a1',
    seeds: ['10.77.1.1:7946', '[fd00::2]:7946'],
  };
  const [one, two] = [newEnrolmentText(wish, NOW), newEnrolmentText(wish, NOW)];
  const read = parseEnrolment(one, 'f');
  expect(read.cluster).toMatchObject({ name: 'forge', region: 'eu', datacenter: 'cellar 2' });
  expect(read.cluster.createdAt).toBe(NOW / 1000);
  expect(read).toMatchObject({ founder: 'a1', seeds: wish.seeds });
  expect(parseEnrolment(two, 'f').cluster.uuid).not.toBe(read.cluster.uuid);
  expect(parse(two).cluster.key).not.toBe(parse(one).cluster.key);
});

test('the founding time may be unix seconds too', () => {
  const text = file(({ cluster }) => Object.assign(cluster, { created_at: 1_763_700_000 }));
  expect(parseEnrolment(text, 'f').cluster.createdAt).toBe(1_763_700_000);
});

test('what is wrong is named, and the key is never repeated', () => {
  const secret = ClusterKeys.generate();
  const wrong: [(file: { cluster: Record<string, unknown> }) => void, string][] = [
    [({ cluster }) => Object.assign(cluster, { uuid: 'x' }), 'cluster.uuid'],
    [({ cluster }) => Object.assign(cluster, { name: 'Forge!' }), 'cluster.name'],
    [({ cluster }) => Object.assign(cluster, { region: 'a\u0007b' }), 'cluster.region'],
    [(all) => Object.assign(all, { seeds: ['nowhere'] }), 'seeds.0'],
  ];
  for (const [change, field] of wrong) {
    const text = file((all) => {
      all.cluster['key'] = secret;
      change(all);
    });
    expect(() => parseEnrolment(text, 'f')).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        data: expect.objectContaining({ fields: { [field]: expect.any(String) } }),
      }),
    );
  }
  for (const text of [
    `cluster: {key: ${secret}`,
    `key: [${secret}`,
    '- x',
    '',
    'a: &a x\ncluster: *a',
  ]) {
    const told = thrownBy(() => parseEnrolment(text, 'f'));
    expect(told).toMatchObject({ code: 'INVALID_INPUT' });
    expect(inspect(told, { depth: 9 })).not.toContain(secret);
  }
});

test('published, typed and guessable keys are refused', () => {
  const refused = [
    base64(Buffer.alloc(32)),
    base64(Buffer.alloc(32, 0xff)),
    base64(Array.from({ length: 32 }, (_, n) => n)),
    base64(Array.from({ length: 32 }, (_, n) => 255 - 3 * n)),
    base64(Buffer.from('change-me-change-me-change-me-32')),
    base64(Buffer.from('0123456789abcdefghijklmnopqrstuv')),
    // serf's documentation
    'pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=',
    base64(Buffer.concat([Buffer.from('cg8StVXbQJ0gPvMd9o7yrg==', 'base64'), Buffer.alloc(16, 7)])),
    // the same 16 bytes twice
    base64(Buffer.concat(Array(2).fill(Buffer.from('d4c1a9f07b3e5526189ad00bfe431c77', 'hex')))),
    // too short, too long, no base64
    base64(Buffer.from('d4c1a9f07b3e5526189ad00bfe431c77', 'hex')),
    `${ClusterKeys.generate()}AAAA`,
    'not base64 at all',
    '',
  ];
  for (const key of refused) {
    expect(() => ClusterKeys.parse(key, UUID)).toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    );
  }
});

test('random keys are taken', () => {
  for (let n = 0; n < 500; n += 1) {
    expect(() => ClusterKeys.parse(ClusterKeys.generate(), UUID)).not.toThrow();
  }
});

test('the derived keys differ by purpose, cluster and key, and are always the same', () => {
  const key = ClusterKeys.generate();
  const all = (keys: ClusterKeys) => [keys.gossipKey(), keys.etcdCaSeed(), keys.challengeKey()];
  const hex = (keys: ClusterKeys) => all(keys).map((bytes) => Buffer.from(bytes).toString('hex'));
  const one = hex(ClusterKeys.parse(key, UUID));
  expect(hex(ClusterKeys.parse(key, UUID))).toEqual(one);
  const other = hex(ClusterKeys.parse(key, crypto.randomUUID()));
  const another = hex(ClusterKeys.parse(ClusterKeys.generate(), UUID));
  expect(new Set([...one, ...other, ...another]).size).toBe(9);
  expect(one.every((text) => text.length === 64)).toBe(true);
  expect(one).not.toContain(Buffer.from(key, 'base64').toString('hex'));
});

test('neither JSON nor the inspector shows a key', () => {
  const key = ClusterKeys.generate();
  const keys = ClusterKeys.parse(key, UUID);
  const hex = Buffer.from(key, 'base64').toString('hex');
  const shown = `${JSON.stringify({ keys })} ${inspect(keys, { depth: 9, showHidden: true })}`;
  expect(shown).not.toContain(key);
  expect(shown.replaceAll(' ', '')).not.toContain(hex.slice(0, 16));
});

test('a file that others may read is refused', async () => {
  const path = join(sweptFolder(), 'enrolment.yaml');
  writeFileSync(path, newEnrolmentText({ name: 'forge' }, NOW), { mode: 0o600 });
  await expect(readEnrolment(path)).resolves.toMatchObject({ founder: null });
  for (const mode of [0o640, 0o604, 0o660]) {
    chmodSync(path, mode);
    await expect(readEnrolment(path)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  }
  await expect(readEnrolment(`${path}.none`)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

/** What the work throws; null where it ends well. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}

test('whatever stands in the file, it is taken or refused, and never anything else', () => {
  const value = fc.object({ maxDepth: 3 });
  const check = () =>
    fc.assert(
      fc.property(
        value,
        fc.object({ key: fc.constantFrom('uuid', 'name', 'key') }),
        (all, cluster) => {
          const told = thrownBy(() => parseEnrolment(stringify({ ...all, cluster }), 'f'));
          return told === null || (told instanceof Failure && told.code === 'INVALID_INPUT');
        },
      ),
      { numRuns: 100 },
    );
  expect(check).not.toThrow();
});
