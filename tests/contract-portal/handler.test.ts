import { expect, test } from 'vitest';
import { PORTAL_DEFAULTS } from '#shared/domain/portal/fields';
import { answerPortal } from '#shared/domain/portal/handler';
import type { PortalPorts, Visitor } from '#shared/domain/portal/ports';
import { MemoryConfig, memoryProbe } from '#tests/support/portal-memory';
import { bodyOf, essence, expectedEssence, recordedConversation } from './recorded';

/** The accounts of the recording; the door alone knows them. */
const ACCOUNTS: Record<string, { password: string; visitor: Visitor }> = {
  'ada@pve': { password: 'correct horse', visitor: { kind: 'admin' } },
  'bob@pve': { password: 'bobs-password', visitor: { kind: 'member' } },
  local1: { password: 'localpw123', visitor: { kind: 'member' } },
};

test('the rules alone answer the whole recorded conversation as the portal did', async () => {
  const store = new MemoryConfig();
  const settings = { ...PORTAL_DEFAULTS, name: 'Lab One', host: '127.0.0.1', user: 'ada@pve' };
  await store.create('c1', { ...settings, admin_group: 'ops', is_default: true }, 'correct horse');
  let visitor: Visitor = { kind: 'nobody' };
  const ports: PortalPorts = {
    store,
    probe: memoryProbe,
    door: {
      async logIn(user, password) {
        const account = ACCOUNTS[user];
        if (account?.password !== password) return { kind: 'refused' };
        visitor = account.visitor;
        return { kind: 'in', cookie: 'session=x' };
      },
      logOut() {
        visitor = { kind: 'nobody' };
        return 'session=';
      },
    },
  };
  const conversation = recordedConversation();
  expect(conversation.length).toBeGreaterThan(45);
  for (const exchange of conversation) {
    const { method, path, contentType, body } = bodyOf(exchange);
    const answer = await answerPortal({ method, target: path, contentType, body }, visitor, ports);
    const { status, headers, body: text } = answer;
    const got = { status, contentType: headers['content-type'] ?? '', text };
    const location = headers['location'] ?? null;
    const seen = essence(exchange.name, { ...got, location }, false);
    expect(seen).toEqual(expectedEssence(exchange, false));
  }
  expect(store.records.map(({ id }) => id)).toEqual(['c1']);
});
