import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyProtector, Ports } from '#electron/core/ports';
import { fail } from '#shared/contract/errors';
import { sweptFolder } from './temp-folder';

/** What was logged, for tests that look into it. */
export interface Line {
  level: string;
  fields: object;
  message: string;
}

/** A host that does nothing, on a folder of its own. */
export function testPorts(overrides: Partial<Ports> = {}): Ports & { lines: Line[] } {
  const dataDir = sweptFolder();
  const lines: Line[] = [];
  const log = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return {
    paths: { dataDir, logDir: join(dataDir, 'logs') },
    clock: {
      now: () => Date.now(),
      sleep: (ms, signal) => sleep(ms, undefined, { ref: false, ...(signal && { signal }) }),
    },
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    protectors: [],
    notifier: { notify() {} },
    host: {
      info: { version: '0.0.0', host: 'test', platform: 'linux', demo: false, canOpenDemo: false },
      openExternal: async () => {},
      openDemo: async () => {},
      focus: async () => {},
    },
    power: { asleep: false, onChange: () => () => {} },
    lines,
    ...overrides,
  };
}

/** A keychain in memory which a test can lock, lose and look into; it outlives a reopened store. */
export class MemoryKeychain implements KeyProtector {
  readonly protection: 'keychain' | 'safeStorage';
  readonly label = 'Test keychain';
  readonly keys = new Map<string, Uint8Array>();
  locked = false;
  missing = false;

  constructor(protection: 'keychain' | 'safeStorage' = 'keychain') {
    this.protection = protection;
  }

  async unavailable(): Promise<string | null> {
    return this.missing ? 'There is no keychain.' : null;
  }

  async keep(keyId: string, key: Uint8Array): Promise<string> {
    this.#check();
    this.keys.set(keyId, Uint8Array.from(key));
    return `kept:${keyId}`;
  }

  async recall(keyId: string): Promise<Uint8Array> {
    this.#check();
    const key = this.keys.get(keyId);
    if (key === undefined) throw fail('VAULT_UNAVAILABLE', { remedy: 'The key is gone.' });
    return Uint8Array.from(key);
  }

  async forget(keyId: string): Promise<void> {
    this.#check();
    this.keys.delete(keyId);
  }

  async opensQuietly(keyId: string): Promise<boolean> {
    return !this.locked && !this.missing && this.keys.has(keyId);
  }

  #check(): void {
    if (this.missing) throw fail('VAULT_UNAVAILABLE', { remedy: 'Start the keychain.' });
    if (this.locked) throw fail('VAULT_LOCKED', { remedy: 'Unlock the keychain.' });
  }
}
