import { describe, expect, test } from 'vitest';
import { PORTAL_DEFAULTS } from '#shared/domain/portal/fields';
import { answerPortal } from '#shared/domain/portal/handler';
import type { Visitor } from '#shared/domain/portal/ports';
import { MemoryConfig, memoryProbe } from '#tests/support/portal-memory';

const ADMIN: Visitor = { kind: 'admin' };
const lab = { cluster_id: 'one', name: 'One', host: 'pve.lab', user: 'root@pam', password: 'pw' };

/** A configuration with the rules over it. */
function portal(visitor: Visitor = ADMIN) {
  const store = new MemoryConfig();
  const ask = async (
    method: string,
    target: string,
    body: unknown = null,
    contentType = 'application/json',
  ) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await answerPortal(
      {
        method,
        target,
        contentType: body === null ? '' : contentType,
        body: body === null ? '' : text,
      },
      visitor,
      {
        store,
        probe: memoryProbe,
        door: {
          async logIn(user, password) {
            if (user === 'slow') return { kind: 'throttled', retryAfterS: 9 };
            return password === 'right' ? { kind: 'in', cookie: 'session=x' } : { kind: 'refused' };
          },
          logOut: () => 'session=; Max-Age=0',
        },
      },
    );
    const isJson = answer.headers['content-type'] === 'application/json';
    return { ...answer, json: isJson ? JSON.parse(answer.body) : null };
  };
  return { store, ask };
}
const CONFIG = '/api/cluster-config';

describe('what is asked for', () => {
  test('a list is ordered by priority, highest first, then by name as its bytes compare', async () => {
    const { ask } = portal();
    const names = [
      ['b', 50],
      ['a', 50],
      ['B', 50],
      ['low', 1],
      ['top', 100],
    ] as const;
    for (const [name, priority] of names) {
      await ask('POST', CONFIG, {
        ...lab,
        cluster_id: `${name.toLowerCase()}${priority}${name === 'B' ? 'x' : ''}`,
        name,
        priority,
      });
    }
    const { json } = await ask('GET', CONFIG);
    expect(json.clusters.map(({ name }: { name: string }) => name)).toEqual([
      'top',
      'B',
      'a',
      'b',
      'low',
    ]);
  });

  test('a new cluster has the defaults of the portal', async () => {
    const { ask } = portal();
    const { json } = await ask('POST', CONFIG, lab);
    expect(json.cluster).toMatchObject({
      port: 8006,
      verify_ssl: false,
      is_active: true,
      is_default: false,
      allow_vm_deployment: true,
      allow_template_sync: true,
      allow_iso_sync: true,
      auto_shutdown_enabled: false,
      priority: 50,
      vm_cache_ttl: 300,
      enable_ip_lookup: true,
      enable_ip_persistence: false,
      description: null,
    });
  });

  test('digits in text are numbers and 0 and 1 are flags, as forms send them', async () => {
    const { ask } = portal();
    const { json } = await ask('POST', CONFIG, {
      ...lab,
      port: ' 443 ',
      verify_ssl: 1,
      is_active: 0,
    });
    expect(json.cluster).toMatchObject({ port: 443, verify_ssl: true, is_active: false });
  });

  test('a partial change leaves everything else, its password included', async () => {
    const { ask, store } = portal();
    await ask('POST', CONFIG, { ...lab, priority: 7 });
    const { json } = await ask('PUT', `${CONFIG}/1`, {
      description: 'new',
      password: '',
      cluster_id: 'other',
      mystery: 1,
    });
    expect(json.cluster).toMatchObject({ id: 'one', priority: 7, description: 'new' });
    expect(json.cluster).not.toHaveProperty('mystery');
    expect(store.passwords.get(1)).toBe('pw');
    await ask('PUT', `${CONFIG}/1`, { password: 'next' });
    expect(store.passwords.get(1)).toBe('next');
  });
});

