import { createHash } from 'node:crypto';

/** A cluster by which a node is known, or was. */
interface Named {
  uuid: string;
  name: string;
}

interface Kept {
  operation: string;
  cluster: Named;
  /** ms since 1970 */
  at: number;
  bytes: number;
  files: number;
}

/** What one simulated node has on its disk for its way into another cluster, and back. */
export class SimKept {
  readonly #kept = new Map<string, Kept>();
  readonly #staged = new Map<string, string>();

  /** What a return needs; asked again it stays as it was. */
  keep(kept: Kept): { bytes: number; files: number; sum: string } {
    const { operation } = kept;
    const known = this.#kept.get(operation) ?? kept;
    this.#kept.set(operation, known);
    const { bytes, files, cluster } = known;
    const sum = createHash('sha256').update(`${operation} ${cluster.uuid} ${bytes}`).digest('hex');
    return { bytes, files, sum };
  }

  has(operation: string): boolean {
    return this.#kept.has(operation);
  }

  list(): { operation: string; cluster: Named; at: number; intact: boolean }[] {
    return [...this.#kept.values()].map(({ operation, cluster, at }) => {
      return { operation, cluster, at, intact: true };
    });
  }

  /** @param uuid of the cluster that the node is to join */
  stage(operation: string, uuid: string): void {
    this.#staged.set(operation, uuid);
  }

  /** uuid of the cluster; null where nothing was staged */
  staged(operation: string): string | null {
    return this.#staged.get(operation) ?? null;
  }

  /** @returns how many files there were */
  drop(operation: string): number {
    const files = this.#kept.get(operation)?.files ?? 0;
    this.#kept.delete(operation);
    this.#staged.delete(operation);
    return files;
  }
}
