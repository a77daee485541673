-- What flowrun stores of one project: the first form. Times are microseconds since 1970, but those of rows, which are milliseconds.
-- `sum` is the CRC-32 of what stands beside it, by which a flipped bit is noticed.

CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE program (hash TEXT PRIMARY KEY, body BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;

-- Numbers are never given again: the audit record outlives its run.
CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL UNIQUE,
  scope TEXT NOT NULL,
  flow TEXT NOT NULL,
  title TEXT NOT NULL,
  root TEXT NOT NULL,
  program TEXT NOT NULL REFERENCES program (hash),
  started_us INTEGER NOT NULL,
  dry_run INTEGER NOT NULL,
  simulated INTEGER NOT NULL,
  save_data INTEGER NOT NULL,
  alone TEXT,
  parent TEXT,
  forked_from TEXT,
  forked_at INTEGER,
  owner TEXT NOT NULL,
  state TEXT NOT NULL,
  due_us INTEGER,
  question TEXT,
  ended_us INTEGER,
  error TEXT,
  summary BLOB NOT NULL,
  last INTEGER NOT NULL DEFAULT 0,
  cut INTEGER NOT NULL DEFAULT 0,
  cleared INTEGER NOT NULL DEFAULT 0,
  sum INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX run_started ON run (started_us);
CREATE INDEX run_flow ON run (flow, started_us);
CREATE INDEX run_open ON run (state) WHERE ended_us IS NULL;
CREATE INDEX run_due ON run (due_us) WHERE due_us IS NOT NULL;
CREATE INDEX run_ended ON run (ended_us) WHERE ended_us IS NOT NULL;
CREATE INDEX run_program ON run (program);
CREATE INDEX run_parent ON run (parent) WHERE parent IS NOT NULL;

-- What goes when a run's values go, beside its journal: how it was started (1), its report (2), its newest checkpoint (3).
CREATE TABLE run_value (
  run INTEGER NOT NULL REFERENCES run (id),
  what INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  body BLOB NOT NULL,
  sum INTEGER NOT NULL,
  UNIQUE (run, what)
) STRICT;

-- Rows are written one behind the other, whichever run they are of: so a commit writes few pages.
CREATE TABLE journal (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run (id),
  seq INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX journal_run ON journal (run, seq);

CREATE TABLE kept_table (
  id INTEGER PRIMARY KEY,
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  next INTEGER NOT NULL,
  note BLOB NOT NULL,
  sum INTEGER NOT NULL,
  UNIQUE (scope, name)
) STRICT;

-- Rows name their columns by these numbers.
CREATE TABLE kept_column (
  tab INTEGER NOT NULL REFERENCES kept_table (id),
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (tab, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE kept_row (
  tab INTEGER NOT NULL REFERENCES kept_table (id),
  number INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (tab, number)
) STRICT, WITHOUT ROWID;

-- Files lie in `blobs`; they go when nothing uses them.
CREATE TABLE file (hash BLOB PRIMARY KEY, size INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE file_use (
  run INTEGER NOT NULL REFERENCES run (id),
  hash BLOB NOT NULL REFERENCES file (hash),
  PRIMARY KEY (run, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX file_use_hash ON file_use (hash);

-- Run 0 is nobody.
CREATE TABLE audit (
  run INTEGER NOT NULL,
  number INTEGER NOT NULL,
  text TEXT NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

-- Runs that are gone and have left an audit record.
CREATE TABLE gone (run INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE) STRICT;
