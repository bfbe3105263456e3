import type { Caller } from '../access/permissions';
import { permissionError } from '../errors';
import type { PveSite } from '../site';
import type { ParamRules } from './params';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** A request that found its endpoint. */
export interface Call {
  site: PveSite;
  caller: Caller;
  /** Values of the path's placeholders. */
  path: Record<string, string>;
  /** Query and body together. */
  params: Record<string, string>;
  nowMs: number;
  /** The node whose door the request came through. */
  servedBy: string;
  /** An uploaded file's size and name, for multipart requests. */
  upload?: { filename: string; bytes: number };
}

/** One endpoint. */
export interface Route {
  method: Method;
  /** `/nodes/{node}/qemu/{vmid}/config` */
  path: string;
  params?: ParamRules;
  /** Names accepted beside the listed ones (numbered devices and the like). */
  alsoAllowed?: RegExp;
  /** Answered by the node that was asked, even about a sibling. */
  local?: boolean;
  /** Needs no login. */
  open?: boolean;
  /** Throws when the caller may not. */
  permit?: (call: Call) => void;
  handle: (call: Call) => unknown;
}

/** An answer that brings a count of all rows beside one page of them. */
export class Page {
  readonly rows: unknown[];
  readonly total: number;

  constructor(rows: unknown[], total: number) {
    this.rows = rows;
    this.total = total;
  }
}

/** An answer that is JSON already: the whole body, ready to send. */
export class ReadyBody {
  readonly body: Buffer;

  constructor(body: Buffer) {
    this.body = body;
  }
}

/** Rows whose order means nothing; they are handed out in any. */
export class Unordered {
  readonly rows: unknown[];

  constructor(rows: unknown[]) {
    this.rows = rows;
  }
}

/** Requires one of the privileges on a path such as `/nodes/{node}`. */
export function need(template: string, ...anyOf: string[]): (call: Call) => void {
  return (call) => {
    const path = template.replace(/\{(\w+)\}/g, (_, name: string) => call.path[name] ?? '');
    if (!call.site.permissions.has(call.caller, path, ...anyOf)) {
      throw permissionError(path, anyOf.join('|'));
    }
  };
}