describe('what is refused', () => {
  test.each<[string, object, string]>([
    ['port', { port: 'not-a-port' }, 'port must be a whole number from 1 to 65535.'],
    ['port', { port: 0 }, 'port must be a whole number from 1 to 65535.'],
    ['port', { port: 8006.5 }, 'port must be a whole number from 1 to 65535.'],
    ['priority', { priority: 101 }, 'priority must be a whole number from 0 to 100.'],
    ['is_active', { is_active: 'yes' }, 'is_active must be true or false.'],
    ['is_active', { is_active: null }, 'is_active must be true or false.'],
    ['name', { name: null }, 'name must be text.'],
    ['name', { name: '  ' }, 'name must not be empty.'],
    ['host', { host: 'https://pve.lab/' }, 'host must be a host name or an IP address'],
    ['user', { user: 'root' }, 'user must have a realm, as root@pam.'],
    ['cluster_id', { cluster_id: 'Not An Id' }, 'cluster_id has only small letters'],
    ['password', { password: 42 }, 'password must be text.'],
    ['password', { password: 'two\nlines' }, 'password must not have line breaks.'],
    ['default_storage', { default_storage: 'a\u0007b' }, 'default_storage must not have control'],
    ['description', { description: 'x'.repeat(2001) }, 'description has at most 2000 characters.'],
    ['vm_cache_ttl', { vm_cache_ttl: -1 }, 'vm_cache_ttl must be a whole number'],
  ])(
    'a wrong %s stores nothing, and the sentence has no value in it',
    async (_field, wrong, sentence) => {
      const { ask, store } = portal();
      const { status, json } = await ask('POST', CONFIG, {
        ...lab,
        password: 'sesame-7',
        ...wrong,
      });
      expect(status).toBe(400);
      expect(json.ok).toBe(false);
      expect(json.error).toContain(sentence);
      expect(json.error).not.toMatch(/sesame|not-a-port|https:|Not An|yes/);
      expect(store.records).toEqual([]);
    },
  );

  test('every wrong field is named at once', async () => {
    const { ask } = portal();
    const { json } = await ask('POST', CONFIG, { ...lab, port: 0, priority: -1 });
    expect(json.error).toMatch(/port must .* priority must /);
  });

  test('a body that another page can send as a form is not understood', async () => {
    const { ask, store } = portal();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      '',
    ]) {
      expect((await ask('POST', CONFIG, JSON.stringify(lab), type)).status).toBe(400);
    }
    expect(store.records).toEqual([]);
  });

  test.each<[Visitor, number, Record<string, string>]>([
    [{ kind: 'nobody' }, 302, { location: '/login?next=%2Fapi%2Fcluster-config' }],
    [{ kind: 'refused' }, 401, { 'www-authenticate': 'Bearer' }],
    [{ kind: 'member' }, 403, { 'content-type': 'application/json' }],
    [{ kind: 'throttled', retryAfterS: 30 }, 429, { 'retry-after': '30' }],
  ])('%j gets %i wherever a cluster could be read or changed', async (visitor, status, headers) => {
    const { ask, store } = portal(visitor);
    await store.create('one', { ...PORTAL_DEFAULTS, name: 'One', host: 'pve', user: 'a@pve' }, '');
    const calls = [
      ['GET', CONFIG],
      ['POST', CONFIG],
      ['PUT', `${CONFIG}/1`],
      ['DELETE', `${CONFIG}/1`],
      ['POST', `${CONFIG}/1/test`],
      ['GET', `${CONFIG}/1/storage`],
      ['GET', `${CONFIG}/1/groups`],
    ] as const;
    for (const [method, target] of calls) {
      const answer = await ask(method, target, method === 'GET' ? null : lab);
      expect([method, target, answer.status]).toEqual([method, target, status]);
      expect(answer.json?.ok ?? false).toBe(false);
    }
    expect(store.records).toHaveLength(1);
    expect((await ask('GET', CONFIG)).headers).toMatchObject(headers);
  });

  test('what is not there is 404 in HTML, and another method 405 with those that are', async () => {
    const { ask } = portal();
    for (const target of [
      '/api/nope',
      `${CONFIG}/`,
      `${CONFIG}/-1`,
      `${CONFIG}/1/tests`,
      '/constructor',
      '/__proto__',
    ]) {
      const answer = await ask('GET', target);
      expect([target, answer.status]).toEqual([target, 404]);
      expect(answer.headers['content-type']).toContain('text/html');
    }
    const answer = await ask('PATCH', `${CONFIG}/1`, {});
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'PUT, DELETE']);
    expect((await ask('constructor', CONFIG)).status).toBe(405);
  });
});

describe('the login', () => {
  const form = (next: string, password = 'right') =>
    portal({ kind: 'nobody' }).ask(
      'POST',
      `/login?next=${encodeURIComponent(next)}`,
      `username=admin&password=${password}`,
      'application/x-www-form-urlencoded',
    );

  test.each([
    ['/admin/settings', '/admin/settings'],
    ['//evil.example', '/portal'],
    ['/\\evil.example', '/portal'],
    ['https://evil.example', '/portal'],
    ['/a\r\nset-cookie: x=1', '/portal'],
    ['', '/portal'],
  ])('goes on to %j at %j and never elsewhere', async (next, location) => {
    const answer = await form(next);
    expect([answer.status, answer.headers['location']]).toEqual([302, location]);
    expect(answer.headers['set-cookie']).toBe('session=x');
  });

  test('a wrong password answers 200 with the form, as the portal does', async () => {
    const answer = await form('/portal', 'wrong');
    expect([answer.status, answer.headers['set-cookie']]).toEqual([200, undefined]);
    expect(answer.body).toContain('Wrong user or password.');
  });

  test('whoever tried too often is told to wait', async () => {
    const { ask } = portal({ kind: 'nobody' });
    const answer = await ask(
      'POST',
      '/login',
      'username=slow&password=right',
      'application/x-www-form-urlencoded',
    );
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '9']);
  });

  test('a path cannot put markup into the page that redirects', async () => {
    const answer = await form('/"><script>alert(1)</script>');
    expect(answer.body).not.toContain('<script>');
  });
});
