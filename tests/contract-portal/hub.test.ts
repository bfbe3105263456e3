import { expect, test } from 'vitest';
import { openCore } from '#tests/support/core';
import { callHub, withHub } from '#tests/support/hub';
import { withLab } from '#tests/support/pve';
import { bodyOf, type Exchange, essence, expectedEssence, recordedConversation } from './recorded';

/** Accounts without the right to configure, which a hub has none of. */
const OF_OTHERS = new Set(['login-bob', 'bob-get-403', 'login-local', 'local-get-403']);
const FORM = 'application/x-www-form-urlencoded';

test('a hub over TLS answers the whole recorded conversation as the portal did', async () => {
  const lab = await withLab({ clusters: 1, nodes: 1, guests: 2 });
  const [card] = lab.cards();
  if (card === undefined) throw new Error('The lab has no cluster');
  const opened = await openCore();
  const [endpoint] = card.endpoints;
  const kept = {
    qcow2TemplatePath: '/mnt/pve/templates',
    qcow2ImagesPath: '/mnt/pve/images',
    adminGroup: 'ops',
    vmCacheTtl: 300,
    enableIpLookup: true,
    enableIpPersistence: false,
  };
  const first = await opened.client.clusters.create({
    clusterId: 'c1',
    name: 'Lab One',
    endpoints: [
      { host: '127.0.0.1', port: endpoint?.port ?? 0, pin: endpoint?.fingerprint ?? null },
    ],
    user: card.user.userid,
    secret: card.user.password,
    isDefault: true,
  });
  await opened.core.clusters.update({ uuid: first.uuid, changes: {} }, kept);
  const hub = await withHub(opened);
  const right = new URLSearchParams({ username: 'admin', password: hub.newToken ?? '' });

  let cookie = '';
  const send = async (exchange: Exchange) => {
    const { method, path, contentType, body } = bodyOf(exchange);
    const isRightLogin = exchange.name === 'login';
    const headers = {
      ...(cookie && { cookie }),
      ...(contentType && { 'content-type': contentType }),
    };
    const answer = await callHub(hub, {
      method,
      path,
      headers: isRightLogin ? { 'content-type': FORM } : headers,
      ...(contentType !== '' && { body: isRightLogin ? right.toString() : body }),
    });
    cookie = answer.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? cookie;
    const { status, text, headers: got } = answer;
    const location = got.location ?? null;
    return { status, contentType: got['content-type'] ?? '', location, text };
  };
  const conversation = recordedConversation().filter(({ name }) => !OF_OTHERS.has(name));
  for (const exchange of conversation) {
    const seen = essence(exchange.name, await send(exchange), true);
    expect(seen).toEqual(expectedEssence(exchange, true));
  }
  const left = await opened.client.clusters.list();
  expect(left.map(({ clusterId }) => clusterId)).toEqual(['c1']);
});
