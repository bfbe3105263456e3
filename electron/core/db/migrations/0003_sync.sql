-- What a remote needs beyond its address, which remote a cluster follows, and bases that outlive
-- their cluster as the tombstones of deletions. Nothing wrote these three tables before.
DROP TABLE outbox;
DROP TABLE bases;
DROP TABLE remotes;
CREATE TABLE remotes (
  uuid text PRIMARY KEY NOT NULL,
  name text NOT NULL,
  url text NOT NULL,
  auth text NOT NULL,
  user text,
  verify text NOT NULL,
  pin text,
  sync_when_online integer NOT NULL,
  default_id text,
  created_at integer NOT NULL,
  synced_at integer,
  last_failure text,
  revision integer NOT NULL
) STRICT;
CREATE UNIQUE INDEX remotes_name ON remotes (name COLLATE NOCASE);
CREATE TABLE bases (
  remote_uuid text NOT NULL,
  cluster_uuid text NOT NULL,
  remote_id text NOT NULL,
  remote_number integer NOT NULL,
  created_there text,
  fields text NOT NULL,
  agreed_at integer NOT NULL,
  PRIMARY KEY(remote_uuid, cluster_uuid),
  FOREIGN KEY (remote_uuid) REFERENCES remotes(uuid) ON DELETE cascade,
  CONSTRAINT bases_fields CHECK(json_valid(fields))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX bases_id ON bases (remote_uuid, remote_id);
CREATE TABLE outbox (
  id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  remote_uuid text NOT NULL,
  cluster_uuid text NOT NULL,
  since integer NOT NULL,
  attempts integer NOT NULL,
  last_failure text,
  intent text,
  FOREIGN KEY (remote_uuid) REFERENCES remotes(uuid) ON DELETE cascade,
  CONSTRAINT outbox_intent CHECK(intent IS NULL OR json_valid(intent))
) STRICT;
CREATE UNIQUE INDEX outbox_once ON outbox (remote_uuid, cluster_uuid);
ALTER TABLE clusters ADD COLUMN remote_uuid text REFERENCES remotes(uuid) ON DELETE SET NULL;
CREATE INDEX clusters_remote ON clusters (remote_uuid);
-- a base without its cluster tells the remote it followed of the deletion, and no other one
CREATE TRIGGER clusters_leave_bases AFTER DELETE ON clusters BEGIN
  DELETE FROM bases WHERE cluster_uuid = OLD.uuid AND remote_uuid IS NOT OLD.remote_uuid;
END;
