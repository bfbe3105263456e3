import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { TokenRole } from '#shared/contract/agent/tokens';
import { type Answer, refuse } from './answer';
import type { Body } from './bodies';
import type { Caller } from './caller';
import type { EventStream } from './events';
import type { ItemStream } from './item-stream';

/** A request on its way to its route. */
export interface Call {
  method: string;
  path: string;
  query: URLSearchParams;
  /** the parts of the path that the template names */
  params: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** media type without its parameters, in lower case */
  contentType: string;
  body: string;
  address: string;
  caller: Caller;
  signal: AbortSignal;
}

export type Result = Answer | Body | EventStream | ItemStream;

/** One address of the API; the OpenAPI document is made from the same table. */
export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** `{name}` stands for one part */
  path: string;
  /** null: open to everybody */
  role: TokenRole | null;
  summary: string;
  request?: z.ZodType;
  /** of the body, where it may be larger than others */
  maxBytes?: number;
  /** null: not JSON */
  answer: z.ZodType | null;
  /** of the answer, where it is not JSON */
  type?: string;
  query?: Record<string, string>;
  handle(call: Call): Result | Promise<Result>;
}

/** Finds the route of a path; of the right path with another method: what may be asked there. */
export class Routes {
  readonly all: readonly Route[];
  readonly #plain = new Map<string, Route[]>();
  readonly #patterns: { pattern: RegExp; routes: Route[] }[] = [];

  constructor(all: readonly Route[]) {
    this.all = all;
    for (const [path, routes] of Map.groupBy(all, ({ path }) => path)) {
      if (!path.includes('{')) this.#plain.set(path, routes);
      else this.#patterns.push({ pattern: patternOf(path), routes });
    }
  }

  find(method: string, path: string): { route: Route; params: Record<string, string> } | Answer {
    const plain = this.#plain.get(path);
    if (plain !== undefined) return chosen(plain, method, {});
    for (const { pattern, routes } of this.#patterns) {
      const match = pattern.exec(path);
      if (match !== null) return chosen(routes, method, decoded(match.groups ?? {}));
    }
    return refuse(
      404,
      'no-such-address',
      'There is nothing at this address.',
      'GET /api/v1/openapi.json lists what there is.',
    );
  }
}

function chosen(routes: readonly Route[], method: string, params: Record<string, string> | null) {
  const route = routes.find((one) => one.method === (method === 'HEAD' ? 'GET' : method));
  if (params === null) {
    return refuse(400, 'bad-address', 'The address has a wrong escape.', 'Encode it as UTF-8.');
  }
  if (route !== undefined) return { route, params };
  const allow = routes.map((one) => one.method).join(', ');
  return refuse(
    405,
    'method-not-allowed',
    'This address does not take this kind of request.',
    `Use ${allow}.`,
    { allow },
  );
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]{1,200})')}$`);
}

function decoded(groups: Record<string, string>): Record<string, string> | null {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
  } catch {
    return null;
  }
}
