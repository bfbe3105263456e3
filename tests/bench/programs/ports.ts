import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '#electron/core/local/clock';
import type { KeyProtector, Ports } from '#electron/core/ports';
import { fail } from '#shared/contract/errors';

/** Stands in for a keychain and is as quick as one; its key outlives the process. */
class FileKeychain implements KeyProtector {
  readonly protection = 'keychain';
  readonly label = 'Bench keychain';
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  unavailable(): Promise<null> {
    return Promise.resolve(null);
  }

  keep(keyId: string, key: Uint8Array): Promise<string> {
    writeFileSync(this.#file(keyId), key, { mode: 0o600 });
    return Promise.resolve('file');
  }

  recall(keyId: string): Promise<Uint8Array> {
    if (!existsSync(this.#file(keyId))) {
      return Promise.reject(fail('VAULT_UNAVAILABLE', { remedy: 'Run the bench again.' }));
    }
    return Promise.resolve(new Uint8Array(readFileSync(this.#file(keyId))));
  }

  forget(keyId: string): Promise<void> {
    rmSync(this.#file(keyId), { force: true });
    return Promise.resolve();
  }

  #file(keyId: string): string {
    return join(this.#dir, `${keyId}.key`);
  }
}

export const silent: Ports['logger'] = { debug() {}, info() {}, warn() {}, error() {} };

/** A host on the given folder that shows nothing. */
export function benchPorts(dataDir: string): Ports {
  const nothing = () => Promise.resolve();
  return {
    paths: { dataDir, logDir: join(dataDir, 'logs') },
    clock: systemClock,
    logger: silent,
    protectors: [new FileKeychain(dataDir)],
    notifier: { notify() {} },
    host: {
      info: { version: '0.0.0', host: 'test', platform: 'linux', demo: false, canOpenDemo: false },
      openExternal: nothing,
      openDemo: nothing,
      focus: nothing,
    },
    power: { asleep: false, onChange: () => () => undefined },
  };
}
