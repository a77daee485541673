-- What started a run, and who; what is kept beside runs, each under a name in a space of its own.

ALTER TABLE run ADD COLUMN cause TEXT;
ALTER TABLE run ADD COLUMN who TEXT;

CREATE INDEX run_state ON run (state, started_us);

CREATE TABLE note (
  id INTEGER PRIMARY KEY,
  space TEXT NOT NULL,
  key TEXT NOT NULL,
  at_us INTEGER NOT NULL,
  due_us INTEGER,
  sum INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX note_key ON note (space, key);
CREATE INDEX note_due ON note (space, due_us, id) WHERE due_us IS NOT NULL;
