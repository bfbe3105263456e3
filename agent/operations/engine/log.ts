import { type OperationLogLine, operationLogLine } from '#shared/contract/agent/operations';
import type { Clock } from '../../ports';
import type { Entry, Write } from '../../state/types';

const FOLDER = 'operations/log/';
const MAX_CHUNK = 200;
/** of one coordinator's time; whoever waits for days does not fill the shared state */
const MAX_LINES = 4_000;
const MAX_TEXT = 2_000;
const lines = operationLogLine.array();

/** A part of the log on its way to the shared state; written twice it is the same. */
export interface LogChunk {
  readonly write: Write;
}

/** What one coordinator writes down of an operation, kept until the shared state has it. */
export class OperationLog {
  readonly #operation: string;
  readonly #epoch: number;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #serial: number;
  #lines: OperationLogLine[] = [];
  #sent: LogChunk | null = null;
  #chunks = 0;
  #count = 0;

  /** @param serial of the operation at its beginning: one may be taken up again under the same epoch */
  constructor(operation: string, epoch: number, serial: number, clock: Pick<Clock, 'now'>) {
    this.#operation = operation;
    this.#epoch = epoch;
    this.#serial = serial;
    this.#clock = clock;
  }

  add(step: string, text: string, node = ''): void {
    this.#count += 1;
    if (this.#count > MAX_LINES) return;
    const said =
      this.#count === MAX_LINES ? 'More is not kept here; the logs of the nodes go on.' : text;
    this.#lines.push({ at: this.#clock.now(), step, node, text: said.slice(0, MAX_TEXT) });
  }

  /** What is to be written next; null where nothing is. */
  next(): LogChunk | null {
    if (this.#sent !== null || this.#lines.length === 0) return this.#sent;
    const key = `${folderOf(this.#operation)}${padded(this.#epoch, 12)}-${padded(this.#serial, 9)}-${padded(this.#chunks++, 6)}`;
    this.#sent = { write: { key, put: this.#lines.splice(0, MAX_CHUNK) } };
    return this.#sent;
  }

  /** It stands in the shared state. */
  kept(chunk: LogChunk): void {
    if (this.#sent === chunk) this.#sent = null;
  }
}

/** Where the log of an operation stands. */
export const folderOf = (operation: string): string => `${FOLDER}${operation}/`;

/** In the order in which they were written, the last ones. */
export function linesOf(entries: readonly Entry[], count: number): OperationLogLine[] {
  return entries.flatMap(({ value }) => lines.safeParse(value).data ?? []).slice(-count);
}

const padded = (number: number, width: number) => String(number).padStart(width, '0');
