import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '#agent/host/clock';
import type { Clock } from '#agent/ports';
import { createSqliteState } from '#agent/state/sqlite/state';
import { SqliteStore } from '#agent/state/sqlite/store';
import type { State } from '#agent/state/types';
import { createTokens } from '#agent/tokens/tokens';
import { fail } from '#shared/contract/errors';
import { KeptLog } from '#tests/support/agent';
import { sweptFolder } from '#tests/support/temp-folder';

const DAY_S = 86_400;
const WAIT = { timeout: 10_000 };

/** One shared state of several nodes. */
function sharedState(clock: Clock = systemClock) {
  const store = new SqliteStore(':memory:', clock);
  onTestFinished(() => store.close());
  return () => {
    const state = createSqliteState(store, clock);
    onTestFinished(() => state.close());
    return state;
  };
}

async function tokensOf(state: State, clock: Clock = systemClock, cachePath: string | null = null) {
  const tokens = createTokens({ state, clock, logger: new KeptLog(), cachePath });
  onTestFinished(() => tokens.close());
  await tokens.start();
  return tokens;
}
const wish = (more: { expires_in_s?: number } = {}) => ({
  name: "ada's desk",
  role: 'operator' as const,
  expires_in_s: DAY_S,
  ...more,
});

/** A state that answers nothing, as before joining and without quorum. */
function silent(): State {
  const refuse = async () => {
    throw fail('UNREACHABLE', { remedy: '' });
  };
  return new Proxy({} as State, { get: () => refuse });
}

/** Time as a test says; it goes on by itself in no other way. */
function setClock() {
  let ahead = 0;
  return { ...systemClock, now: () => Date.now() + ahead, jump: (ms: number) => (ahead += ms) };
}

test('a token is good at once, on every node, for what its role says', async () => {
  const state = sharedState();
  const [here, there] = [await tokensOf(state()), await tokensOf(state())];
  const { token, view } = await here.create(wish());
  expect(token).toMatch(/^cdk_[0-9a-f]{10}_[A-Za-z0-9_-]{43}$/);
  expect(view).toMatchObject({ name: "ada's desk", role: 'operator', revoked: false });
  expect(view.expires_at - view.created_at).toBe(DAY_S);
  const valid = { kind: 'valid', holder: { id: view.id, name: "ada's desk", role: 'operator' } };
  expect(await here.check(token)).toEqual(valid);
  // also where the other node has not heard of it yet
  expect(await there.check(token)).toEqual(valid);
});

test('the state and the cache hold no token, and the cache is root’s alone', async () => {
  const state = sharedState()();
  const cachePath = join(sweptFolder(), 'tokens.json');
  const tokens = await tokensOf(state, systemClock, cachePath);
  const { token, view } = await tokens.create(wish());
  await vi.waitFor(() => expect(readFileSync(cachePath, 'utf8')).toContain(view.id), WAIT);
  const secret = token.split('_').slice(2).join('_');
  expect(JSON.stringify(await state.list('tokens/'))).not.toContain(secret);
  expect(readFileSync(cachePath, 'utf8')).not.toContain(secret);
  expect(statSync(cachePath).mode & 0o777).toBe(0o600);
});

test('what is no token, another secret or another id is unknown', async () => {
  const tokens = await tokensOf(sharedState()());
  const { token } = await tokens.create(wish());
  const other = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
  const wrong = [
    '',
    'x',
    token.slice(0, -1),
    `${token}A`,
    other,
    `cdk_0000000000_${'a'.repeat(43)}`,
  ];
  for (const text of wrong) expect(await tokens.check(text)).toEqual({ kind: 'unknown' });
});

test('it ends at its time, and one without an end does not', async () => {
  const clock = setClock();
  const tokens = await tokensOf(sharedState(clock)(), clock);
  const [short, endless] = [
    await tokens.create(wish()),
    await tokens.create(wish({ expires_in_s: 0 })),
  ];
  expect(endless.view.expires_at).toBe(0);
  clock.jump(DAY_S * 1000 - 5_000);
  expect((await tokens.check(short.token)).kind).toBe('valid');
  clock.jump(10_000);
  expect((await tokens.check(short.token)).kind).toBe('expired');
  clock.jump(10 * 365 * DAY_S * 1000);
  expect((await tokens.check(endless.token)).kind).toBe('valid');
});

test('revoking ends it everywhere, once, and says so', async () => {
  const state = sharedState();
  const [here, there] = [await tokensOf(state()), await tokensOf(state())];
  const { token, view } = await here.create(wish());
  await there.check(token);
  expect((await there.revoke(view.id)).revoked).toBe(true);
  expect((await there.check(token)).kind).toBe('revoked');
  await vi.waitFor(async () => expect((await here.check(token)).kind).toBe('revoked'), WAIT);
  expect((await here.revoke(view.id)).revoked).toBe(true);
  await expect(here.revoke('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('without the state, what was known stays good: nobody is locked out', async () => {
  const cachePath = join(sweptFolder(), 'tokens.json');
  const before = await tokensOf(sharedState()(), systemClock, cachePath);
  const { token, view } = await before.create(wish());
  const gone = await before.create(wish());
  await before.revoke(gone.view.id);
  await vi.waitFor(() => {
    const kept = readFileSync(cachePath, 'utf8');
    expect(kept).toContain(view.id);
    expect(kept).not.toContain('"revokedAt":null}]');
  }, WAIT);
  before.close();
  const after = await tokensOf(silent(), systemClock, cachePath);
  expect((await after.check(token)).kind).toBe('valid');
  expect((await after.check(gone.token)).kind).toBe('revoked');
  expect((await after.check(`cdk_0000000000_${'a'.repeat(43)}`)).kind).toBe('unknown');
  await expect(after.create(wish())).rejects.toMatchObject({ code: 'UNREACHABLE' });
});

test('a damaged cache is as good as none', async () => {
  const cachePath = join(sweptFolder(), 'tokens.json');
  writeFileSync(cachePath, '[{"id":');
  const tokens = await tokensOf(sharedState()(), systemClock, cachePath);
  expect(await tokens.list()).toEqual([]);
});

test('the list shows the newest first; what ended long ago goes with the next one', async () => {
  const clock = setClock();
  const tokens = await tokensOf(sharedState(clock)(), clock);
  const old = await tokens.create(wish());
  clock.jump(31 * DAY_S * 1000);
  expect((await tokens.check(old.token)).kind).toBe('expired');
  clock.jump(DAY_S * 1000);
  const fresh = await tokens.create(wish());
  await vi.waitFor(
    async () => expect((await tokens.list()).map(({ id }) => id)).toEqual([fresh.view.id]),
    WAIT,
  );
  expect((await tokens.check(old.token)).kind).toBe('unknown');
});
