-- What forms hold before they are saved, so that nothing typed is lost with the window.
CREATE TABLE drafts (
  key text PRIMARY KEY NOT NULL,
  value text NOT NULL CHECK (json_valid(value)),
  kept_at integer NOT NULL
) STRICT;
