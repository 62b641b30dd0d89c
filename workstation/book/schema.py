"""The tables of the case book. What the columns mean is docs/workstation-reference.md, "The case book"."""

SCHEMA = 1

TABLES = """
CREATE TABLE tips (
    id INTEGER PRIMARY KEY,
    tip BLOB NOT NULL UNIQUE,
    conversation BLOB NOT NULL,
    received INTEGER NOT NULL,
    period INTEGER NOT NULL,
    booked INTEGER NOT NULL,
    text TEXT,
    data BLOB,
    parts INTEGER NOT NULL,
    missing TEXT NOT NULL DEFAULT '',
    flags TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'delivered',
    category TEXT,
    district TEXT,
    priority INTEGER NOT NULL DEFAULT 0,
    unit TEXT,
    person TEXT,
    first_action INTEGER,
    last_action INTEGER,
    closed INTEGER,
    merged_into INTEGER REFERENCES tips (id),
    held INTEGER NOT NULL DEFAULT 0,
    destroyed INTEGER
) STRICT;

CREATE TABLE slips (
    batch BLOB NOT NULL,
    slot INTEGER NOT NULL,
    message BLOB NOT NULL,
    octets BLOB NOT NULL,
    PRIMARY KEY (batch, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX slips_of_message ON slips (message);

CREATE TABLE digests (
    digest BLOB PRIMARY KEY,
    commitment BLOB NOT NULL UNIQUE,
    tip INTEGER NOT NULL REFERENCES tips (id),
    ledger BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE batches (
    batch BLOB PRIMARY KEY,
    booked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE offers (
    id INTEGER PRIMARY KEY,
    tip INTEGER NOT NULL REFERENCES tips (id),
    other INTEGER NOT NULL REFERENCES tips (id),
    kind TEXT NOT NULL,
    settled TEXT,
    UNIQUE (tip, other, kind)
) STRICT;

CREATE TABLE notes (
    id INTEGER PRIMARY KEY,
    tip INTEGER NOT NULL REFERENCES tips (id),
    at INTEGER NOT NULL,
    users TEXT NOT NULL,
    text TEXT NOT NULL,
    withdrawn INTEGER
) STRICT;
CREATE INDEX notes_of_tip ON notes (tip);

CREATE TABLE links (
    tip INTEGER NOT NULL REFERENCES tips (id),
    other INTEGER NOT NULL REFERENCES tips (id),
    PRIMARY KEY (tip, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_of_other ON links (other);

CREATE TABLE log (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    users TEXT NOT NULL,
    action TEXT NOT NULL,
    deed INTEGER NOT NULL,
    tip INTEGER,
    other INTEGER,
    undoes INTEGER,
    detail TEXT NOT NULL,
    salt BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX log_of_tip ON log (tip) WHERE tip IS NOT NULL;
CREATE INDEX log_of_other ON log (other) WHERE other IS NOT NULL;

CREATE TABLE history (
    tip INTEGER NOT NULL,
    log INTEGER NOT NULL,
    at INTEGER NOT NULL,
    field TEXT NOT NULL,
    value TEXT,
    PRIMARY KEY (tip, log, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE filters (name TEXT PRIMARY KEY, query TEXT NOT NULL, users TEXT NOT NULL) STRICT;
CREATE TABLE districts (code TEXT PRIMARY KEY, es TEXT NOT NULL, en TEXT NOT NULL) STRICT;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'trigram remove_diacritics 1');
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
"""
