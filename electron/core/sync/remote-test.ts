import type { z } from 'zod';
import { Failure } from '#shared/contract/errors';
import type { remotes as contract, RemoteStage, RemoteTestResult } from '#shared/contract/remotes';
import { readRecords } from '#shared/domain/sync/record';
import type { SecretReader } from '../clusters/types';
import { abortFailure } from '../net/network-errors';
import { type Finding, judgeCertificate } from '../trust/certificate';
import type { Handshake, TrustSource } from '../trust/probe';
import { wayTo } from '../trust/way';
import type { RemoteClients } from './clients';
import { addressOf, type PortalClient, type PortalTarget } from './portal-client';
import { remoteFailure } from './portal-failures';
import type { RemoteService } from './remotes';

export type RemoteTestInput = z.output<NonNullable<(typeof contract.test)['~orpc']['inputSchema']>>;
export type RemoteTestEvent =
  | { type: 'stage'; stage: RemoteStage }
  | { type: 'done'; result: RemoteTestResult };

type Step = [RemoteStage['name'], () => Promise<Finding>];
type Target = Omit<PortalTarget, 'trust'>;

/** Tests the way to a remote, stage by stage; nothing is changed on either side. */
export class RemoteTest {
  readonly #deps: {
    remotes: Pick<RemoteService, 'get'>;
    clients: Pick<RemoteClients, 'open'>;
    secrets: SecretReader;
    trust: TrustSource;
  };

  constructor(deps: {
    remotes: Pick<RemoteService, 'get'>;
    clients: Pick<RemoteClients, 'open'>;
    secrets: SecretReader;
    trust: TrustSource;
  }) {
    this.#deps = deps;
  }

  /** @throws Failure NOT_FOUND | ABORTED */
  async *run(input: RemoteTestInput, signal: AbortSignal): AsyncGenerator<RemoteTestEvent> {
    const target = this.#target(input);
    const client = this.#deps.clients.open(target);
    const stages: RemoteStage[] = [];
    const seen = { clusters: 0 };
    let failure: Failure | null = null;
    try {
      for (const [name, work] of this.#steps(target, client, seen, signal)) {
        if (failure === null) {
          yield { type: 'stage', stage: { name, state: 'running', ms: 0 } };
          const timed = await timedStage(name, work, signal);
          failure = timed.failure;
          stages.push(timed.stage);
        } else stages.push({ name, state: 'skipped', ms: 0 });
        const stage = stages.at(-1);
        if (stage !== undefined) yield { type: 'stage', stage };
      }
    } finally {
      await client.close();
    }
    const message = failure?.message ?? wellDone(target, seen.clusters);
    yield {
      type: 'done',
      result: { ok: failure === null, message, clusters: seen.clusters, stages },
    };
  }

  #target(input: RemoteTestInput): Target {
    const { remotes, secrets } = this.#deps;
    const uuid = input.uuid;
    const stored = () =>
      uuid === undefined ? Promise.resolve(null) : secrets.open(uuid, 'secret');
    if (!('draft' in input)) {
      const { url, auth, user, verify, pin } = remotes.get(input.uuid);
      return { url, auth, user, verify, pin, secret: stored };
    }
    const { url, auth, user, verify, pin, secret: given } = input.draft;
    // a stored secret is only for the address it was entered for
    const isKnown =
      uuid !== undefined && new URL(remotes.get(uuid).url).origin === new URL(url).origin;
    const secret = () =>
      given ? Promise.resolve(given) : isKnown ? stored() : Promise.resolve(null);
    return { url, auth, user, verify, pin, secret };
  }

  #steps(
    target: Target,
    client: PortalClient,
    seen: { clusters: number },
    signal: AbortSignal,
  ): Step[] {
    const url = new URL(target.url);
    const { host, port } = addressOf(url);
    const probe = { host, port, signal };
    const judge = (handshake: Handshake) => {
      const place = { host, port, pin: target.pin };
      const { remedy: _remedy, ...found } = judgeCertificate(handshake, place, target.verify);
      return found;
    };
    const isPlain = url.protocol === 'http:';
    return [
      ...wayTo({ probe, trust: this.#deps.trust, judge: isPlain ? null : judge }),
      [
        'login',
        async () => {
          if (target.auth !== 'login') {
            const detail = target.auth === 'token' ? 'a token, shown with each request' : 'none';
            return { detail, skipped: target.auth === 'none' };
          }
          await client.logIn(signal);
          return { detail: target.user ?? '' };
        },
      ],
      [
        'read',
        async () => {
          const { records, unreadable } = readRecords(await client.list(signal));
          seen.clusters = records.length;
          const odd = unreadable.length === 0 ? '' : `, ${unreadable.length} cannot be read`;
          return { detail: `${countOf(records.length)}${odd}` };
        },
      ],
    ];
  }
}

async function timedStage(
  name: RemoteStage['name'],
  work: Step[1],
  signal: AbortSignal,
): Promise<{ stage: RemoteStage; failure: Failure | null }> {
  const startedAt = performance.now();
  const { failure, skipped, ...found } = await work().catch((error: unknown): Finding => {
    if (signal.aborted) throw abortFailure(signal.reason, name);
    if (error instanceof Failure) return { failure: error };
    throw error;
  });
  const ms = Math.round((performance.now() - startedAt) * 10) / 10;
  if (failure === undefined) {
    const state = skipped === true ? 'skipped' : 'passed';
    return { stage: { name, state, ms, ...found }, failure: null };
  }
  const { code, message, data } = remoteFailure(failure);
  const detail = found.detail ?? data.detail ?? message;
  const stage: RemoteStage = {
    ...found,
    name,
    state: 'failed',
    ms,
    detail,
    code,
    remedy: data.remedy,
  };
  return { stage, failure };
}

function wellDone({ url, auth }: Target, clusters: number): string {
  const well = `The remote answers with ${countOf(clusters)}.`;
  const isPlain = url.startsWith('http:') && auth !== 'none';
  return isPlain ? `${well} Its password travels unprotected; use https where you can.` : well;
}

const countOf = (clusters: number) => (clusters === 1 ? '1 cluster' : `${clusters} clusters`);
