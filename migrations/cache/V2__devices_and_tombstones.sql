-- What changes by itself on the account's devices, and since when deleted records are held.

-- One sealed record for each device of the account, outside the log; the device's own is what it writes.
CREATE TABLE device_record (
    device BLOB NOT NULL UNIQUE CHECK (length(device) = 16),
    bytes  BLOB NOT NULL
) STRICT;

-- Since when this cache holds a record of the base as deleted, by a clock with which the server's date agreed. The digest
-- says which deletion: one of a later edit begins anew.
CREATE TABLE tombstone (
    id     BLOB PRIMARY KEY CHECK (length(id) = 16),
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The deleted records of the base, which are few, without reading the others.
CREATE INDEX base_deleted ON base (id, digest) WHERE deleted = 1;
