import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Answer } from './answer';
import type { Fault } from './faults';
import { lie } from './liar';

const GZIP_FROM_BYTES = 1024;
const HTML =
  '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>';

/** Waits that end early when the client or the server goes away. */
export type Wait = (ms: number) => Promise<void>;

/** Sends an answer with the headers the real server sends, or with a fault. */
export async function send(
  response: ServerResponse,
  answer: Answer,
  options: { gzip: boolean; nowMs: number; fault: Fault | undefined; wait: Wait },
): Promise<void> {
  const { fault } = options;
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'reset') {
    response.socket?.destroy();
    return;
  }
  const bent = fault === undefined ? answer : bend(answer, fault);
  const packed =
    options.gzip && (bent.body?.length ?? 0) > GZIP_FROM_BYTES && bent.contentType !== undefined;
  const body = packed && bent.body !== undefined ? gzipSync(bent.body, { level: 1 }) : bent.body;
  const date = new Date(options.nowMs).toUTCString();
  // Without a body there is neither a length nor chunks; the end is the end.
  if (body === undefined) response.removeHeader('Transfer-Encoding');
  response.writeHead(bent.status, bent.reason, {
    'Cache-Control': 'max-age=0',
    Connection: bent.status >= 400 || bent.close === true ? 'close' : 'Keep-Alive',
    Date: date,
    Pragma: 'no-cache',
    Server: 'pve-api-daemon/3.0',
    ...(packed ? { 'Content-Encoding': 'gzip' } : {}),
    ...(body === undefined ? {} : { 'Content-Length': body.length }),
    ...(bent.contentType === undefined ? {} : { 'Content-Type': bent.contentType }),
    Expires: date,
  });
  if (body === undefined) {
    response.end();
    return;
  }
  if (fault?.kind === 'closeMidway') {
    const part = body.subarray(0, fault.afterBytes ?? Math.floor(body.length / 2));
    response.write(part, () => response.socket?.destroy());
    return;
  }
  if (fault?.kind === 'dribble') {
    for (let at = 0; at < body.length && !response.destroyed; at += fault.bytes) {
      response.write(body.subarray(at, at + fault.bytes));
      await options.wait(fault.everyMs);
    }
  }
  response.end(fault?.kind === 'dribble' ? undefined : body);
}

/** The answer as a fault makes it. */
function bend(answer: Answer, fault: Fault): Answer {
  const json = 'application/json;charset=UTF-8';
  switch (fault.kind) {
    case 'sendHtml':
      return {
        status: fault.status ?? 200,
        reason: fault.status === undefined ? 'OK' : 'Bad Gateway',
        body: Buffer.from(fault.html ?? HTML),
        contentType: 'text/html',
      };
    case 'hugeJson':
      return { status: 200, reason: 'OK', body: huge(fault.bytes), contentType: json };
    case 'malformedJson':
      return {
        status: 200,
        reason: 'OK',
        body: Buffer.from('{"data":[{"id":"qemu/100","status":"runn'),
        contentType: json,
      };
    case 'lyingJson':
      return { ...answer, body: lyingBody(answer) };
    case 'status':
      return bareStatus(fault.status, fault.reason, fault.message);
    default:
      return answer;
  }
}

function bareStatus(status: number, reason?: string, message?: string): Answer {
  const words: Record<number, string> = {
    401: 'Authentication failed!',
    403: 'Permission check failed (/, Sys.Audit)',
    500: 'got no worker upid - start worker failed',
    595: 'No route to host',
    596: 'Connection timed out',
  };
  const text = reason ?? words[status] ?? 'Unknown';
  if (status === 401 || status >= 595) return { status, reason: text };
  return {
    status,
    reason: text,
    body: Buffer.from(JSON.stringify({ data: null, message: `${message ?? text}\n` })),
    contentType: 'application/json;charset=UTF-8',
  };
}

function huge(bytes: number): Buffer {
  const row = '{"id":"qemu/100","type":"qemu","vmid":100,"node":"pve1","status":"running"},';
  const count = Math.max(1, Math.ceil(bytes / row.length));
  return Buffer.from(`{"data":[${row.repeat(count).slice(0, -1)}]}`);
}

function lyingBody(answer: Answer): Buffer {
  const parsed: unknown = JSON.parse((answer.body ?? Buffer.from('{"data":null}')).toString());
  const data =
    typeof parsed === 'object' && parsed !== null && 'data' in parsed ? parsed.data : null;
  return Buffer.from(JSON.stringify({ data: lie(data) }));
}
