-- Secrets belong to remotes and to the hub as well as to clusters; those of a removed cluster still go with it.
CREATE TABLE owned_secrets (
  owner text NOT NULL,
  field text NOT NULL,
  version integer NOT NULL,
  sealed blob NOT NULL,
  PRIMARY KEY(owner, field)
) STRICT, WITHOUT ROWID;
INSERT INTO owned_secrets SELECT cluster_uuid, field, version, sealed FROM secrets;
DROP TABLE secrets;
ALTER TABLE owned_secrets RENAME TO secrets;
CREATE TRIGGER clusters_take_secrets AFTER DELETE ON clusters BEGIN
  DELETE FROM secrets WHERE owner = OLD.uuid;
END;
CREATE TABLE hub (
  id integer PRIMARY KEY NOT NULL,
  certificate text NOT NULL,
  token_digest text NOT NULL,
  made_at integer NOT NULL,
  CONSTRAINT hub_single CHECK(id = 1)
) STRICT;
