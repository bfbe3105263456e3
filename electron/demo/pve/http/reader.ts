import type { IncomingMessage } from 'node:http';
import { parameterError } from '../errors';
import { parseForm, parseJsonParams } from './params';

/** Bodies above this are refused, as the real server does. */
export const MAX_POST_BYTES = 512 * 1024;

export interface ReadRequest {
  params: Record<string, string>;
  upload?: { filename: string; bytes: number };
}

/** Reads a request's parameters from its query and its body. */
export async function readRequest(request: IncomingMessage, query: string): Promise<ReadRequest> {
  const params = parseForm(query);
  const type = request.headers['content-type'] ?? '';
  if (request.method === 'GET' || request.method === 'DELETE') {
    request.resume();
    return { params };
  }
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/i.exec(type)?.[1];
  if (boundary !== undefined) return readUpload(request, boundary, params);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString('utf8');
  const body = type.startsWith('application/json') ? parseJsonParams(text) : parseForm(text);
  return { params: { ...params, ...body } };
}

/**
 * Reads a multipart upload. The file's bytes are counted and forgotten, so
 * that images of any size can be taken; only the small fields are kept.
 */
async function readUpload(
  request: IncomingMessage,
  boundary: string,
  params: Record<string, string>,
): Promise<ReadRequest> {
  const total = Number(request.headers['content-length'] ?? 0);
  let head = Buffer.alloc(0);
  for await (const chunk of request) {
    if (head.length < MAX_POST_BYTES) head = Buffer.concat([head, Buffer.from(chunk)]);
  }
  const text = head.toString('latin1');
  const fields = { ...params };
  let upload: { filename: string; bytes: number } | undefined;
  for (const part of text.split(`--${boundary}`)) {
    const split = part.indexOf('\r\n\r\n');
    if (split < 0) continue;
    const header = part.slice(0, split);
    const name = /name="([^"]*)"/.exec(header)?.[1];
    const filename = /filename="([^"]*)"/.exec(header)?.[1];
    if (filename !== undefined) {
      const start = text.indexOf(part) + split + 4;
      const tail = boundary.length + 8;
      upload = { filename, bytes: Math.max(0, total - start - tail) };
    } else if (name !== undefined) {
      fields[name] = part.slice(split + 4).replace(/\r\n$/, '');
    }
  }
  if (upload === undefined) throw parameterError({ filename: 'missing file upload' });
  return { params: fields, upload };
}
