import type { AccountView } from '../trust/account';
import type { ConnectionTest } from '../trust/connection-test';
import type { TokenMint } from '../trust/mint';
import type { Pins } from '../trust/pins';
import type { Rights } from '../trust/rights';
import { os } from './base';

/** What connection calls need of the watching. */
export interface WatchControl {
  /** polls a cluster now, ending its back-off; refused credentials are tried once more */
  refresh(uuid: string): Promise<void>;
  pause(uuid: string, paused: boolean): void;
}

export interface ConnectionServices {
  test: ConnectionTest;
  pins: Pins;
  mint: TokenMint;
  account: AccountView;
  rights: Rights;
  watch: WatchControl;
}

export function createConnectionRouter(services: ConnectionServices) {
  const { test, pins, mint, account, rights, watch } = services;
  const never = new AbortController().signal;
  return {
    test: os.connection.test.handler(({ input, signal }) => test.run(input, signal ?? never)),
    certificate: os.connection.certificate.handler(({ input, signal }) =>
      pins.certificate(input.host, input.port, signal ?? never),
    ),
    pin: os.connection.pin.handler(({ input }) => pins.pin(input)),
    siblings: os.connection.siblings.handler(({ input }) => pins.siblings(input.uuid)),
    answerTfa: os.connection.answerTfa.handler(async ({ input }) => {
      await account.answerTfa(input.uuid, input.tfa);
      await watch.refresh(input.uuid);
    }),
    mintToken: os.connection.mintToken.handler(({ input }) => mint.mint(input)),
    missing: os.connection.missing.handler(({ input }) => account.missing(input.uuid)),
    rights: os.connection.rights.handler(({ input }) => rights.of(input.uuid)),
    storages: os.connection.storages.handler(({ input }) => account.storages(input)),
    refresh: os.connection.refresh.handler(({ input }) => watch.refresh(input.uuid)),
    pause: os.connection.pause.handler(({ input }) => watch.pause(input.uuid, input.paused)),
  };
}
