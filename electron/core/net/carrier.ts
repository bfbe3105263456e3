import type { Endpoint, VerifyMode } from '#shared/contract/clusters';
import { type ErrorCode, Failure, fail } from '#shared/contract/errors';
import {
  type Method,
  openWire,
  type Wire,
  WireError,
  type WireHead,
  type WireReply,
  type WireTarget,
} from './transport';

/** A call's plain answer, still unchecked. */
export interface Answer {
  data: unknown;
  /** `host:port` that answered */
  endpoint: string;
  latencyMs: number;
}

/**
 * The unpacked data of an answer, or why there is none; `decided`: whether the server itself said
 * no, where its status alone does not tell.
 */
export type Read = { data: unknown } | { failure: Failure; decided?: boolean };

/** One request on its way to whichever endpoint answers. */
export interface Load {
  method: Method;
  /** path with its query, encoded */
  path: string;
  body: string | null;
  headers: Record<string, string>;
  /** reads may go to another endpoint after they were sent; changes never */
  repeatable: boolean;
  signal: AbortSignal;
  maxBytes: number;
  /** what the answer of an endpoint says in its API's language */
  read(reply: WireReply, endpoint: string): Read;
}

export interface CarrierOptions {
  endpoints: Endpoint[];
  verify: VerifyMode;
  trust: WireTarget['trust'];
}

const TROUBLE: readonly ErrorCode[] = [
  'NAME_NOT_RESOLVED',
  'CONNECTION_REFUSED',
  'UNREACHABLE',
  'TIMEOUT',
  'TLS_FAILED',
];

/** Trouble of one endpoint that another may not have. Refused certificates are no such trouble. */
export function isEndpointTrouble({ code, data }: Failure): boolean {
  // a node that its cluster cannot reach is so from every endpoint
  if (code === 'NODE_UNREACHABLE') return data.node === undefined;
  return TROUBLE.includes(code);
}

type Result = { answer: Answer } | { failure: Failure; goOn: boolean; brokeOff: boolean };

/**
 * Carries requests to a cluster's endpoints, beginning with the one that answered last. A read
 * goes on to the next endpoint; a change only if no byte of it was written.
 */
export class Carrier {
  readonly #wires: Wire[];
  readonly #onSend: () => void;
  #preferred = 0;

  constructor(options: CarrierOptions, onSend: () => void) {
    const { verify, trust } = options;
    this.#wires = options.endpoints.map((endpoint) => openWire({ endpoint, verify, trust }));
    this.#onSend = onSend;
  }

  /** @throws Failure; its `outcome` is `unknown` where a change may have been done */
  async carry(load: Load): Promise<Answer> {
    let first: Failure | null = null;
    for (const index of this.#inTurn()) {
      const wire = this.#wires[index];
      if (wire === undefined) break;
      const result = await this.#attempt(wire, load);
      if ('answer' in result) {
        this.#preferred = index;
        return result.answer;
      }
      first ??= result.failure;
      if (!result.goOn) {
        // an endpoint that let a deadline pass is not the one to begin with next time
        if (result.failure.code === 'TIMEOUT') this.#preferred = (index + 1) % this.#wires.length;
        throw result.failure;
      }
    }
    throw first ?? fail('INVALID_INPUT', { remedy: 'Give the cluster an endpoint.' });
  }

  /**
   * Reads an endless answer of the endpoint that answered last; ends with its connection.
   * @throws Failure
   */
  async stream(
    load: Pick<Load, 'path' | 'headers' | 'signal'>,
    onStart: (head: WireHead) => Failure | null,
    onData: (chunk: Buffer) => void,
  ): Promise<void> {
    const wire = this.#wires[this.#preferred];
    if (wire === undefined) return;
    this.#onSend();
    try {
      await wire.stream({ method: 'GET', ...load }, onStart, onData);
    } catch (error) {
      throw error instanceof WireError ? error.failure : error;
    }
  }

  async close(graceMs: number): Promise<void> {
    await Promise.all(this.#wires.map((wire) => wire.close(graceMs)));
  }

  #inTurn(): number[] {
    const { length } = this.#wires;
    return Array.from({ length }, (_, step) => (this.#preferred + step) % length);
  }

  /** A kept connection may have ended unnoticed, as while the machine slept: a read tries a new one. */
  async #attempt(wire: Wire, load: Load): Promise<Result> {
    const result = await this.#once(wire, load);
    const again = 'failure' in result && result.brokeOff && result.goOn;
    return again ? await this.#once(wire, load) : result;
  }

  async #once(wire: Wire, load: Load): Promise<Result> {
    const startedAt = performance.now();
    this.#onSend();
    try {
      const { method, path, headers, body, signal, maxBytes } = load;
      const reply = await wire.send({ method, path, headers, body, signal, maxBytes });
      const read = load.read(reply, wire.label);
      if ('failure' in read) {
        return this.#lost(read.failure, load, reply.status, read.decided);
      }
      const latencyMs = performance.now() - startedAt;
      return { answer: { data: read.data, endpoint: wire.label, latencyMs } };
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      if (error.sent) return this.#lost(error.failure, load, null);
      return { failure: error.failure, goOn: mayGoOn(error.failure, load), brokeOff: false };
    }
  }

  /** The request was sent and brought nothing usable back. */
  #lost(failure: Failure, load: Load, status: number | null, decided = isDecided(status)): Result {
    const brokeOff = status === null && failure.code === 'UNREACHABLE';
    if (load.repeatable) return { failure, goOn: mayGoOn(failure, load), brokeOff };
    const told = decided ? failure : undecided(failure);
    return { failure: told, goOn: false, brokeOff };
  }
}

function mayGoOn(failure: Failure, load: Load): boolean {
  return isEndpointTrouble(failure) && !load.signal.aborted;
}

/** Whether the server itself said no. Answers of something in between leave the change open. */
function isDecided(status: number | null): boolean {
  if (status === null || status < 300) return false;
  const inBetween = [502, 504, 596, 597];
  return !inBetween.includes(status);
}

function undecided(failure: Failure): Failure {
  const remedy = 'The answer was lost, so it may have been done. Look before you repeat it.';
  return new Failure(
    failure.code,
    { ...failure.data, remedy, outcome: 'unknown' },
    failure.message,
  );
}
