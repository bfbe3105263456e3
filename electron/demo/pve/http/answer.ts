import { STATUS_CODES } from 'node:http';
import type { Dress } from '../dress';
import { PveError } from '../errors';
import { mix } from '../random';
import { Page, ReadyBody, Unordered } from './route';

/** A finished answer, before any fault is put on it. */
export interface Answer {
  status: number;
  reason: string;
  /** Absent where the server sends no body and no type. */
  body?: Buffer;
  contentType?: string;
  /** Hangs up after an answer that is no refusal. */
  close?: boolean;
}

const JSON_TYPE = 'application/json;charset=UTF-8';

/** Wraps what a handler returned. `salt` changes the order of unordered things. */
export function successAnswer(result: unknown, salt: number, extjs: boolean): Answer {
  if (result instanceof ReadyBody && !extjs) return okay(result.body);
  const parts: Record<string, unknown> = { data: plain(result, salt) };
  if (result instanceof Page) parts.total = result.total;
  if (extjs) parts.success = 1;
  return okay(Buffer.from(JSON.stringify(parts)));
}

function okay(body: Buffer): Answer {
  return { status: 200, reason: 'OK', body, contentType: JSON_TYPE };
}

function plain(result: unknown, salt: number): unknown {
  if (result instanceof Page) return scrambled(result.rows, salt);
  if (result instanceof Unordered) return scrambled(rotated(result.rows, salt), salt);
  return scrambled(result ?? null, salt);
}

/** The same value with its keys in another order, as Perl hands them out. */
function scrambled(value: unknown, salt: number): unknown {
  if (Array.isArray(value)) {
    return value.map((entry: unknown, index) => scrambled(entry, mix(salt, index)));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    rotated(Object.entries(value), salt).map(([key, entry]) => [key, scrambled(entry, salt)]),
  );
}

/** The same entries, begun somewhere in the middle. */
export function rotated<T>(list: readonly T[], salt: number): T[] {
  const cut = list.length === 0 ? 0 : salt % list.length;
  return [...list.slice(cut), ...list.slice(0, cut)];
}

/** Turns a refusal into the answer this release gives. */
export function errorAnswer(error: PveError, dress: Dress, extjs: boolean): Answer {
  const reason = statusText(error.message, error.status);
  if (error.bare) return { status: error.status, reason };
  const parts: Record<string, unknown> = { data: null };
  if (extjs) {
    return okay(
      Buffer.from(
        JSON.stringify({
          ...parts,
          success: 0,
          status: String(error.status),
          message: error.message,
          ...(error.errors === undefined ? {} : { errors: error.errors }),
        }),
      ),
    );
  }
  if (error.errors !== undefined) parts.errors = error.errors;
  if (dress.messageInBody) parts.message = error.message;
  return {
    status: error.status,
    reason,
    body: Buffer.from(JSON.stringify(parts)),
    contentType: JSON_TYPE,
  };
}

/** A refusal by the HTTP layer itself: the reason again as bare text. */
export function transportAnswer(status: number, reason: string): Answer {
  return { status, reason, body: Buffer.from(reason) };
}

/** The first line of a text, fit for a status line. */
function statusText(text: string, status: number): string {
  const line = (text.split('\n')[0] ?? '').replace(/[^\t\x20-\x7e]/g, '?');
  return line === '' ? (STATUS_CODES[status] ?? 'Unknown') : line;
}
