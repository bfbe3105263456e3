import { scrypt } from 'node:crypto';

/** scrypt with N = 2^logN, r = 8, p = 1 in the thread pool. */
export function stretch(passphrase: string, salt: Uint8Array, logN: number): Promise<Uint8Array> {
  const N = 2 ** logN;
  const maxmem = 128 * 8 * (N + 64);
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, { N, r: 8, p: 1, maxmem }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
