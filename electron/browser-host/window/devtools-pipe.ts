import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';

const message = z.object({
  id: z.number().optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});

export interface DevToolsEvent {
  method: string;
  params: unknown;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

const ANSWER_MS = 15_000;

/** Chromium's DevTools protocol over its two pipes: JSON messages, each ended by a zero byte. */
export class DevToolsPipe {
  readonly #out: Writable;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onEvent: (event: DevToolsEvent) => void;
  #lastId = 0;
  #unread = '';

  constructor(out: Writable, incoming: Readable, onEvent: (event: DevToolsEvent) => void) {
    this.#out = out;
    this.#onEvent = onEvent;
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk: string) => this.#read(chunk));
    for (const stream of [out, incoming]) {
      stream.on('error', () => this.#fail());
      stream.on('close', () => this.#fail());
    }
  }

  /** @param sessionId addresses one attached page instead of the browser */
  send(method: string, params: object = {}, sessionId?: string): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`The browser did not answer ${method}.`));
      }, ANSWER_MS);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#out.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  #read(chunk: string): void {
    const parts = (this.#unread + chunk).split('\0');
    this.#unread = parts.pop() ?? '';
    for (const part of parts) {
      const received = message.safeParse(fromJson(part));
      if (received.success) this.#handle(received.data);
    }
  }

  #handle(received: z.infer<typeof message>): void {
    if (received.id === undefined) {
      if (received.method !== undefined) {
        this.#onEvent({ method: received.method, params: received.params });
      }
      return;
    }
    const waiting = this.#waiting.get(received.id);
    if (waiting === undefined) return;
    this.#waiting.delete(received.id);
    clearTimeout(waiting.timer);
    if (received.error === undefined) waiting.resolve(received.result);
    else waiting.reject(new Error(received.error.message));
  }

  #fail(): void {
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Error('The browser has ended.'));
    }
    this.#waiting.clear();
  }
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
