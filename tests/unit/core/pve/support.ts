import { createSecureContext } from 'node:tls';
import type { Clock } from '#electron/core/ports';
import { createClient, type SessionClient } from '#electron/core/pve/client';
import { type Account, Session } from '#electron/core/pve/session';
import type { Endpoint, VerifyMode } from '#shared/contract/clusters';
import type { TfaAnswer } from '#shared/contract/connection';
import { Failure, type FailureView } from '#shared/contract/errors';
import { FakeClock } from '#tests/support/fake-clock';
import type { TestServer } from '#tests/support/tls-server';

export const TOKEN_SECRET = '00000000-0000-4000-8000-0000000000aa';
export const TOKEN: Account = {
  kind: 'token',
  user: 'root@pam',
  tokenId: 'root@pam!desk',
  secret: () => Promise.resolve(TOKEN_SECRET),
};
export const PASSWORD: Account = {
  kind: 'password',
  user: 'ada@pve',
  tokenId: null,
  secret: () => Promise.resolve('correct horse; battery'),
};

export function endpointOf(server: TestServer, pin?: string | null): Endpoint {
  return {
    host: '127.0.0.1',
    port: server.port,
    pin: pin === undefined ? server.certificate.fingerprint : pin,
  };
}

export interface ClientWish {
  account?: Account;
  verify?: VerifyMode;
  endpoints?: Endpoint[];
  ca?: string;
  clock?: Clock;
  factor?: TfaAnswer;
}

/** A client of the given servers, pinned to their certificates unless wished otherwise. */
export function clientOf(servers: TestServer[], wish: ClientWish = {}): SessionClient {
  const clock = wish.clock ?? new FakeClock();
  return createClient({
    clusterId: 'lab',
    endpoints: wish.endpoints ?? servers.map((server) => endpointOf(server)),
    verify: wish.verify ?? 'pin',
    trust: () => createSecureContext(wish.ca === undefined ? {} : { ca: [wish.ca] }),
    session: new Session(wish.account ?? TOKEN, clock, wish.factor ?? null),
    clock,
  });
}

/** The failure a call ends with; anything else fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<FailureView> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error.view();
    throw error;
  }
  throw new Error('it did not fail');
}
