import { readFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3';

/** The columns of the portal's table, as its recorded INSERT names them. */
const TABLE = `CREATE TABLE clusters (
  id INTEGER NOT NULL PRIMARY KEY, cluster_id VARCHAR(50) NOT NULL UNIQUE, name VARCHAR(100) NOT NULL,
  host VARCHAR(255) NOT NULL, port INTEGER, user VARCHAR(100) NOT NULL, password TEXT NOT NULL,
  verify_ssl BOOLEAN, is_default BOOLEAN, is_active BOOLEAN, allow_vm_deployment BOOLEAN,
  allow_template_sync BOOLEAN, allow_iso_sync BOOLEAN, auto_shutdown_enabled BOOLEAN, priority INTEGER,
  default_storage VARCHAR(100), template_storage VARCHAR(100), iso_storage VARCHAR(100),
  qcow2_template_path VARCHAR(255), qcow2_images_path VARCHAR(255), admin_group VARCHAR(100),
  admin_users TEXT, arp_subnets TEXT, vm_cache_ttl INTEGER, enable_ip_lookup BOOLEAN,
  enable_ip_persistence BOOLEAN, description TEXT, created_at DATETIME, updated_at DATETIME);
  CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT, password_hash TEXT);`;

/** A row as the portal writes it. */
export const portalRow = (clusterId: string, more: object = {}) => ({
  cluster_id: clusterId,
  name: `Lab ${clusterId}`,
  host: `${clusterId}.example`,
  port: 8006,
  user: 'root@pam',
  password: `pw-${clusterId}`,
  verify_ssl: 0,
  is_default: 0,
  is_active: 1,
  allow_vm_deployment: 1,
  priority: 50,
  vm_cache_ttl: 300,
  created_at: '2026-11-21 19:50:01.650533',
  ...more,
});

/** Writes the portal's database file and returns its bytes. */
export function portalDatabase(
  path: string,
  rows: object[],
  mode: 'delete' | 'wal' = 'delete',
): Buffer {
  const sqlite = new Sqlite(path);
  sqlite.pragma(`journal_mode = ${mode}`);
  sqlite.exec(TABLE);
  for (const row of rows) {
    const names = Object.keys(row);
    const marks = names.map((name) => `@${name}`);
    sqlite.prepare(`INSERT INTO clusters (${names.join()}) VALUES (${marks.join()})`).run(row);
  }
  sqlite.close();
  return readFileSync(path);
}
