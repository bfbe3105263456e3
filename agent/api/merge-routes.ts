import { z } from 'zod';
import {
  letGoAnswer,
  letGoRequest,
  mergeCard,
  pactAnswer,
  pactGone,
  pactRequest,
  splitAnswer,
} from '#shared/contract/agent/merge';
import { fail } from '#shared/contract/errors';
import type { Merging } from '../operations/merge/pact/merging';
import { json } from './answer';
import type { Audit } from './audit';
import { nameOf } from './caller';
import { parseRequest } from './read-body';
import type { Call, Route } from './routes';

/** A card names each node of a cluster. */
const MAX_CARD_BYTES = 1024 * 1024;

interface Deps {
  merging: Merging;
  audit: Audit;
  /** name of this node, for who asked */
  node(): string;
}

/** What two clusters show of themselves and allow each other, so that they can become one. */
export function mergeRoutes({ merging, audit, node }: Deps): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/split',
      role: 'viewer',
      summary: 'Other clusters and other parts of this one, as far as nodes see them',
      answer: splitAnswer,
      handle: async () => json(200, await merging.split()),
    },
    {
      method: 'GET',
      path: '/api/v1/merge/card',
      role: 'admin',
      summary: 'What this cluster shows of itself for a pact; there is no secret in it',
      answer: mergeCard,
      handle: async () => json(200, await merging.card()),
    },
    {
      method: 'POST',
      path: '/api/v1/merge/pact',
      role: 'admin',
      summary: 'Lets the nodes of another cluster take part in a merge with this one',
      request: pactRequest,
      maxBytes: MAX_CARD_BYTES,
      answer: pactAnswer,
      handle(call) {
        const { card } = parseRequest(pactRequest, call);
        const { name, uuid } = card.cluster;
        const what = { action: 'merge.pact', subject: name, detail: uuid };
        return audit.during(call, what, async () => {
          const answer = await merging.makePact(card, nameOf(call.caller, node()));
          const message = `Its ${card.nodes.length} nodes may call this cluster for a merge.`;
          return { message, answer: json(200, answer) };
        });
      },
    },
    {
      method: 'DELETE',
      path: '/api/v1/merge/pact/{uuid}',
      role: 'admin',
      summary: 'Takes that back, while no merge rests on it',
      answer: pactGone,
      handle(call) {
        const uuid = uuidOf(call);
        const what = { action: 'merge.pact.end', subject: uuid, detail: '' };
        return audit.during(call, what, async () => {
          const message = await merging.endPact(uuid);
          return { message, answer: json(200, { ok: true, message }) };
        });
      },
    },
    {
      method: 'POST',
      path: '/api/v1/merge/let-go',
      role: 'admin',
      summary: 'Frees this cluster from a merge whose other cluster is gone for good',
      request: letGoRequest,
      answer: letGoAnswer,
      handle(call) {
        const { confirm } = parseRequest(letGoRequest, call);
        const what = { action: 'merge.let-go', subject: confirm, detail: '' };
        return audit.during(call, what, async () => {
          const answer = await merging.letGo(confirm);
          const message = [answer.message, ...answer.done].join(' ');
          return { message, answer: json(200, answer) };
        });
      },
    },
  ];
}

/** @throws Failure INVALID_INPUT */
function uuidOf({ params }: Call): string {
  const parsed = z.uuid().safeParse(params['uuid']);
  if (parsed.success) return parsed.data;
  const remedy = 'Give the uuid of the other cluster as its card shows it.';
  throw fail('INVALID_INPUT', { remedy, field: 'uuid' }, 'This is no uuid of a cluster.');
}
