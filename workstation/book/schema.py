"""The tables of the case book. What the columns mean is docs/workstation-reference.md, "The case book"."""

from workstation.book.offered import TABLES as OFFERED
from workstation.book.tallies import TABLES as TALLIES

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
    priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 3),
    unit TEXT,
    person TEXT,
    first_action INTEGER,
    last_action INTEGER,
    closed INTEGER,
    merged_into INTEGER REFERENCES tips (id),
    held INTEGER NOT NULL DEFAULT 0,
    destroyed INTEGER,
    batch INTEGER REFERENCES batches (id),
    since INTEGER GENERATED ALWAYS AS (coalesce(last_action, booked)) VIRTUAL
) STRICT;
CREATE INDEX tips_by_priority ON tips (priority, received);
CREATE INDEX tips_by_status ON tips (status, priority, received, id, since);
CREATE INDEX tips_by_category ON tips (category, priority, received);
CREATE INDEX tips_by_district ON tips (district, priority, received);
CREATE INDEX tips_by_unit ON tips (unit, priority, received);
CREATE INDEX tips_by_person ON tips (person, priority, received);
CREATE INDEX tips_by_conversation ON tips (conversation, received);
CREATE INDEX tips_held ON tips (held, priority, received) WHERE held = 1;
CREATE INDEX tips_closed ON tips (closed) WHERE closed IS NOT NULL;
CREATE INDEX tips_merged ON tips (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE slips (
    tip INTEGER NOT NULL REFERENCES tips (id),
    batch INTEGER NOT NULL REFERENCES batches (id),
    slot INTEGER NOT NULL,
    octets BLOB NOT NULL,
    PRIMARY KEY (tip, batch, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE digests (
    commitment BLOB PRIMARY KEY,
    digest BLOB NOT NULL,
    tip INTEGER NOT NULL REFERENCES tips (id),
    ledger BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX digests_of_tip ON digests (tip);
CREATE INDEX digests_of_ledger ON digests (ledger) WHERE ledger IS NOT NULL;

CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    batch BLOB NOT NULL UNIQUE,
    box BLOB NOT NULL,
    chain BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    period INTEGER NOT NULL,
    booked INTEGER NOT NULL,
    tried BLOB
) STRICT;
CREATE TABLE sealed (
    batch INTEGER NOT NULL REFERENCES batches (id),
    slot INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    PRIMARY KEY (batch, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledgers (
    hash BLOB PRIMARY KEY,
    box BLOB NOT NULL,
    line BLOB NOT NULL,
    month TEXT NOT NULL,
    serial INTEGER NOT NULL,
    previous BLOB NOT NULL,
    count INTEGER NOT NULL,
    quarantined TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE awaited (
    commitment BLOB PRIMARY KEY,
    ledger BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE marks (
    flag TEXT NOT NULL,
    key INTEGER NOT NULL,
    PRIMARY KEY (flag, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE traces (
    trace INTEGER NOT NULL,
    key INTEGER NOT NULL,
    PRIMARY KEY (trace, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE offers (
    id INTEGER PRIMARY KEY,
    tip INTEGER NOT NULL REFERENCES tips (id),
    other INTEGER NOT NULL REFERENCES tips (id),
    kind TEXT NOT NULL,
    settled TEXT,
    UNIQUE (tip, other, kind)
) STRICT;
CREATE INDEX offers_of_other ON offers (other);

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

CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'trigram', detail = 'full');
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
"""
TABLES += OFFERED + TALLIES
