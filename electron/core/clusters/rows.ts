import { asc, eq } from 'drizzle-orm';
import type { Cluster, Endpoint } from '#shared/contract/clusters';
import { clusters, endpoints } from '../db/schema/index';
import type { Reader, Writer } from '../db/store';

type Row = typeof clusters.$inferSelect;
/** What only the store keeps of a cluster: the portal's further fields and those nobody here knows. */
export type KeptFields = Partial<
  Pick<
    Row,
    | 'qcow2TemplatePath'
    | 'qcow2ImagesPath'
    | 'adminGroup'
    | 'adminUsers'
    | 'arpSubnets'
    | 'vmCacheTtl'
    | 'enableIpLookup'
    | 'enableIpPersistence'
  >
> & { extra?: Record<string, unknown> };
/** A cluster as configured; whether a secret is stored is the vault's to say. */
export type StoredCluster = Omit<Cluster, 'hasSecret'>;

/** All clusters with their endpoints in order. */
export function loadClusters(db: Reader): StoredCluster[] {
  const byCluster = new Map<string, Endpoint[]>();
  for (const row of db.select().from(endpoints).orderBy(asc(endpoints.position)).all()) {
    const { clusterUuid, host, port, pin } = row;
    const list = byCluster.get(clusterUuid) ?? [];
    list.push({ host, port, pin });
    byCluster.set(clusterUuid, list);
  }
  const rows = db.select().from(clusters).all();
  return rows.map((row) => toCluster(row, byCluster.get(row.uuid) ?? []));
}

function toCluster(row: Row, list: Endpoint[]): StoredCluster {
  const {
    qcow2TemplatePath: _a,
    qcow2ImagesPath: _b,
    adminGroup: _c,
    adminUsers: _d,
    arpSubnets: _e,
    vmCacheTtl: _f,
    enableIpLookup: _g,
    enableIpPersistence: _h,
    extra: _i,
    ...fields
  } = row;
  return { ...fields, endpoints: list };
}

/** @returns the number it got */
export function insertCluster(
  db: Writer,
  cluster: Omit<StoredCluster, 'number'>,
  { extra, ...kept }: KeptFields,
): number {
  const { endpoints: list, ...fields } = cluster;
  const { number } = db
    .insert(clusters)
    .values({ ...fields, ...kept, extra: JSON.stringify(extra ?? {}) })
    .returning({ number: clusters.number })
    .get();
  writeEndpoints(db, cluster.uuid, list);
  return number;
}

export function updateCluster(db: Writer, cluster: StoredCluster): void {
  const { endpoints: list, number: _number, uuid, ...fields } = cluster;
  db.update(clusters).set(fields).where(eq(clusters.uuid, uuid)).run();
  writeEndpoints(db, uuid, list);
}

/** Endpoints, secret, history and all else of the cluster go with it. */
export function deleteCluster(db: Writer, uuid: string): void {
  db.delete(clusters).where(eq(clusters.uuid, uuid)).run();
}

/** The kept fields of a cluster. */
export function readKept(db: Reader, uuid: string): KeptFields {
  const row = db.select().from(clusters).where(eq(clusters.uuid, uuid)).get();
  return row === undefined ? {} : keptOf(row);
}

/** The kept fields of every cluster by its uuid. */
export function readAllKept(db: Reader): Map<string, KeptFields> {
  const rows = db.select().from(clusters).all();
  return new Map(rows.map((row) => [row.uuid, keptOf(row)]));
}

/** Changes the named fields; `extra` is replaced whole. */
export function writeKept(db: Writer, uuid: string, { extra, ...kept }: KeptFields): void {
  const fields = { ...kept, ...(extra !== undefined && { extra: JSON.stringify(extra) }) };
  db.update(clusters).set(fields).where(eq(clusters.uuid, uuid)).run();
}

function keptOf(row: Row): Required<KeptFields> {
  const { qcow2TemplatePath, qcow2ImagesPath, adminGroup, adminUsers } = row;
  const { arpSubnets, vmCacheTtl, enableIpLookup, enableIpPersistence } = row;
  return {
    qcow2TemplatePath,
    qcow2ImagesPath,
    adminGroup,
    adminUsers,
    arpSubnets,
    vmCacheTtl,
    enableIpLookup,
    enableIpPersistence,
    extra: JSON.parse(row.extra),
  };
}

function writeEndpoints(db: Writer, clusterUuid: string, list: Endpoint[]): void {
  db.delete(endpoints).where(eq(endpoints.clusterUuid, clusterUuid)).run();
  for (const [position, { host, port, pin }] of list.entries()) {
    db.insert(endpoints).values({ clusterUuid, position, host, port, pin }).run();
  }
}
