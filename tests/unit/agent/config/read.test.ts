import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDuration } from '#agent/config/duration';
import { nearest } from '#agent/config/nearest';
import { parseConfig, readConfig } from '#agent/config/read';
import { statePortsOf } from '#agent/config/schema';
import { Failure } from '#shared/contract/errors';
import { sweptFolder } from '#tests/support/temp-folder';

/** What a refused configuration says, by place. */
function refusal(text: string): Record<string, string> {
  try {
    parseConfig(text, 'f.yaml');
  } catch (error) {
    if (error instanceof Failure && error.code === 'INVALID_INPUT') return error.data.fields ?? {};
    throw error;
  }
  throw new Error('it was taken');
}

test('nothing written means the documented defaults', () => {
  const { config, warnings } = parseConfig('', 'f.yaml');
  expect(warnings).toEqual([]);
  expect(config.identity.state_dir).toBe('/var/lib/clusterdeck');
  expect(config.api.port).toBe(9090);
  expect(config.discovery).toMatchObject({ mode: 'serf', bind_port: 7946, rpc_port: 7373 });
  expect(config.state).toMatchObject({ kind: 'etcd', replace_after: 3_600_000 });
  expect(config.roles.voter).toBe(true);
  expect(config.roles['slurm-worker'].enabled).toBe(false);
  expect(config.cluster.merging.enabled).toBe(false);
});

test('a section of which everything is commented out is as good as none', () => {
  const { config } = parseConfig('identity:\n  # name: x\napi:\n  port:\n', 'f.yaml');
  expect(config.identity.name).toBeUndefined();
  expect(config.api.port).toBe(9090);
});

test('durations are read with their units and are milliseconds', () => {
  expect(parseDuration('90')).toBe(90_000);
  expect(parseDuration('10m')).toBe(600_000);
  expect(parseDuration('7d')).toBe(604_800_000);
  expect(parseDuration('1.5h')).toBeNull();
  expect(parseDuration('-3s')).toBeNull();
  const { config } = parseConfig('state: {replace_after: 2h}\ndiscovery: {found_after: 3}', 'f');
  expect(config.state.replace_after).toBe(7_200_000);
  expect(config.discovery.found_after).toBe(3_000);
});

test('each wrong value is named with its line, column and what to write', () => {
  const fields = refusal(
    [
      'identity:',
      '  name: Node_1',
      'api:',
      '  port: ninety',
      'discovery:',
      '  seeds: ["a1:7946", "a2"]',
      'networking: {address: 10.0.0.300}',
      'roles:',
      '  slurm-worker: {enabled: yes please}',
      'state:',
      '  replace_after: 1s',
    ].join('\n'),
  );
  expect(Object.keys(fields)).toEqual([
    'f.yaml:2:3',
    'f.yaml:6:22',
    'f.yaml:7:14',
    'f.yaml:9:18',
    'f.yaml:4:3',
    'f.yaml:11:3',
  ]);
  expect(fields['f.yaml:2:3']).toMatch(/^identity\.name: .*host name/);
  expect(fields['f.yaml:6:22']).toMatch(/host:port/);
  expect(fields['f.yaml:11:3']).toMatch(/at least 10 seconds/);
});

test('what is no YAML is told with its place', () => {
  const fields = refusal('api:\n  port: 9090\n port: 1\n');
  expect(Object.keys(fields)[0]).toMatch(/^f\.yaml:\d+:\d+$/);
  expect(refusal('api: {port: 1}\napi: {port: 2}')).toEqual({
    'f.yaml:2:1': 'Map keys must be unique.',
  });
});

test('a list in the place of a section is refused, and so is a scalar', () => {
  expect(Object.values(refusal('api: [1]'))[0]).toMatch(/^api: /);
  expect(Object.keys(refusal('just words'))).toEqual(['f.yaml:1:1']);
});

test('aliases that unfold to more than memory holds are refused', () => {
  const bombs = Array.from(
    { length: 9 },
    (_, n) =>
      `b${n}: &b${n} [${
        n === 0
          ? '1'
          : Array(9)
              .fill(`*b${n - 1}`)
              .join(',')
      }]`,
  );
  expect(Object.values(refusal(bombs.join('\n')))[0]).toMatch(/aliases/);
});

test('unknown keys are warned about with their place and the nearest known one', () => {
  const { warnings } = parseConfig(
    'roles:\n  slurm_worker: {enabled: true}\n  voter: true\napi:\n  prot: 1\nfancy: 1\n',
    'f.yaml',
  );
  expect(warnings.map(({ line, column, key }) => [line, column, key])).toEqual([
    [2, 3, 'roles.slurm_worker'],
    [5, 3, 'api.prot'],
    [6, 1, 'fancy'],
  ]);
  expect(warnings[0]?.message).toContain('Did you mean "roles.slurm-worker"?');
  expect(warnings[1]?.message).toContain('Did you mean "api.port"?');
  expect(warnings[2]?.message).not.toContain('Did you mean');
});

test('the shared state listens where the etcd of a k3s server does not', () => {
  const portsOf = (text: string) => statePortsOf(parseConfig(text, 'f.yaml').config);
  expect(portsOf('')).toEqual({ client: 2379, peer: 2380 });
  const server = 'roles: {k3s-server: {enabled: true}}\n';
  expect(portsOf(server)).toEqual({ client: 2479, peer: 2480 });
  expect(portsOf(`${server}state: {client_port: 3000}\n`)).toEqual({ client: 3000, peer: 2480 });
});

test('the nearest word is only told where it is near', () => {
  expect(nearest('bindport', ['bind_port', 'rpc_port'])).toBe('bind_port');
  expect(nearest('x', ['bind_port'])).toBeNull();
});

test('a missing file is an error only where it was named', async () => {
  const path = join(sweptFolder(), 'none.yaml');
  await expect(readConfig(path)).rejects.toMatchObject({ code: 'NOT_FOUND', data: { path } });
  await expect(readConfig(path, { optional: true })).resolves.toMatchObject({ path: null });
});

test('the configuration that the package installs is valid and says the defaults', async () => {
  const path = join(import.meta.dirname, '../../../../build/packaging/agent/node-agent.yaml');
  const { config, warnings } = await readConfig(path);
  expect(warnings).toEqual([]);
  expect(config).toEqual(parseConfig('', '').config);
  // and every key that it shows as a comment exists
  const shown = readFileSync(path, 'utf8').replaceAll(/^(\s*)# (\w+:)/gm, '$1$2');
  const folder = sweptFolder();
  writeFileSync(join(folder, 'shown.yaml'), shown.replaceAll(/: the machine's host name/g, ': n1'));
  expect((await readConfig(join(folder, 'shown.yaml'))).warnings).toEqual([]);
});
