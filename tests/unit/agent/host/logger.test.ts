import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLogger } from '#agent/host/logger';
import { fail } from '#shared/contract/errors';
import { sweptFolder } from '#tests/support/temp-folder';

const TOKEN = 'cdk_0a661a7276_C9yPSH7Zhzh1gl3ZDMmhRTkA3CIHBeN9TDeEdYMVNpg';

test('a line is one JSON object, in a file that is root’s alone', () => {
  const file = join(sweptFolder(), 'agent.log');
  const logger = createLogger({ level: 'info', file });
  logger.debug({}, 'not asked for');
  logger.info({ node: 'a1' }, 'It runs');
  logger.close();
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', node: 'a1', msg: 'It runs' });
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('no secret gets into it, wherever it stands', () => {
  const file = join(sweptFolder(), 'agent.log');
  const logger = createLogger({ level: 'debug', file });
  const err = fail('SERVER_ERROR', { remedy: '', detail: `Bearer ${TOKEN}` }, `used ${TOKEN}`);
  logger.error({ err, token: TOKEN, headers: { authorization: TOKEN } }, `refused ${TOKEN}`);
  logger.info({ key: Buffer.from('cluster key bytes'), nested: { secret: 'sesame' } }, 'x');
  logger.close();
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain(TOKEN.slice(-20));
  expect(text).not.toContain('sesame');
  expect(text).not.toContain('cluster key bytes');
  expect(text).toContain('cdk_0a661a7276_[hidden]');
});

test('after the file was moved away it is opened anew', () => {
  const file = join(sweptFolder(), 'agent.log');
  const logger = createLogger({ level: 'info', file });
  logger.info({}, 'before');
  renameSync(file, `${file}.1`);
  logger.reopen();
  logger.info({}, 'after');
  logger.close();
  expect(existsSync(file)).toBe(true);
  expect(readFileSync(file, 'utf8')).toContain('after');
  expect(readFileSync(`${file}.1`, 'utf8')).not.toContain('after');
});
