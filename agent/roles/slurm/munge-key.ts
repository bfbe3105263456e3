import { z } from 'zod';
import { Failure, fail } from '#shared/contract/errors';
import type { PeerRoute } from '../../membership/peer-types';
import type { Member, Membership, Peers } from '../../membership/types';
import type { Logger } from '../../ports';
import type { State } from '../../state/types';
import { MUNGE_KEY, type MungeRecord, mungeRecord } from './config';
import { fingerprintOf, type Munge } from './munge';

const KEY_PATH = '/api/v1/peer/munge-key';
const CHECK_PATH = '/api/v1/peer/munge-check';
const CALL_MS = 5_000;

const keyAnswer = z.object({ key: z.base64() });
const checkRequest = z.strictObject({ credential: z.string().min(1).max(4096) });
const decoded = z.union([
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), kind: z.enum(['key', 'clock', 'other']), why: z.string() }),
]);

interface Deps {
  munge: Munge;
  state: Pick<State, 'get' | 'commit'>;
  membership: Pick<Membership, 'members' | 'self'>;
  peers: Peers;
  logger: Logger;
}

/**
 * One munge key for the cluster. The shared state names it by its fingerprint; the key itself goes
 * only from node to node, over connections on which both proved the cluster key.
 */
export class SharedMungeKey {
  readonly #deps: Deps;
  /** the one this agent put in place or found there at its start */
  #installed: string | null = null;
  #last: MungeRecord | null = null;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Puts the cluster's key in place and keeps munged running. A key that somebody replaced later is
   * told of and left alone: whoever did that meant something by it.
   * @param mayMake whether this node makes the key of a new cluster
   * @throws Failure while the key cannot be had
   */
  async ensure(mayMake: boolean): Promise<void> {
    const { munge } = this.#deps;
    const record = (await this.#known()) ?? (mayMake ? await this.#make() : null);
    if (record === null) {
      throw fail(
        'NOT_FOUND',
        { remedy: 'Start the node that is to be the SLURM controller.' },
        'The cluster has no munge key yet.',
      );
    }
    const present = await munge.key();
    const isPresent = present !== null && fingerprintOf(present) === record.fingerprint;
    if (isPresent) {
      await munge.run();
      this.#installed = record.fingerprint;
      return;
    }
    if (this.#installed === record.fingerprint) throw replaced();
    await munge.install(await this.#fetch(record));
    this.#installed = record.fingerprint;
  }

  /**
   * Whether another node accepts what this node's munge encodes.
   * @throws Failure of the call, or where munge does not work here
   */
  async check(member: Member): Promise<z.infer<typeof decoded>> {
    const { munge, peers } = this.#deps;
    const body = { credential: await munge.encode() };
    return decoded.parse(
      await peers.call(member, 'POST', CHECK_PATH, { body, deadlineMs: CALL_MS }),
    );
  }

  /** What this node answers to the others. */
  routes(): PeerRoute[] {
    const { munge, logger } = this.#deps;
    return [
      {
        method: 'POST',
        path: KEY_PATH,
        access: 'member',
        handle: async (_request, caller) => {
          const [record, key] = [await this.#record(), await munge.key()];
          if (key === null || record?.fingerprint !== fingerprintOf(key)) {
            throw fail('NOT_FOUND', { remedy: 'Ask another node.' }, 'The key is not here.');
          }
          logger.info({ node: caller?.name }, 'A node fetches the munge key');
          return { status: 200, body: { key: key.toString('base64') } };
        },
      },
      {
        method: 'POST',
        path: CHECK_PATH,
        access: 'member',
        handle: async ({ body }) => {
          const parsed = checkRequest.safeParse(body);
          if (!parsed.success) {
            throw fail('INVALID_INPUT', { remedy: 'Send a credential of munge.' });
          }
          return { status: 200, body: await munge.decode(parsed.data.credential) };
        },
      },
    ];
  }

  /** Without the shared state what was once told stays true, and what lies here is used. */
  async #known(): Promise<MungeRecord | null> {
    try {
      this.#last = (await this.#record()) ?? this.#last;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const present = this.#last === null ? await this.#deps.munge.key() : null;
      if (present !== null) return { fingerprint: fingerprintOf(present), madeBy: '' };
      if (this.#last === null) throw error;
    }
    return this.#last;
  }

  async #record(): Promise<MungeRecord | null> {
    const entry = await this.#deps.state.get(MUNGE_KEY, { stale: true });
    return entry === null ? null : mungeRecord.parse(entry.value);
  }

  /** The file comes first: a record of a key that nobody has would be of no use. */
  async #make(): Promise<MungeRecord | null> {
    const { munge, state, membership, logger } = this.#deps;
    const known = await state.get(MUNGE_KEY);
    if (known !== null) return mungeRecord.parse(known.value);
    const key = munge.newKey();
    await munge.install(key);
    const record = { fingerprint: fingerprintOf(key), madeBy: membership.self.id };
    const made = await state.commit(
      [{ key: MUNGE_KEY, is: 'absent' }],
      [{ key: MUNGE_KEY, put: record }],
    );
    // somebody was faster: theirs is fetched
    if (made === null) return this.#record();
    logger.info({ fingerprint: record.fingerprint }, 'The cluster has a munge key now');
    return record;
  }

  async #fetch(record: MungeRecord): Promise<Buffer> {
    const { membership, peers, logger } = this.#deps;
    const others = membership
      .members()
      .filter(({ id, status, authenticated }) => {
        return id !== membership.self.id && authenticated && status === 'alive';
      })
      // who made it has it for sure
      .toSorted((a, b) => Number(b.id === record.madeBy) - Number(a.id === record.madeBy));
    for (const member of others) {
      try {
        const answer = await peers.call(member, 'POST', KEY_PATH, {
          body: {},
          deadlineMs: CALL_MS,
        });
        const key = Buffer.from(keyAnswer.parse(answer).key, 'base64');
        if (fingerprintOf(key) === record.fingerprint) return key;
        logger.warn({ node: member.name }, 'A node gave another munge key than the cluster has');
      } catch (error) {
        const code = error instanceof Failure ? error.code : 'BAD_RESPONSE';
        logger.info({ node: member.name, code }, 'A node gave no munge key');
      }
    }
    throw fail(
      'UNREACHABLE',
      { remedy: 'Start a node that has it, as the SLURM controller.' },
      'No node gave the munge key.',
    );
  }
}

const replaced = () =>
  fail(
    'AUTH_FAILED',
    { remedy: 'Restart the node agent: it fetches the key of the cluster anew.' },
    "munge.key on this node is not the cluster's key.",
  );
