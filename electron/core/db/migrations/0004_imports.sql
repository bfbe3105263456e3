-- The last import with what was there before it, so that it can be taken back.
CREATE TABLE imports (
  id integer PRIMARY KEY AUTOINCREMENT NOT NULL,
  at integer NOT NULL,
  source text NOT NULL,
  file_name text NOT NULL,
  body text NOT NULL,
  CONSTRAINT imports_body CHECK(json_valid(body))
) STRICT;
