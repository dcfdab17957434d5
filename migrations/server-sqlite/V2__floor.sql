-- The log is not paged below its floor: a device that is behind it takes a snapshot. The commits stay, for the chain.

ALTER TABLE vault ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;

-- Milliseconds since 1970 by the server's clock. NULL where the commit came before this migration: it is then as old as the
-- first one after it that has a time, and the newest gets that of the migration.
ALTER TABLE commits ADD COLUMN received_at INTEGER;
UPDATE commits SET received_at = unixepoch() * 1000 WHERE (account_id, seq) IN (SELECT account_id, seq FROM vault);
