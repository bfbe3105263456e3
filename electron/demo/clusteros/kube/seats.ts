/** An etcd snapshot that an operation asked for. */
interface Snapshot {
  path: string;
  bytes: number;
}

const SNAPSHOT_BYTES = 11_534_368;

/** What the machines of one Kubernetes keep on their disks: by which server they joined, snapshots. */
export class KubeSeats {
  readonly #servers = new Map<string, string>();
  readonly #data: Set<string>;
  readonly #snapshots = new Map<string, Snapshot>();

  /** @param servers names of the nodes that keep a server's data */
  constructor(servers: readonly string[]) {
    this.#data = new Set(servers);
  }

  hasData(node: string): boolean {
    return this.#data.has(node);
  }

  /** What it knew of its cluster lies aside: it joins anew. */
  setAside(node: string): void {
    this.#data.delete(node);
    this.#servers.delete(node);
  }

  /** URL of the server by which a node joined; null for the one that began. */
  registration(node: string): string | null {
    return this.#servers.get(node) ?? null;
  }

  register(node: string, server: string): void {
    this.#servers.set(node, server);
  }

  snapshotOf(node: string, operation: string): Snapshot | null {
    return this.#snapshots.get(`${node} ${operation}`) ?? null;
  }

  takeSnapshot(node: string, operation: string): Snapshot {
    const path = `/var/lib/rancher/k3s/server/db/snapshots/clusterdeck-${operation}`;
    const taken = { path, bytes: SNAPSHOT_BYTES };
    this.#snapshots.set(`${node} ${operation}`, taken);
    return taken;
  }
}
