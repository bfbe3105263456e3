import { forgottenAnswer } from '#shared/contract/agent/actions';
import { auditAnswer } from '#shared/contract/agent/audit';
import {
  tokenMadeAnswer,
  tokenRequest,
  tokenRevokedAnswer,
  tokensAnswer,
} from '#shared/contract/agent/tokens';
import { fail } from '#shared/contract/errors';
import { json } from './answer';
import type { Audit } from './audit';
import { parseRequest } from './read-body';
import type { Route } from './routes';
import type { MemberRemoval, Tokens } from './types';

interface Deps {
  tokens: Tokens;
  audit: Audit;
  /** null where the cluster is fixed, as in the demo */
  removal: MemberRemoval | null;
}

/** Access tokens and the record of changes. */
export function adminRoutes({ tokens, audit, removal }: Deps): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/tokens',
      role: 'admin',
      summary: 'The access tokens, without their secrets',
      answer: tokensAnswer,
      handle: async () => json(200, { tokens: await tokens.list() }),
    },
    {
      method: 'POST',
      path: '/api/v1/tokens',
      role: 'admin',
      summary: 'Makes an access token and tells it this once',
      request: tokenRequest,
      answer: tokenMadeAnswer,
      handle(call) {
        const request = parseRequest(tokenRequest, call);
        const what = { action: 'token.create', subject: request.name, detail: request.role };
        return audit.during(call, what, async () => {
          const { token, view } = await tokens.create(request);
          const answer = json(200, { ok: true, token, view });
          return { message: `Token ${view.id} was made.`, answer };
        });
      },
    },
    {
      method: 'DELETE',
      path: '/api/v1/tokens/{id}',
      role: 'admin',
      summary: 'Revokes an access token',
      answer: tokenRevokedAnswer,
      handle(call) {
        const id = call.params['id'] ?? '';
        if (!/^[\w-]{1,64}$/.test(id)) {
          const remedy = 'Give the id as the list of tokens shows it.';
          throw fail('INVALID_INPUT', { remedy, field: 'id' }, 'This is no id of a token.');
        }
        const what = { action: 'token.revoke', subject: id, detail: '' };
        return audit.during(call, what, async () => {
          const { name } = await tokens.revoke(id);
          const message = `The token ${id} (${name}) is revoked.`;
          return { message, answer: json(200, { ok: true, message }) };
        });
      },
    },
    {
      method: 'GET',
      path: '/api/v1/audit',
      role: 'admin',
      summary: 'Who changed what through the agents, newest first',
      answer: auditAnswer,
      handle: async () => json(200, { entries: await audit.list() }),
    },
    {
      method: 'DELETE',
      path: '/api/v1/nodes/{id}',
      role: 'admin',
      summary: 'Forgets a node that is gone, so that its name is free',
      answer: forgottenAnswer,
      handle(call) {
        const id = call.params['id'] ?? '';
        const what = { action: 'node.forget', subject: id, detail: '' };
        return audit.during(call, what, async () => {
          if (removal === null) throw fixedCluster();
          const message = `${await removal.forget(id)} is forgotten.`;
          return { message, answer: json(200, { ok: true, message }) };
        });
      },
    },
  ];
}

const fixedCluster = () =>
  fail(
    'UNSUPPORTED',
    { remedy: 'Nothing needs to be done.' },
    'The nodes of this cluster are fixed.',
  );
