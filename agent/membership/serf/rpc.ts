import { connect, type Socket } from 'node:net';
import { decodeMultiStream, encode } from '@msgpack/msgpack';
import { z } from 'zod';
import type { MemberStatus } from '#shared/contract/agent/dashboard';
import { type Failure, fail } from '#shared/contract/errors';

/** One member as serf tells it. */
export interface GossipMember {
  gossipName: string;
  address: string;
  port: number;
  tags: Record<string, string>;
  status: MemberStatus;
}

/** serf answers with a body after the header to these commands, also when they failed. */
const WITH_BODY = new Set(['members', 'join']);
/** far more than the answer for thousands of members takes */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const CALL_MS = 5_000;

// Go writes texts and bytes alike, so everything comes as bytes and is read by what it means.
const bytes = z.instanceof(Uint8Array);
const text = bytes.transform((raw) => Buffer.from(raw).toString('utf8'));
const STATUSES: Record<string, MemberStatus> = {
  alive: 'alive',
  leaving: 'leaving',
  left: 'left',
  failed: 'failed',
};
const member = z
  .object({
    Name: text,
    Addr: bytes,
    Port: z.number(),
    Tags: z
      .record(z.string(), text)
      .nullish()
      .transform((tags) => tags ?? {}),
    Status: text,
  })
  .transform(
    (raw): GossipMember => ({
      gossipName: raw.Name,
      address: addressOf(raw.Addr),
      port: raw.Port,
      tags: raw.Tags,
      status: STATUSES[raw.Status] ?? 'unknown',
    }),
  );
const header = z.object({ Seq: z.number(), Error: text });
const membersBody = z.object({ Members: z.array(member).nullish() });
const joinBody = z.object({ Num: z.number() });

interface Waiting {
  command: string;
  resolve(body: unknown): void;
  reject(failure: Failure): void;
  timer: NodeJS.Timeout;
}

export interface SerfTarget {
  host: string;
  port: number;
  /** what serf's configuration names as `rpc_auth` */
  key: string;
}

/**
 * One connection to serf's RPC (protocol 1: MessagePack over TCP, a header with a sequence number
 * before each body). It ends with the first error; {@link SerfGossip} makes the next one.
 * @see https://github.com/hashicorp/serf/blob/v0.8.2/command/agent/ipc.go
 */
export class SerfRpc {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onEvent: () => void;
  readonly #ended = Promise.withResolvers<void>();
  #sequence = 0;
  #stream = -1;
  /** bytes since the last whole message */
  #unread = 0;

  private constructor(socket: Socket, onEvent: () => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
  }

  /**
   * @param onEvent called after each change of membership that serf tells of
   * @throws Failure CONNECTION_REFUSED | TIMEOUT | AUTH_FAILED | BAD_RESPONSE
   */
  static async open(target: SerfTarget, onEvent: () => void = () => {}): Promise<SerfRpc> {
    const socket = connect({ host: target.host, port: target.port, noDelay: true });
    const rpc = new SerfRpc(socket, onEvent);
    void rpc.#read();
    try {
      await rpc.#call('handshake', { Version: 1 });
      await rpc.#call('auth', { AuthKey: target.key });
      return rpc;
    } catch (error) {
      rpc.close();
      throw error;
    }
  }

