-- What happened on the device, linked: an entry that is missing, was changed or stands elsewhere is noticed.

-- Names the entry and all before it; computed under a key that is not here. An entry has none until the chain begins.
ALTER TABLE activity ADD COLUMN link BLOB;

-- A cache that was in use before there were links: what it has is taken as it is when the chain begins.
INSERT INTO setting (key, value) SELECT 'activity.unlinked', x'01' FROM device;
