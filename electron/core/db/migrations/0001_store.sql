-- Everything the first version stores. Tables are STRICT; small-keyed ones have no rowid.
CREATE TABLE groups (
  uuid text PRIMARY KEY NOT NULL,
  name text NOT NULL,
  colour text NOT NULL,
  position integer NOT NULL
) STRICT;
CREATE TABLE clusters (
  number integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  uuid text NOT NULL,
  cluster_id text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  auth_kind text NOT NULL,
  user text NOT NULL,
  token_id text,
  verify text NOT NULL,
  is_active integer NOT NULL,
  is_default integer NOT NULL,
  allow_vm_deployment integer NOT NULL,
  allow_template_sync integer NOT NULL,
  allow_iso_sync integer NOT NULL,
  auto_shutdown_enabled integer NOT NULL,
  priority integer NOT NULL,
  default_storage text,
  template_storage text,
  iso_storage text,
  description text NOT NULL,
  group_uuid text,
  protected integer NOT NULL,
  colour text,
  qcow2_template_path text,
  qcow2_images_path text,
  admin_group text,
  admin_users text,
  arp_subnets text,
  vm_cache_ttl integer,
  enable_ip_lookup integer,
  enable_ip_persistence integer,
  extra text DEFAULT '{}' NOT NULL,
  created_at integer NOT NULL,
  updated_at integer NOT NULL,
  revision integer NOT NULL,
  FOREIGN KEY (group_uuid) REFERENCES groups(uuid) ON DELETE set null,
  CONSTRAINT clusters_priority CHECK(priority between 0 and 100),
  CONSTRAINT clusters_extra CHECK(json_valid(extra))
) STRICT;
CREATE UNIQUE INDEX clusters_uuid_unique ON clusters (uuid);
CREATE UNIQUE INDEX clusters_cluster_id_unique ON clusters (cluster_id);
CREATE UNIQUE INDEX clusters_one_default ON clusters (is_default) WHERE is_default = 1;
CREATE INDEX clusters_group ON clusters (group_uuid);
CREATE TABLE endpoints (
  cluster_uuid text NOT NULL,
  position integer NOT NULL,
  host text NOT NULL,
  port integer NOT NULL,
  pin text,
  PRIMARY KEY(cluster_uuid, position),
  FOREIGN KEY (cluster_uuid) REFERENCES clusters(uuid) ON DELETE cascade,
  CONSTRAINT endpoints_port CHECK(port between 1 and 65535)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX endpoints_once ON endpoints (cluster_uuid,host,port);
CREATE TABLE secrets (
  cluster_uuid text NOT NULL,
  field text NOT NULL,
  version integer NOT NULL,
  sealed blob NOT NULL,
  PRIMARY KEY(cluster_uuid, field),
  FOREIGN KEY (cluster_uuid) REFERENCES clusters(uuid) ON DELETE cascade
) STRICT, WITHOUT ROWID;
CREATE TABLE vault (
  id integer PRIMARY KEY NOT NULL,
  protection text NOT NULL,
  key_id text NOT NULL,
  kept text NOT NULL,
  proof blob,
  changed_at integer NOT NULL,
  CONSTRAINT vault_single CHECK(id = 1)
) STRICT;
CREATE TABLE stale_keys (
  key_id text PRIMARY KEY NOT NULL,
  protection text NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE settings (
  key text PRIMARY KEY NOT NULL,
  value text NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
  seq integer PRIMARY KEY NOT NULL,
  at integer NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  before text,
  after text,
  result text NOT NULL,
  prev_hash text NOT NULL,
  hash text NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_subject ON audit (subject);
CREATE TABLE operations (
  id text PRIMARY KEY NOT NULL,
  kind text NOT NULL,
  title text NOT NULL,
  action text NOT NULL,
  state text NOT NULL,
  created_at integer NOT NULL,
  ended_at integer
) STRICT;
CREATE INDEX operations_created ON operations (created_at);
CREATE INDEX operations_state ON operations (state);
CREATE TABLE operation_items (
  operation_id text NOT NULL,
  position integer NOT NULL,
  key text NOT NULL,
  cluster_uuid text NOT NULL,
  guest_id text NOT NULL,
  label text NOT NULL,
  state text NOT NULL,
  upid text,
  message text NOT NULL,
  failure text,
  started_at integer,
  ended_at integer,
  PRIMARY KEY(operation_id, position),
  FOREIGN KEY (operation_id) REFERENCES operations(id) ON DELETE cascade
) STRICT, WITHOUT ROWID;
CREATE TABLE alerts (
  id text PRIMARY KEY NOT NULL,
  cluster_uuid text NOT NULL,
  rule text NOT NULL,
  subject text NOT NULL,
  severity text NOT NULL,
  detail text NOT NULL,
  started_at integer NOT NULL,
  ended_at integer,
  acknowledged_at integer,
  FOREIGN KEY (cluster_uuid) REFERENCES clusters(uuid) ON DELETE cascade
) STRICT;
CREATE INDEX alerts_open ON alerts (cluster_uuid,ended_at);
CREATE TABLE metric_series (
  id integer PRIMARY KEY NOT NULL,
  cluster_uuid text NOT NULL,
  entity text NOT NULL,
  metric text NOT NULL,
  FOREIGN KEY (cluster_uuid) REFERENCES clusters(uuid) ON DELETE cascade
) STRICT;
CREATE UNIQUE INDEX metric_series_name ON metric_series (cluster_uuid,entity,metric);
CREATE TABLE metric_chunks (
  level integer NOT NULL,
  start_s integer NOT NULL,
  cluster_uuid text NOT NULL,
  body blob NOT NULL,
  PRIMARY KEY(level, start_s, cluster_uuid)
) STRICT;
CREATE TABLE inventory_snapshots (
  cluster_uuid text PRIMARY KEY NOT NULL,
  as_of integer NOT NULL,
  body blob NOT NULL,
  FOREIGN KEY (cluster_uuid) REFERENCES clusters(uuid) ON DELETE cascade
) STRICT, WITHOUT ROWID;
CREATE TABLE catalog (
  cluster_uuid text NOT NULL,
  node text NOT NULL,
  volume text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  size_bytes integer,
  seen_at integer NOT NULL,
  PRIMARY KEY(cluster_uuid, node, volume),
  FOREIGN KEY (cluster_uuid) REFERENCES clusters(uuid) ON DELETE cascade
) STRICT, WITHOUT ROWID;
CREATE TABLE remotes (
  uuid text PRIMARY KEY NOT NULL,
  name text NOT NULL,
  url text NOT NULL,
  user text NOT NULL,
  pin text,
  created_at integer NOT NULL,
  synced_at integer,
  extra text DEFAULT '{}' NOT NULL
) STRICT;
CREATE TABLE bases (
  remote_uuid text NOT NULL,
  cluster_uuid text NOT NULL,
  remote_number integer NOT NULL,
  fields text NOT NULL,
  agreed_at integer NOT NULL,
  PRIMARY KEY(remote_uuid, cluster_uuid),
  FOREIGN KEY (remote_uuid) REFERENCES remotes(uuid) ON DELETE cascade,
  FOREIGN KEY (cluster_uuid) REFERENCES clusters(uuid) ON DELETE cascade,
  CONSTRAINT bases_fields CHECK(json_valid(fields))
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
  id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  remote_uuid text NOT NULL,
  cluster_uuid text NOT NULL,
  action text NOT NULL,
  fields text NOT NULL,
  state text NOT NULL,
  created_at integer NOT NULL,
  FOREIGN KEY (remote_uuid) REFERENCES remotes(uuid) ON DELETE cascade
) STRICT;
CREATE INDEX outbox_remote ON outbox (remote_uuid,id);
-- the audit only grows
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
