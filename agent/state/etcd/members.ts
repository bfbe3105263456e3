import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { anyAnswer, int64, revisionNumber } from './codec';
import { garbageError, MemberError } from './errors';
import type { EtcdTransport } from './transport';

const member = z.object({
  ID: z.string(),
  name: z.string().default(''),
  peerURLs: z.array(z.string()).default([]),
  clientURLs: z.array(z.string()).default([]),
  isLearner: z.boolean().default(false),
});
const membersAnswer = z.object({ members: z.array(member) });
const addAnswer = membersAnswer.extend({ member });
const statusAnswer = z.object({
  header: z.object({ member_id: z.string(), cluster_id: z.string() }),
  leader: int64,
  raftTerm: int64,
  raftIndex: revisionNumber,
  dbSize: revisionNumber,
  dbSizeInUse: revisionNumber,
  isLearner: z.boolean().default(false),
  errors: z.array(z.string()).default([]),
});
const snapshotMessage = z.object({
  result: z.object({ blob: z.base64().default(''), remaining_bytes: int64 }),
});
/** etcd ends its snapshots with their SHA-256 */
const HASH_BYTES = 32;
const PAGE_BYTES = 512;

/** One member as etcd's own list has it. */
export interface EtcdMember {
  /** uint64, decimal */
  id: string;
  /** the id of its node; '' as long as it never ran */
  name: string;
  peerUrls: string[];
  clientUrls: string[];
  /** has a copy and no vote */
  isLearner: boolean;
}

export interface EtcdStatus {
  memberId: string;
  /** null: there is none */
  leaderId: string | null;
  isLearner: boolean;
  raftTerm: string;
  raftIndex: number;
  dbBytes: number;
  dbUsedBytes: number;
  /** as `memberID:... alarm:NOSPACE` */
  errors: string[];
}

/** Who keeps copies of the state, and its upkeep. */
export class EtcdMembers {
  readonly #transport: EtcdTransport;

  constructor(transport: EtcdTransport) {
    this.#transport = transport;
  }

  /** As the first member that answers knows it; it may lag behind. */
  async list(signal?: AbortSignal): Promise<EtcdMember[]> {
    const call = { path: '/v3/cluster/member/list', body: {}, schema: membersAnswer, signal };
    const { members } = await this.#transport.read(call, { isStale: true });
    return members.map(view);
  }

  /** A new member starts without a vote, so that it cannot take the quorum away by staying out. */
  async addLearner(peerUrl: string): Promise<{ added: EtcdMember; members: EtcdMember[] }> {
    const answer = await this.#transport.write({
      path: '/v3/cluster/member/add',
      body: { peerURLs: [peerUrl], isLearner: true },
      schema: addAnswer,
    });
    return { added: view(answer.member), members: answer.members.map(view) };
  }

  /** Gives a learner its vote; etcd refuses as long as it lags behind. */
  async promote(id: string): Promise<void> {
    await this.#change('/v3/cluster/member/promote', { ID: id });
  }

  async remove(id: string): Promise<void> {
    await this.#change('/v3/cluster/member/remove', { ID: id });
  }

  /** After a change of the node's address. */
  async updatePeer(id: string, peerUrl: string): Promise<void> {
    await this.#change('/v3/cluster/member/update', { ID: id, peerURLs: [peerUrl] });
  }

  /** What one member says of itself. @throws Failure */
  async status(endpoint: string): Promise<EtcdStatus> {
    const call = { path: '/v3/maintenance/status', body: {}, schema: statusAnswer };
    const answer = await this.#transport.ask(endpoint, call).catch(told);
    return {
      memberId: answer.header.member_id,
      leaderId: answer.leader === '0' ? null : answer.leader,
      isLearner: answer.isLearner,
      raftTerm: answer.raftTerm,
      raftIndex: answer.raftIndex,
      dbBytes: answer.dbSize,
      dbUsedBytes: answer.dbSizeInUse,
      errors: answer.errors,
    };
  }

  /** @param leaderEndpoint only the leader can hand its lead on */
  async moveLeader(leaderEndpoint: string, toId: string): Promise<void> {
    const call = {
      path: '/v3/maintenance/transfer-leadership',
      body: { targetID: toId },
      schema: anyAnswer,
    };
    await this.#transport.ask(leaderEndpoint, call).catch(told);
  }

  /** Gives unused space back to the disk; that member answers nothing meanwhile. */
  async defragment(endpoint: string): Promise<void> {
    const call = { path: '/v3/maintenance/defragment', body: {}, schema: anyAnswer };
    await this.#transport.ask(endpoint, call).catch(told);
  }

  /**
   * Writes a snapshot that `etcdctl snapshot restore` takes; the file appears whole or not at all.
   * @returns its size in bytes
   * @throws Failure BAD_RESPONSE when its checksum is wrong
   */
  async snapshot(path: string, signal: AbortSignal): Promise<number> {
    const half = `${path}.part`;
    const file = await open(half, 'w', 0o600);
    try {
      const bytes = await this.#download(file, signal);
      await file.sync();
      await file.close();
      await rename(half, path);
      return bytes;
    } catch (error) {
      await file.close().catch(() => {});
      await rm(half, { force: true });
      throw error;
    }
  }

  async #download(
    file: { write(chunk: Uint8Array): Promise<unknown> },
    signal: AbortSignal,
  ): Promise<number> {
    const hash = createHash('sha256');
    let tail = Buffer.alloc(0);
    let bytes = 0;
    const call = { path: '/v3/maintenance/snapshot', body: {}, schema: snapshotMessage, signal };
    for await (const { result } of this.#transport.stream(call)) {
      const chunk = Buffer.from(result.blob, 'base64');
      await file.write(chunk);
      bytes += chunk.length;
      const all = Buffer.concat([tail, chunk]);
      const kept = Math.max(0, all.length - HASH_BYTES);
      hash.update(all.subarray(0, kept));
      tail = Buffer.from(all.subarray(kept));
      // the checksum comes after the data, which are whole pages, and also says that nothing remains
      if (result.remaining_bytes === '0' && bytes % PAGE_BYTES === HASH_BYTES) break;
    }
    signal.throwIfAborted();
    if (!hash.digest().equals(tail)) throw garbageError('etcd').failure;
    return bytes;
  }

  async #change(path: string, body: object): Promise<void> {
    await this.#transport.write({ path, body, schema: anyAnswer });
  }
}

function view(raw: z.infer<typeof member>): EtcdMember {
  return {
    id: raw.ID,
    name: raw.name,
    peerUrls: raw.peerURLs,
    clientUrls: raw.clientURLs,
    isLearner: raw.isLearner,
  };
}

function told(error: unknown): never {
  throw error instanceof MemberError ? error.failure : error;
}
