import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AuditLog } from '#electron/core/audit/log';
import { fileKeychain, openDesk, stillClock } from '#tests/support/store';
import { sweptFolder } from '#tests/support/temp-folder';

const ROUNDS = 25;
const root = join(import.meta.dirname, '../../../..');
let outDir: string;

// the writer runs as a program of its own; built inside the project it finds the native module
beforeAll(async () => {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  outDir = mkdtempSync(join(cache, 'store-writer-'));
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    ssr: { noExternal: true, external: ['better-sqlite3', '@napi-rs/keyring'] },
    build: {
      ssr: join(root, 'tests/support/store-writer.ts'),
      outDir,
      target: 'node22',
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'writer.mjs' } },
    },
  });
});
afterAll(() => rmSync(outDir, { recursive: true, force: true }));

interface Said {
  ready?: boolean;
  clusterId?: string;
  secret?: string | null;
}

/** Lets a writer work for a moment, kills it, and gives all it had acknowledged. */
async function killedWriter(dataDir: string, keychain: string, run: string, aliveMs: number) {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(outDir, 'writer.mjs'), dataDir, keychain, run],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (child.stdout === null) throw new Error('no output to read');
  const said: Said[] = [];
  const exit = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const what: Said = JSON.parse(line);
    said.push(what);
    if (what.ready) setTimeout(() => child.kill('SIGKILL'), aliveMs);
  }
  const [code, signal] = await exit;
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
  return said;
}

test(`killed ${ROUNDS} times while writing, the store opens with all that was acknowledged and nothing half`, async () => {
  const dataDir = sweptFolder();
  const keychain = sweptFolder();
  const expected = new Map<string, string | null>();
  let acknowledged = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const run = `r${round}`;
    const said = await killedWriter(dataDir, keychain, run, 5 + Math.random() * 120);
    for (const { clusterId, secret } of said) {
      if (clusterId === undefined || secret === undefined) continue;
      expected.set(clusterId, secret);
      acknowledged += 1;
    }
    const last = [...expected.keys()].at(-1);
    const desk = await openDesk(dataDir, { protectors: [fileKeychain(keychain)] });
    expect(desk.store.sqlite.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(new AuditLog('', stillClock).firstBroken(desk.store.read)).toBeNull();
    expect(desk.vault.current().state).toBe('unlocked');
    // keys of a change that was cut off are forgotten: only the present one is kept
    expect(readdirSync(keychain)).toHaveLength(1);
    const list = desk.clusters.list();
    expect(list.filter((entry) => entry.isDefault).length).toBeLessThanOrEqual(1);
    for (const entry of list) {
      const secret = await desk.vault.open(entry.uuid);
      // whole in either state: one endpoint and the first secret, or two and the second
      const stage = secret?.split(' ')[0];
      expect([stage, entry.endpoints.length]).toEqual(
        stage === 'first' ? ['first', 1] : ['second', 2],
      );
      expect(secret).toBe(`${stage} ${entry.clusterId}`);
    }
    for (const [clusterId, secret] of expected) {
      const entry = list.find((candidate) => candidate.clusterId === clusterId);
      const now = entry ? await desk.vault.open(entry.uuid) : null;
      // one step further than acknowledged is right for the last one; one step back is a loss
      const steps = [`first ${clusterId}`, `second ${clusterId}`, null];
      const right = clusterId === last ? steps.slice(steps.indexOf(secret)) : [secret];
      expect([clusterId, right.includes(now)]).toEqual([clusterId, true]);
      expected.set(clusterId, now);
    }
    desk.close();
  }
  expect(acknowledged).toBeGreaterThan(ROUNDS);
}, 60_000);
