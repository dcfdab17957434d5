-- Everything belongs to an account: account_id leads every primary key. Sealed bytes are opaque here.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    account_id    BLOB PRIMARY KEY CHECK (length(account_id) = 16),
    created_at    INTEGER NOT NULL,
    proof_hash    BLOB NOT NULL CHECK (length(proof_hash) = 32),
    keys_version  INTEGER NOT NULL,
    keys_epoch    INTEGER NOT NULL,
    password      BLOB NOT NULL,                 -- OPAQUE registrations
    recovery      BLOB NOT NULL,
    keys_document BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The head of a vault's log, and what its records take. Apart from the account, whose row is large: each push writes this.
CREATE TABLE vault (
    account_id       BLOB PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    vault_id         BLOB NOT NULL UNIQUE CHECK (length(vault_id) = 16),
    seq              INTEGER NOT NULL,
    head             BLOB NOT NULL CHECK (length(head) = 32),
    epoch            INTEGER NOT NULL,           -- of the last commit
    document_version INTEGER NOT NULL,           -- of the last commit
    records          INTEGER NOT NULL,           -- live, undeleted
    bytes            INTEGER NOT NULL,           -- of their envelopes
    kept_records     INTEGER NOT NULL,           -- tombstones included
    kept_bytes       INTEGER NOT NULL            -- of all versions, tombstones and history included
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    account_id BLOB NOT NULL REFERENCES account ON DELETE CASCADE,
    device_id  BLOB NOT NULL CHECK (length(device_id) = 16),
    sealed     BLOB,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    PRIMARY KEY (account_id, device_id)
) STRICT, WITHOUT ROWID;

-- One row a session family. Tokens are kept as SHA-256 only; a successor is derived anew from the token that asks for it.
CREATE TABLE session (
    account_id                 BLOB NOT NULL,
    family                     BLOB NOT NULL CHECK (length(family) = 16),
    device_id                  BLOB NOT NULL,
    kind                       TEXT NOT NULL CHECK (kind IN ('password', 'recovery')),
    logged_in_at               INTEGER NOT NULL,
    salt                       BLOB NOT NULL CHECK (length(salt) = 32),
    access_hash                BLOB NOT NULL,
    access_expires_at          INTEGER NOT NULL,
    refresh_hash               BLOB NOT NULL,
    refresh_expires_at         INTEGER NOT NULL,
    used                       INTEGER NOT NULL, -- whether the newest tokens were used
    previous_access_hash       BLOB,             -- good until the newest is used
    previous_access_expires_at INTEGER,
    previous_refresh_hash      BLOB,             -- may be repeated until the newest is used
    previous_refresh_id        BLOB,
    PRIMARY KEY (account_id, family),
    FOREIGN KEY (account_id, device_id) REFERENCES device ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX session_family ON session (family);

-- The log. Never pruned.
CREATE TABLE commits (
    account_id BLOB NOT NULL REFERENCES account ON DELETE CASCADE,
    seq        INTEGER NOT NULL,
    head       BLOB NOT NULL CHECK (length(head) = 32),
    bytes      BLOB NOT NULL,
    tag        BLOB NOT NULL CHECK (length(tag) = 32),
    PRIMARY KEY (account_id, seq)
) STRICT;

-- The live set, tombstones included.
CREATE TABLE record (
    account_id BLOB NOT NULL REFERENCES account ON DELETE CASCADE,
    record_id  BLOB NOT NULL CHECK (length(record_id) = 16),
    version    INTEGER NOT NULL,
    deleted    INTEGER NOT NULL,
    digest     BLOB NOT NULL CHECK (length(digest) = 32),
    bucket     INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    meta       BLOB NOT NULL,
    secret     BLOB NOT NULL,
    PRIMARY KEY (account_id, record_id)
) STRICT;
CREATE INDEX record_bucket ON record (account_id, bucket, record_id, version, digest, deleted);
-- With the id, so that the records of one commit are read from it in their order; without, SQLite looks through them all.
CREATE INDEX record_seq ON record (account_id, seq, record_id);

CREATE TABLE bucket (
    account_id BLOB NOT NULL REFERENCES account ON DELETE CASCADE,
    bucket     INTEGER NOT NULL,
    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (account_id, bucket)
) STRICT, WITHOUT ROWID;

-- Superseded envelopes, for history; a forgotten record's go at once.
CREATE TABLE history (
    account_id    BLOB NOT NULL REFERENCES account ON DELETE CASCADE,
    record_id     BLOB NOT NULL,
    seq           INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    deleted       INTEGER NOT NULL,
    meta          BLOB NOT NULL,
    secret        BLOB NOT NULL,
    superseded_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, record_id, seq)
) STRICT;

-- Record ids that were forgotten: they are never used again.
CREATE TABLE forgotten (
    account_id BLOB NOT NULL REFERENCES account ON DELETE CASCADE,
    record_id  BLOB NOT NULL,
    PRIMARY KEY (account_id, record_id)
) STRICT, WITHOUT ROWID;
