import type { ConnectionDraft } from '#shared/contract/connection';
import { fail } from '#shared/contract/errors';
import type { ClusterReader, SecretReader } from './types';

/** Opens the secrets that connections are made with. */
export class ConnectionSecrets {
  readonly #clusters: Pick<ClusterReader, 'get'>;
  readonly #secrets: SecretReader;

  constructor(clusters: Pick<ClusterReader, 'get'>, secrets: SecretReader) {
    this.#clusters = clusters;
    this.#secrets = secrets;
  }

  /** @throws Failure SECRET_MISSING | VAULT_LOCKED | VAULT_UNAVAILABLE */
  async stored(uuid: string): Promise<string> {
    const secret = await this.#secrets.open(uuid, 'secret');
    if (secret === null) throw missing();
    return secret;
  }

  /**
   * What a form holds; where it is blank, what is stored for its cluster, which is good for a draft
   * only while both are of the same kind.
   */
  async drafted(draft: ConnectionDraft): Promise<string> {
    const { uuid, secret = '' } = draft;
    if (secret !== '') return secret;
    if (uuid === undefined) throw missing();
    const { authKind, kind } = this.#clusters.get(uuid);
    if (authKind !== draft.authKind || kind !== draft.kind) throw missing();
    return await this.stored(uuid);
  }
}

function missing() {
  return fail('SECRET_MISSING', { remedy: 'Enter the password or the token secret.' });
}
