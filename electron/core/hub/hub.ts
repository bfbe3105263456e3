import { hostname } from 'node:os';
import { fail } from '#shared/contract/errors';
import { Attempts } from '#shared/domain/attempts';
import { hostPort, isHost } from '#shared/domain/host';
import { answerPortal } from '#shared/domain/portal/handler';
import { refusal } from '#shared/domain/portal/http';
import { readAllKept, readKept } from '../clusters/rows';
import type { Store } from '../db/store';
import type { Clock, Logger } from '../ports';
import { DeskConfig, type HubClusters } from './desk-config';
import { DeskProbe, type DeskProbeDeps } from './desk-probe';
import { Gate } from './gate';
import { hubIdentity, type KeyVault } from './identity';
import { PATIENCE, type Patience, serveHttps } from './server';
import { LoginSessions } from './sessions';

export interface HubDeps extends Omit<DeskProbeDeps, 'clusters'> {
  clusters: HubClusters;
  store: Store;
  vault: KeyVault;
  /** what the person at this desk allows at the moment */
  access: { status(): { viewer: boolean; locked: boolean } };
  clock: Pick<Clock, 'now'>;
  logger: Logger;
}

export interface HubOptions {
  /** 0 takes a free one */
  port: number;
  /** address to listen on; the default is this machine alone */
  listen?: string | undefined;
  /** the admin token to go by from now on */
  token?: string | undefined;
  /** makes a new admin token; the old one and its sessions end */
  renewToken?: boolean;
  patience?: Patience;
}

export interface Hub {
  /** as a remote is given it */
  readonly url: string;
  readonly port: number;
  readonly fingerprint: string;
  /** the admin token where it was made just now; it cannot be read again */
  readonly newToken: string | null;
  readonly isNewCertificate: boolean;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const EVERYWHERE = ['0.0.0.0', '::'];

/**
 * Offers `/api/cluster-config` from this desk's store over TLS, to holders of the admin token.
 * @throws Failure VAULT_LOCKED | VAULT_UNAVAILABLE, INVALID_INPUT where it cannot listen
 */
export async function startHub(deps: HubDeps, options: HubOptions): Promise<Hub> {
  const { store, vault, clock, logger } = deps;
  const { listen = LOOPBACK, port, token, renewToken = false, patience = PATIENCE } = options;
  const identity = await hubIdentity(
    { store, vault, clock },
    { names: namesFor(listen), token, renewToken },
  );
  const { certPem, keyPem, fingerprint, tokenDigest, newToken, isNewCertificate } = identity;
  const gate = new Gate({
    tokenDigest,
    sessions: new LoginSessions(clock),
    attempts: new Attempts(clock),
    logger,
  });
  const server = await serveHttps({
    certPem,
    keyPem,
    listen,
    port,
    patience,
    logger,
    async answer(request, { headers, address, signal }) {
      // a locked app tells nothing of a cluster, to nobody
      if (deps.access.status().locked) return refusal(503, 'The hub is locked');
      return answerPortal(request, gate.visitor(headers, address), {
        store: deskConfig(deps, address),
        probe: new DeskProbe(deps, signal),
        door: gate.door(headers, address),
      });
    },
  }).catch((error: unknown) => {
    throw listenFailure(error, listen, port);
  });
  const host = EVERYWHERE.includes(listen) ? hostname() : listen;
  return {
    url: `https://${hostPort(host, server.port)}`,
    port: server.port,
    fingerprint,
    newToken,
    isNewCertificate,
    close: () => server.close(),
  };
}

function deskConfig({ clusters, store, access }: HubDeps, address: string): DeskConfig {
  return new DeskConfig({
    clusters,
    isViewer: () => access.status().viewer,
    keptOf: (uuid) => readKept(store.read, uuid),
    allKept: () => readAllKept(store.read),
    note: (action, subject) =>
      store.mutate((tx) => tx.audit({ action, subject, after: { from: address } })),
  });
}

/** Under which names the certificate may be asked for. */
function namesFor(listen: string): string[] {
  const own = [hostname(), listen].filter((name) => isHost(name) && !EVERYWHERE.includes(name));
  return [...new Set(['localhost', LOOPBACK, '::1', ...own])];
}

function listenFailure(error: unknown, listen: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    const remedy = 'Name an address of this machine with --listen, or 0.0.0.0 for all of them.';
    return fail('INVALID_INPUT', { remedy, field: 'listen' }, `${listen} is not of this machine.`);
  }
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error;
  const remedy = 'Choose another with --port, or leave it out to get a free one.';
  return fail('INVALID_INPUT', { remedy, field: 'port' }, `Port ${port} cannot be used.`);
}
