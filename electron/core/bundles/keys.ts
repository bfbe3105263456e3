/** Who may open a file: whoever knows the passphrase, or the holders of the recipients' identities. */
export type Audience = { passphrase: string } | { recipients: string[] };

/** What a person has to open a file with. */
export interface Keys {
  passphrase?: string | undefined;
  /** age identities, one a line */
  identity?: string | undefined;
}

/** How age files begin. */
export const BINARY = 'age-encryption.org/';
const ARMORED = '-----BEGIN AGE ENCRYPTED FILE-----';

/** Whether the bytes begin as an age file does, binary or armored. */
export function isAge(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 64)).toString('latin1').trimStart();
  return head.startsWith(BINARY) || head.startsWith(ARMORED);
}
