/** An object as Kubernetes keeps it, as far as the fake API server cares. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
    ownerReferences?: { kind: string; name: string; controller?: boolean }[];
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

export type WatchEvent = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: KubeObject };
type Logged = WatchEvent & { resource: string; version: number };

const KINDS: Record<string, { kind: string; apiVersion: string }> = {
  pods: { kind: 'Pod', apiVersion: 'v1' },
  nodes: { kind: 'Node', apiVersion: 'v1' },
  leases: { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1' },
  daemonsets: { kind: 'DaemonSet', apiVersion: 'apps/v1' },
  poddisruptionbudgets: { kind: 'PodDisruptionBudget', apiVersion: 'policy/v1' },
};

/** Everything the fake API server holds, with one version that grows with each change. */
export class KubeObjects {
  readonly #kept = new Map<string, KubeObject>();
  readonly #listeners = new Set<() => void>();
  #log: Logged[] = [];
  #version = 100;
  #forgotten = 0;

  get version(): number {
    return this.#version;
  }

  list(resource: string, namespace: string | null = null): KubeObject[] {
    return [...this.#kept]
      .filter(([key]) => key.startsWith(`${resource}/${namespace === null ? '' : `${namespace}/`}`))
      .map(([, object]) => object);
  }

  get(resource: string, namespace: string, name: string): KubeObject | null {
    return this.#kept.get(`${resource}/${namespace}/${name}`) ?? null;
  }

  /** Makes it, or puts it in the place of the one of this name. */
  put(
    resource: string,
    object: {
      metadata: { name: string; namespace?: string } & Partial<KubeObject['metadata']>;
      spec?: Record<string, unknown>;
      status?: Record<string, unknown>;
    },
  ): KubeObject {
    const { name, namespace = '' } = object.metadata;
    const before = this.get(resource, namespace, name);
    this.#version += 1;
    const made: KubeObject = {
      ...(KINDS[resource] ?? { kind: 'Unknown', apiVersion: 'v1' }),
      ...object,
      metadata: {
        uid: before?.metadata.uid ?? `uid-${this.#version}`,
        ...object.metadata,
        resourceVersion: String(this.#version),
      },
    };
    this.#kept.set(`${resource}/${namespace}/${name}`, made);
    this.#tell(resource, { type: before === null ? 'ADDED' : 'MODIFIED', object: made });
    return made;
  }

  delete(resource: string, namespace: string, name: string): KubeObject | null {
    const before = this.get(resource, namespace, name);
    if (before === null) return null;
    this.#version += 1;
    this.#kept.delete(`${resource}/${namespace}/${name}`);
    const metadata = { ...before.metadata, resourceVersion: String(this.#version) };
    this.#tell(resource, { type: 'DELETED', object: { ...before, metadata } });
    return before;
  }

  /** What happened after a version; null where that is forgotten (410). */
  since(resource: string, version: number): WatchEvent[] | null {
    if (version < this.#forgotten) return null;
    return this.#log.filter((one) => one.resource === resource && one.version > version);
  }

  /** Older versions can be watched no more, as after etcd's compaction. */
  compact(): void {
    this.#forgotten = this.#version;
    this.#log = [];
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(resource: string, event: WatchEvent): void {
    this.#log.push({ ...event, resource, version: this.#version });
    for (const listener of this.#listeners) listener();
  }
}
