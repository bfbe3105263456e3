-- Who may change what, a lock for the app, and an audit that can be searched and cut at its old end.
ALTER TABLE clusters ADD COLUMN read_only integer NOT NULL DEFAULT 0;
CREATE TABLE access (
  id integer PRIMARY KEY NOT NULL,
  viewer integer NOT NULL,
  idle_minutes integer NOT NULL,
  app_lock text,
  CONSTRAINT access_single CHECK(id = 1)
) STRICT;
ALTER TABLE audit ADD COLUMN target text;
CREATE INDEX audit_action ON audit (action, seq);
CREATE INDEX audit_target ON audit (target, seq);
-- finds any part of a word; it holds no text of its own, only where each three letters stand
CREATE VIRTUAL TABLE audit_text USING fts5(
  actor, action, subject, before, after, result,
  content='audit', content_rowid='seq', tokenize='trigram'
);
INSERT INTO audit_text(audit_text) VALUES ('rebuild');
CREATE TRIGGER audit_text_add AFTER INSERT ON audit BEGIN
  INSERT INTO audit_text(rowid, actor, action, subject, before, after, result)
  VALUES (NEW.seq, NEW.actor, NEW.action, NEW.subject, NEW.before, NEW.after, NEW.result);
END;
CREATE TRIGGER audit_text_drop AFTER DELETE ON audit BEGIN
  INSERT INTO audit_text(audit_text, rowid, actor, action, subject, before, after, result)
  VALUES ('delete', OLD.seq, OLD.actor, OLD.action, OLD.subject, OLD.before, OLD.after, OLD.result);
END;
-- rows may go only at the old end, and only up to where a later row says that they went
DROP TRIGGER audit_no_delete;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN OLD.seq > (
  SELECT coalesce(max(CAST(json_extract(after, '$.through') AS integer)), 0)
  FROM audit WHERE action = 'audit.prune'
)
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only');
END;