  /** Settles when the connection is over. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  async members(): Promise<GossipMember[]> {
    return parse(membersBody, await this.#call('members')).Members ?? [];
  }

  /** Asks serf to tell of changes from now on. */
  async follow(): Promise<void> {
    const sent = this.#call('stream', {
      Type: 'member-join,member-leave,member-failed,member-update,member-reap',
    });
    this.#stream = this.#sequence;
    await sent;
  }

  /** @returns how many of the addresses answered; serf waits up to 10 s for each that does not */
  async join(addresses: readonly string[], deadlineMs: number): Promise<number> {
    const body = await this.#call('join', { Existing: addresses, Replay: false }, deadlineMs);
    return parse(joinBody, body).Num;
  }

  async setTags(tags: Record<string, string>): Promise<void> {
    await this.#call('tags', { Tags: tags, DeleteTags: [] });
  }

  /** Drops a failed member from gossip. */
  async forceLeave(gossipName: string): Promise<void> {
    await this.#call('force-leave', { Node: gossipName });
  }

  close(): void {
    this.#socket.destroy();
  }

  #call(command: string, body?: object, deadlineMs = CALL_MS): Promise<unknown> {
    const sequence = ++this.#sequence;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => this.#end(slow(command)), deadlineMs);
    timer.unref();
    this.#waiting.set(sequence, { command, resolve, reject, timer });
    if (this.#socket.destroyed) this.#end(gone());
    else {
      this.#socket.write(encode({ Command: command, Seq: sequence }));
      if (body !== undefined) this.#socket.write(encode(body));
    }
    return promise;
  }

  async #read(): Promise<void> {
    let failure = gone();
    try {
      const messages = decodeMultiStream<undefined>(this.#bounded(), {
        rawStrings: true,
      });
      for (;;) {
        const next = await messages.next();
        if (next.done === true) break;
        this.#unread = 0;
        const head = parse(header, next.value);
        if (head.Seq === this.#stream && !this.#waiting.has(head.Seq)) {
          await messages.next();
          this.#onEvent();
          continue;
        }
        const waiting = this.#waiting.get(head.Seq);
        if (waiting === undefined) continue;
        const refusedOutright = /required|authentication/i.test(head.Error);
        const hasBody = WITH_BODY.has(waiting.command) && !refusedOutright;
        const body = hasBody ? (await messages.next()).value : undefined;
        this.#settle(head.Seq, head.Error, body);
      }
    } catch (error) {
      failure = readFailure(error);
    }
    this.#end(failure);
  }

  /** Bytes as they come, counted: a peer that never ends a message cannot fill the memory. */
  async *#bounded(): AsyncGenerator<Buffer> {
    for await (const chunk of this.#socket) {
      const buffer: Buffer = chunk;
      this.#unread += buffer.length;
      if (this.#unread > MAX_MESSAGE_BYTES) throw unreadable();
      yield buffer;
    }
  }

  #settle(sequence: number, error: string, body: unknown): void {
    const waiting = this.#waiting.get(sequence);
    if (waiting === undefined) return;
    this.#waiting.delete(sequence);
    clearTimeout(waiting.timer);
    // a join that reached some of its addresses reports the others as an error beside the number
    if (error === '' || waiting.command === 'join') waiting.resolve(body);
    else waiting.reject(refused(waiting.command, error));
  }

  #end(failure: Failure): void {
    this.#socket.destroy();
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(failure);
    }
    this.#waiting.clear();
    this.#ended.resolve();
  }
}

function addressOf(raw: Uint8Array): string {
  const mapped =
    raw.length === 16 && Buffer.from(raw).subarray(0, 12).toString('hex').endsWith('ffff');
  const four = raw.length === 4 ? raw : mapped ? raw.subarray(12) : null;
  if (four !== null) return [...four].join('.');
  const groups = Buffer.from(raw).toString('hex').match(/.{4}/g) ?? [];
  const long = groups.map((group) => group.replace(/^0{1,3}/, '')).join(':');
  return long.replace(/(^|:)0(:0)+(:|$)/, '::');
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (!result.success) throw unreadable();
  return result.data;
}

const REMEDY = 'Look at the log of serf on this node, and check that its port is its own.';

function slow(command: string): Failure {
  return fail('TIMEOUT', { remedy: REMEDY, detail: command }, 'serf did not answer in time.');
}
function gone(): Failure {
  return fail('UNREACHABLE', { remedy: REMEDY }, 'The connection to serf broke off.');
}
function unreadable(): Failure {
  return fail('BAD_RESPONSE', { remedy: REMEDY }, 'serf sent something that cannot be understood.');
}
function refused(command: string, error: string): Failure {
  const code = command === 'auth' ? 'AUTH_FAILED' : 'SERVER_ERROR';
  return fail(code, { remedy: REMEDY, detail: error }, `serf refused ${command}.`);
}
function readFailure(error: unknown): Failure {
  if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') {
    return fail('CONNECTION_REFUSED', { remedy: REMEDY }, 'serf does not run on this node.');
  }
  return error instanceof Error && 'syscall' in error ? gone() : unreadable();
}
