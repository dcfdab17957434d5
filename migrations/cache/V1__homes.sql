-- The copy of a vault on this disk. Rows hold sealed bytes; ids are 16-byte blobs; times are milliseconds since 1970;
-- numbers of 64 bits without a sign are kept as the signed number with the same bits.
-- An applied migration never changes: its checksum is kept and compared.

-- Grows with every transaction that changed something, whichever process made it.
CREATE TABLE change_counter (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO change_counter VALUES (1, 0);

-- Whose cache this is and how far it has synced.
CREATE TABLE device (
    one              INTEGER PRIMARY KEY CHECK (one = 1),
    account          BLOB NOT NULL CHECK (length(account) = 16),
    vault            BLOB NOT NULL CHECK (length(vault) = 16),
    device           BLOB NOT NULL CHECK (length(device) = 16),
    actor            BLOB NOT NULL CHECK (length(actor) = 16),
    keychain         TEXT NOT NULL,
    epoch            INTEGER NOT NULL,
    document_version INTEGER NOT NULL,
    cursor_seq       INTEGER NOT NULL,
    cursor_head      BLOB NOT NULL CHECK (length(cursor_head) = 32),
    rebuilt          INTEGER NOT NULL CHECK (rebuilt IN (0, 1)),
    server           TEXT,
    pin              BLOB CHECK (length(pin) = 32),
    last_sync        INTEGER
) STRICT;

CREATE TABLE keys_document (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    bytes BLOB NOT NULL
) STRICT;

-- What the server acknowledged or sent. `name` and `full` are keyed hashes of the name, and of provider and name; they
-- are not unique, since two devices may each add a credential of one name. The envelopes come last: lists read `meta`
-- and never reach the pages of a large `secret`.
CREATE TABLE base (
    id       BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    bucket   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    deleted  INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    saved_at INTEGER NOT NULL,
    digest   BLOB NOT NULL CHECK (length(digest) = 32),
    name     BLOB NOT NULL CHECK (length(name) = 16),
    full     BLOB NOT NULL CHECK (length(full) = 16),
    meta     BLOB NOT NULL,
    secret   BLOB NOT NULL
) STRICT;
CREATE INDEX base_name ON base (name) WHERE deleted = 0;
CREATE INDEX base_full ON base (full) WHERE deleted = 0;
-- All that a bucket's hash covers, so that hashing never reads an envelope.
CREATE INDEX base_bucket ON base (bucket, id, version, deleted, digest);

-- What the user did here and the server has not acknowledged.
CREATE TABLE draft (
    id       BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    version  INTEGER NOT NULL,
    deleted  INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    saved_at INTEGER NOT NULL,
    digest   BLOB NOT NULL CHECK (length(digest) = 32),
    name     BLOB NOT NULL CHECK (length(name) = 16),
    full     BLOB NOT NULL CHECK (length(full) = 16),
    meta     BLOB NOT NULL,
    secret   BLOB NOT NULL
) STRICT;
CREATE INDEX draft_name ON draft (name) WHERE deleted = 0;
CREATE INDEX draft_full ON draft (full) WHERE deleted = 0;

-- The hashes of the base set's buckets; an empty bucket has no row.
CREATE TABLE bucket (
    number INTEGER PRIMARY KEY CHECK (number BETWEEN 0 AND 255),
    hash   BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Superseded contents of records; `place` grows, so the highest is the newest.
CREATE TABLE history (
    place         INTEGER PRIMARY KEY,
    record        BLOB NOT NULL CHECK (length(record) = 16),
    digest        BLOB NOT NULL CHECK (length(digest) = 32),
    seq           INTEGER,
    version       INTEGER NOT NULL,
    deleted       INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    saved_at      INTEGER NOT NULL,
    superseded_at INTEGER NOT NULL,
    meta          BLOB NOT NULL,
    secret        BLOB NOT NULL,
    UNIQUE (record, digest)
) STRICT;

-- Records that the user erased for good and that the server still has.
CREATE TABLE erasure (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The outbox: the exact bytes of the commit that was, or is about to be, sent.
CREATE TABLE frozen (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    bytes   BLOB NOT NULL,
    tag     BLOB NOT NULL CHECK (length(tag) = 32),
    records BLOB NOT NULL
) STRICT;

-- The vault's chain of hashes. A cache rebuilt from the keychain knows some heads without their commits.
CREATE TABLE chain (
    seq   INTEGER PRIMARY KEY,
    head  BLOB NOT NULL CHECK (length(head) = 32),
    bytes BLOB,
    tag   BLOB CHECK (length(tag) = 32),
    CHECK ((bytes IS NULL) = (tag IS NULL))
) STRICT;

-- A snapshot that is being taken.
CREATE TABLE staging (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    cursor_seq  INTEGER NOT NULL,
    cursor_head BLOB NOT NULL CHECK (length(cursor_head) = 32),
    next        BLOB CHECK (length(next) = 16)
) STRICT;
CREATE TABLE staged (
    id      BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    seq     INTEGER NOT NULL,
    version INTEGER NOT NULL,
    deleted INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    digest  BLOB NOT NULL CHECK (length(digest) = 32),
    meta    BLOB NOT NULL,
    secret  BLOB NOT NULL
) STRICT;

-- Records whose copy in the keychain is behind, and what lies in the keychain under which key.
CREATE TABLE unmirrored (
    id BLOB PRIMARY KEY CHECK (length(id) = 16)
) STRICT, WITHOUT ROWID;
CREATE TABLE slot (
    key        TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    parts      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Copies that did not open, kept as they were found.
CREATE TABLE quarantine (
    place  INTEGER PRIMARY KEY,
    id     BLOB NOT NULL CHECK (length(id) = 16),
    home   TEXT NOT NULL,
    reason TEXT NOT NULL,
    at     INTEGER NOT NULL,
    bytes  BLOB NOT NULL
) STRICT;
CREATE INDEX quarantine_id ON quarantine (id, home);

CREATE TABLE activity (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    at    INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;

CREATE TABLE alarm (
    code    TEXT PRIMARY KEY,
    at      INTEGER NOT NULL,
    details BLOB NOT NULL
) STRICT;

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
