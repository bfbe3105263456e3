import {
  type TokenRole,
  type TokenView,
  tokenMadeAnswer,
  tokenRevokedAnswer,
  tokensAnswer,
} from '#shared/contract/agent/tokens';
import { fail } from '#shared/contract/errors';
import { parseDuration } from '../config/duration';
import { understood } from './agent-line';
import { type CommandContext, loadConfig } from './context';
import { table } from './io';
import { localLine } from './local-api';

const PATH = '/api/v1/tokens';

export interface TokenOptions {
  role: TokenRole;
  name?: string;
  expires?: string;
}

/** `node-agent token create`: the token alone goes to standard output, so that scripts can take it. */
export async function createToken(options: TokenOptions, context: CommandContext): Promise<0> {
  const { config } = await loadConfig(context);
  const expiresMs = expiryOf(options.expires, config.api.tokens.default_expiry);
  const request = {
    role: options.role,
    name: options.name ?? `${options.role} made by hand`,
    expires_in_s: expiresMs / 1000,
  };
  const answer = await localLine(config).act('POST', PATH, request, context.io.signal);
  const { token, view } = understood(tokenMadeAnswer, answer);
  context.out.result({ token, ...view }, () => token);
  context.out.note(`${view.id}: ${expiryText(view)}. It cannot be shown again.`);
  return 0;
}

export async function listTokens(context: CommandContext): Promise<0> {
  const { config } = await loadConfig(context);
  const answer = await localLine(config).act('GET', PATH, undefined, context.io.signal);
  const { tokens } = understood(tokensAnswer, answer);
  context.out.result({ tokens }, () =>
    table(
      ['ID', 'ROLE', 'NAME', 'EXPIRY'],
      tokens.map((view) => [view.id, view.role, view.name, expiryText(view)]),
    ),
  );
  return 0;
}

export async function revokeToken(id: string, context: CommandContext): Promise<0> {
  const { config } = await loadConfig(context);
  const path = `${PATH}/${encodeURIComponent(id)}`;
  const answer = await localLine(config).act('DELETE', path, undefined, context.io.signal);
  const { message } = understood(tokenRevokedAnswer, answer);
  context.out.result({ ok: true, id }, () => message);
  return 0;
}

function expiryOf(text: string | undefined, defaultMs: number): number {
  if (text === undefined) return defaultMs;
  if (text === 'never') return 0;
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw fail('INVALID_INPUT', { remedy: 'Write it as 12h or 30d, or never.', field: 'expires' });
}

function expiryText({ revoked, expires_at: at }: TokenView): string {
  if (revoked) return 'revoked';
  return at === 0 ? 'never expires' : `expires ${new Date(at * 1000).toISOString()}`;
}
