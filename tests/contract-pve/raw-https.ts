import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';

/** A raw exchange, as nothing but Node's own client sees it. */
export interface RawAnswer {
  statusLine: string;
  headers: Record<string, string>;
  text: string;
}

export interface RawRequest {
  host: string;
  port: number;
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** Sends the body without saying how long it is. */
  chunked?: boolean;
}

/** Sends one request on a connection of its own; certificates are not looked at. */
export async function rawRequest(options: RawRequest): Promise<RawAnswer> {
  const { host, port, method, path, body } = options;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { ...options.headers };
    if (body !== undefined && options.chunked !== true) {
      headers['Content-Length'] = String(Buffer.byteLength(body));
    }
    // The lab's certificates are signed by nobody this machine knows.
    const sent = request(
      { host, port, method, path, headers, rejectUnauthorized: false, agent: false },
      resolve,
    );
    sent.on('error', reject);
    // Written in two steps, a body without a length goes out in chunks.
    if (body !== undefined) sent.write(body);
    sent.end();
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < response.rawHeaders.length; i += 2) {
    headers[response.rawHeaders[i] ?? ''] = response.rawHeaders[i + 1] ?? '';
  }
  return {
    statusLine: `HTTP/${response.httpVersion} ${response.statusCode} ${response.statusMessage}`,
    headers,
    text: Buffer.concat(chunks).toString('utf8'),
  };
}
