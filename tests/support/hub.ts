import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Core } from '#electron/core/compose';
import { type Hub, type HubOptions, startHub } from '#electron/core/hub/hub';
import type { Ports } from '#electron/core/ports';

/** A hub on a core of its own; it is closed when the test ends. */
export async function withHub(
  { core, ports }: { core: Core; ports: Ports },
  options: Partial<HubOptions> = {},
): Promise<Hub> {
  const { clusters, vault, store, access, clients, connection } = core;
  const { clock, logger } = ports;
  const test = connection.test;
  const deps = { clusters, vault, store, access, clients, test, clock, logger };
  const hub = await startHub(deps, { port: 0, ...options });
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= hub.close());
  onTestFinished(close);
  return { ...hub, close };
}

export interface HubAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
  /** the body read as JSON; throws where it is none */
  json(): Record<string, unknown>;
}

export interface HubCall {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  /** an object goes as JSON, a text as it is */
  body?: object | string;
  /** the bearer token */
  token?: string | undefined;
}

/** One request over TLS to a hub of the pinned fingerprint, on a connection of its own. */
export async function callHub(
  { url, fingerprint }: Pick<Hub, 'url' | 'fingerprint'>,
  { method = 'GET', path = '/api/cluster-config', headers = {}, body, token }: HubCall = {},
): Promise<HubAnswer> {
  const sent = typeof body === 'object' ? JSON.stringify(body) : body;
  const options: RequestOptions = {
    method,
    agent: false,
    rejectUnauthorized: false,
    headers: {
      ...(typeof body === 'object' && { 'content-type': 'application/json' }),
      ...(sent !== undefined && { 'content-length': Buffer.byteLength(sent) }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
  };
  const asked = request(new URL(path, url), options);
  asked.on('socket', (socket: TLSSocket) => {
    socket.once('secureConnect', () => {
      const shown = socket.getPeerCertificate().fingerprint256;
      if (shown !== fingerprint)
        socket.destroy(new Error(`${shown} is not the pinned fingerprint`));
    });
  });
  asked.end(sent);
  const [response] = await once(asked, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString('utf8');
  return {
    status: response.statusCode,
    headers: response.headers,
    bytes,
    text,
    json: () => JSON.parse(text),
  };
}
