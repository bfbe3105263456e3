-- What the agents of ClusterOS clusters carry out, as last heard, so that it is there without a network.
CREATE TABLE cluster_operations (
  cluster_uuid text NOT NULL REFERENCES clusters (uuid) ON DELETE CASCADE,
  id text NOT NULL,
  heard_at integer NOT NULL,
  summary text NOT NULL,
  answer blob,
  PRIMARY KEY (cluster_uuid, id),
  CONSTRAINT cluster_operations_summary CHECK(json_valid(summary))
) STRICT;
