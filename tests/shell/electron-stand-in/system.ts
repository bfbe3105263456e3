import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

class NativeTheme extends EventEmitter {
  #source: 'system' | 'dark' | 'light' = 'system';
  get themeSource() {
    return this.#source;
  }
  set themeSource(source) {
    if (source === this.#source) return;
    this.#source = source;
    this.emit('updated');
  }
  get shouldUseDarkColors() {
    return this.#source === 'dark';
  }
}

export const nativeTheme = new NativeTheme();
export const powerMonitor = new EventEmitter();

const display = { id: 1, workArea: { x: 0, y: 0, width: 1600, height: 1000 } };
export const screen = { getPrimaryDisplay: () => display, getAllDisplays: () => [display] };

/** A keychain is a key in the file which the test names; without a name there is none. */
const keychainFile = process.env['STAND_IN_KEYCHAIN'];

function keychainKey(): Buffer {
  if (keychainFile === undefined) throw new Error('There is no keychain');
  if (!existsSync(keychainFile)) writeFileSync(keychainFile, randomBytes(32), { mode: 0o600 });
  return readFileSync(keychainFile);
}

export const safeStorage = {
  getSelectedStorageBackend: () => (keychainFile === undefined ? 'basic_text' : 'gnome_libsecret'),
  isAsyncEncryptionAvailable: async () => keychainFile !== undefined,
  async encryptStringAsync(plain: string): Promise<Buffer> {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', keychainKey(), iv);
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
  },
  async decryptStringAsync(sealed: Buffer) {
    const decipher = createDecipheriv('aes-256-gcm', keychainKey(), sealed.subarray(0, 12));
    decipher.setAuthTag(sealed.subarray(12, 28));
    const plain = Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
    return { result: plain.toString('utf8'), shouldReEncrypt: false };
  },
};
