import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogger } from '#electron/core/logging/logger';
import { RotatingFile } from '#electron/core/logging/rotating-file';
import { redact, redactText } from '#shared/domain/redact';

let logDir: string;
beforeEach(() => {
  logDir = mkdtempSync(join(tmpdir(), 'deck-log-'));
});
afterEach(() => rmSync(logDir, { recursive: true, force: true }));

const SECRET = 's3cr3t-Value/+42';
const UUID = '0d6c6c3e-1d3f-4b7e-9d51-3f0a7a8f9b11';

test.each([
  { password: SECRET },
  { newPassword: SECRET },
  { secret: { value: SECRET } },
  { tokenSecret: SECRET },
  { headers: { Cookie: SECRET, Authorization: SECRET, CSRFPreventionToken: SECRET } },
  { data: [{ ticket: SECRET }] },
  { vaultKey: new TextEncoder().encode(SECRET) },
  { passphrase: SECRET },
])('a value under a secret name is hidden: %j', (fields) => {
  expect(JSON.stringify(redact(fields))).not.toContain(SECRET);
});

test.each([
  [`PVEAPIToken=deck@pve!desk=${UUID}`, UUID],
  ['PVE:root@pam:6500ABCD::c2lnbmF0dXJlc2lnbmF0dXJl', 'c2lnbmF0'],
  ['Cookie: PVEAuthCookie=PVE%3Aroot%40pam%3A65', 'PVE%3A'],
  ['Authorization: Bearer abcdefghijklmnop', 'abcdefghijklmnop'],
  [`username=root%40pam&password=${SECRET}&x=1`, SECRET],
  [`{"password":"${SECRET}","x":1}`, SECRET],
  ['{"password":"correct horse, battery","x":1}', 'battery'],
  ['{"password": "with \\" and \\\\ battery","x":1}', 'battery'],
  ['the answer was {\\"secret\\":\\"correct horse; battery\\"}', 'battery'],
  ['{"passphrase":"cut off battery', 'battery'],
  ['http://127.0.0.1:4000/d-1/open/AbCdEfGhIjKlMnOpQrSt', 'AbCdEfGhIjKl'],
  ['6500ABCD:zD1S3x9Gv1Yd6p0V8mWlq3kq7n5rB2tT1u4oXyZ0abc', 'zD1S3x9G'],
])('a known form of a secret inside a text is hidden: %s', (text, secret) => {
  expect(redactText(text)).not.toContain(secret);
});

test('what is no secret stays readable', () => {
  const fields = { tokenId: 'deck@pve!desk', hasSecret: true, sealedSecrets: 3, clusterId: 'lab' };
  expect(redact(fields)).toEqual(fields);
  expect(redactText('UPID:pve1:0000A1B2:00C3D4E5:6500ABCD:qmstart:100:root@pam:')).toContain(
    'qmstart:100',
  );
});

test('an error is unfolded with its cause and its texts are redacted', () => {
  const error = new Error('outer', { cause: new Error(`password=${SECRET}`) });
  const text = JSON.stringify(redact({ error }));
  expect(text).toContain('outer');
  expect(text).toContain('redact.test');
  expect(text).not.toContain(SECRET);
});

test('a cycle and a huge value end', () => {
  const loop: Record<string, unknown> = { text: 'x'.repeat(1_000_000) };
  loop['self'] = loop;
  expect(JSON.stringify(redact(loop)).length).toBeLessThan(100_000);
});

test('the log is one JSON line an event, private, and holds no secret', () => {
  const logger = createLogger({ logDir, program: 'host' });
  logger.warn({ cluster: 'lab', password: SECRET }, `Login failed with password=${SECRET}`);
  logger.debug({}, 'not at this level');
  logger.close();
  const path = join(logDir, 'host.log');
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', cluster: 'lab' });
  expect(lines[0]).not.toContain(SECRET);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('the log is bounded: older files move on and the oldest goes', () => {
  const file = new RotatingFile(join(logDir, 'x.log'), 100, 2);
  for (let n = 0; n < 40; n += 1) file.write(`line ${String(n).padStart(20, '0')}\n`);
  file.close();
  expect(readdirSync(logDir).sort()).toEqual(['x.log', 'x.log.1', 'x.log.2']);
  expect(readFileSync(join(logDir, 'x.log'), 'utf8')).toContain('39\n');
  for (const name of readdirSync(logDir)) {
    expect(statSync(join(logDir, name)).size).toBeLessThanOrEqual(100);
  }
});

test('a log whose folder went away takes nothing down, and goes on when the folder is back', () => {
  const folder = join(logDir, 'inner');
  mkdirSync(folder);
  const file = new RotatingFile(join(folder, 'x.log'), 100, 2);
  rmSync(folder, { recursive: true });
  for (let n = 0; n < 9; n += 1) file.write(`line ${String(n).padStart(20, '0')}\n`);
  mkdirSync(folder);
  file.write('back again\n');
  file.close();
  expect(readFileSync(join(folder, 'x.log'), 'utf8')).toBe('back again\n');
});
