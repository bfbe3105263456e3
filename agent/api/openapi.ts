import { z } from 'zod';
import { agentError } from '#shared/contract/agent/dashboard';
import type { Route } from './routes';

/** The OpenAPI 3.1 document of the routes, with the schemas that their answers are checked by. */
export function openApi(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const methods = (paths[route.path] ??= {});
    methods[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Clusterdeck node agent',
      version,
      description:
        'On loopback plain HTTP for looking; elsewhere HTTPS with access tokens. `x-role` is the least role that a token needs.',
      license: { name: 'GPL-3.0-or-later', identifier: 'GPL-3.0-or-later' },
    },
    paths: { ...paths, ...CONFIG_PATHS },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: schemaOf(agentError, 'output') },
    },
  };
}

const PORTAL_ANSWER = {
  description: '`ok`, with the record or the list; `ok: false` with `error` where it is refused',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        properties: { ok: { type: 'boolean' }, error: { type: 'string' } },
        required: ['ok'],
      },
    },
  },
};

function portalOperation(summary: string, takesBody: boolean): object {
  const content = { 'application/json': { schema: { type: 'object' } } };
  return {
    summary,
    security: [{ token: [] }],
    'x-role': 'admin',
    ...(takesBody && { requestBody: { content } }),
    responses: { 200: PORTAL_ANSWER, default: PORTAL_ANSWER },
  };
}

const CLUSTER_NUMBER = {
  name: 'number',
  in: 'path',
  required: true,
  schema: { type: 'integer' },
};

/** The lab portal's contract, which has rules of its own and is answered apart. */
const CONFIG_PATHS = {
  '/api/cluster-config': {
    get: portalOperation("The team's clusters", false),
    post: portalOperation('Adds a cluster; a password is refused', true),
  },
  '/api/cluster-config/{number}': {
    put: {
      ...portalOperation('Changes the named fields of a cluster; a password is refused', true),
      parameters: [CLUSTER_NUMBER],
    },
    delete: {
      ...portalOperation('Removes a cluster, but never the last one', false),
      parameters: [CLUSTER_NUMBER],
    },
  },
};

function operation(route: Route): object {
  const { role, summary, path, query = {}, request, answer, type = 'text/plain' } = route;
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(query).map(([name, description]) => ({
      name,
      in: 'query',
      description,
      schema: { type: 'string' },
    })),
  ];
  const content =
    answer === null
      ? { [type]: { schema: { type: 'string' } } }
      : { 'application/json': { schema: schemaOf(answer, 'output') } };
  return {
    summary,
    ...(role !== null && { security: [{ token: [] }], 'x-role': role }),
    ...(parameters.length > 0 && { parameters }),
    ...(request !== undefined && {
      requestBody: { content: { 'application/json': { schema: schemaOf(request, 'input') } } },
    }),
    responses: {
      200: { description: 'OK', content },
      default: {
        description: 'Refused, with the reason and what to do',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
