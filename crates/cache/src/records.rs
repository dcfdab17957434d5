//! Records: the base, which the server acknowledged or sent, and over it the drafts, what the user did here.

use std::time::{SystemTime, UNIX_EPOCH};

use keymoor_protocol::state::bucket_of;
use keymoor_protocol::{Digest, Record, RecordId};
use rusqlite::Row;

use crate::error::Error;
use crate::rows::{id, int, number, record, record_bytes};
use crate::transaction::{Change, View};

/// A keyed hash that the vault makes. Names and providers lie here as nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tag(pub [u8; 16]);

/// By what a record is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tags {
    /// Of the name alone.
    pub name: Tag,
    /// Of provider and name.
    pub full: Tag,
}

/// What the server acknowledged or sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The record.
    pub record: Record,
    /// The commit that wrote it.
    pub seq: u64,
}

/// What the user did here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The record.
    pub record: Record,
    /// When, milliseconds since 1970.
    pub saved_at: u64,
}

/// A record as it stands. At least one of the two is there, which is why only this crate makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Current {
    /// What the server knows.
    pub base: Option<Base>,
    /// What it does not.
    pub draft: Option<Draft>,
    /// Whether the user erased it, and the server still has it.
    pub erased: bool,
}

impl Current {
    /// What a user sees: the draft first.
    pub fn record(&self) -> &Record {
        match (&self.draft, &self.base) {
            (Some(draft), _) => &draft.record,
            (None, Some(base)) => &base.record,
            (None, None) => unreachable!("a record as it stands has a base or a draft"),
        }
    }
}

/// What is kept of one record, unread.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// What the server knows.
    pub base: Option<KeptLayer>,
    /// What it does not.
    pub draft: Option<KeptLayer>,
}

/// One layer of a record as it was written, and as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLayer {
    /// The digest of the record that was put there.
    pub digest: Digest,
    /// The commit that wrote it, of a base.
    pub seq: Option<u64>,
    /// When it was saved here, milliseconds since 1970.
    pub saved_at: u64,
    /// Its bytes now, in the form of [`Record::encode`]; they may be a record no more.
    pub bytes: Vec<u8>,
}

/// One of the two.
#[derive(Clone, Copy)]
pub(crate) enum Layer {
    Base,
    Draft,
}

impl View<'_> {
    /// Whether there is anything of a record, readable or not.
    pub fn holds(&self, id: RecordId) -> Result<bool, Error> {
        let sql = "SELECT 1 WHERE EXISTS (SELECT 1 FROM base WHERE id = ?1) OR EXISTS (SELECT 1 FROM draft WHERE id = ?1)";
        Ok(self.one(sql, [id.0], |_| Ok(()))?.is_some())
    }

    /// The record as it stands. [`Error::Record`] when what is kept of it is damaged.
    pub fn current(&self, id: RecordId) -> Result<Option<Current>, Error> {
        let (base, draft) = (self.base(id)?, self.draft(id)?);
        if base.is_none() && draft.is_none() {
            return Ok(None);
        }
        Ok(Some(Current { base, draft, erased: self.is_erased(id)? }))
    }

    /// What the server knows of a record.
    pub fn base(&self, id: RecordId) -> Result<Option<Base>, Error> {
        self.one("SELECT * FROM base WHERE id = ?1", [id.0], |row| read_base(row, id))
    }

    /// What the user did to a record.
    pub fn draft(&self, id: RecordId) -> Result<Option<Draft>, Error> {
        self.one("SELECT * FROM draft WHERE id = ?1", [id.0], |row| read_draft(row, id))
    }

    /// The records that wait for the server, sorted by id: also those whose row is a record no more.
    pub fn draft_ids(&self) -> Result<Vec<RecordId>, Error> {
        self.all("SELECT id FROM draft ORDER BY id", (), |row| id(row, "id"))
    }

    /// How many records wait for the server.
    pub fn draft_count(&self) -> Result<u64, Error> {
        let count = self.one("SELECT count(*) AS n FROM draft", (), |row| number(row, "n"))?;
        Ok(count.unwrap_or_default())
    }

    /// The undeleted records of a name, whatever their provider; sorted by id.
    pub fn by_name(&self, tag: Tag) -> Result<Vec<RecordId>, Error> {
        self.all(
            "SELECT id FROM draft WHERE name = ?1 AND deleted = 0 UNION ALL \
             SELECT id FROM base WHERE name = ?1 AND deleted = 0 AND id NOT IN (SELECT id FROM draft) ORDER BY id",
            [tag.0],
            |row| id(row, "id"),
        )
    }

    /// The undeleted records of a provider and name; sorted by id.
    pub fn by_full_name(&self, tag: Tag) -> Result<Vec<RecordId>, Error> {
        self.all(
            "SELECT id FROM draft WHERE full = ?1 AND deleted = 0 UNION ALL \
             SELECT id FROM base WHERE full = ?1 AND deleted = 0 AND id NOT IN (SELECT id FROM draft) ORDER BY id",
            [tag.0],
            |row| id(row, "id"),
        )
    }

    /// The providers and names that more than one undeleted record has, as their tags.
    pub fn shared_full_names(&self) -> Result<Vec<Tag>, Error> {
        self.all(
            "SELECT full FROM (SELECT full FROM draft WHERE deleted = 0 UNION ALL \
             SELECT full FROM base WHERE deleted = 0 AND id NOT IN (SELECT id FROM draft)) \
             GROUP BY full HAVING count(*) > 1 ORDER BY full",
            (),
            |row| Ok(Tag(row.get("full")?)),
        )
    }

    /// What is kept of a record, unread: for healing and for the quarantine, when it is a record no more.
    pub fn kept(&self, id: RecordId) -> Result<Kept, Error> {
        let layer = |sql, has_seq: bool| {
            self.one(sql, [id.0], |row| {
                Ok(KeptLayer {
                    digest: Digest(row.get("digest")?),
                    seq: if has_seq { Some(number(row, "seq")?) } else { None },
                    saved_at: number(row, "saved_at")?,
                    bytes: record_bytes(row, id)?,
                })
            })
        };
        Ok(Kept {
            base: layer("SELECT * FROM base WHERE id = ?1", true)?,
            draft: layer("SELECT * FROM draft WHERE id = ?1", false)?,
        })
    }

    /// Whether the user erased a record for good that the server still has.
    pub fn is_erased(&self, id: RecordId) -> Result<bool, Error> {
        Ok(self.one("SELECT 1 FROM erasure WHERE id = ?1", [id.0], |_| Ok(()))?.is_some())
    }

    /// Records that the user erased for good and that the server still has; sorted by id.
    pub fn erasures(&self) -> Result<Vec<RecordId>, Error> {
        self.all("SELECT id FROM erasure ORDER BY id", (), |row| id(row, "id"))
    }
}

impl Change<'_> {
    /// Keeps what the user did. The content that it supersedes, draft or base, goes into the history.
    pub fn put_draft(&mut self, record: &Record, tags: Tags, saved_at: u64) -> Result<(), Error> {
        let digest = record.digest();
        let source =
            if self.kept_digest(Layer::Draft, record.id)?.is_some() { Layer::Draft } else { Layer::Base };
        self.supersede(source, record.id, digest, saved_at)?;
        self.execute(
            "REPLACE INTO draft (id, version, deleted, saved_at, digest, name, full, meta, secret) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (
                &record.id.0,
                int(record.version),
                record.deleted,
                int(saved_at),
                &digest.0,
                &tags.name.0,
                &tags.full.0,
                record.meta.as_bytes(),
                record.secret.as_bytes(),
            ),
        )?;
        self.mark_unmirrored(record.id)
    }

    /// Drops a draft because the base says as much, or because the user gave it up. It leaves no history.
    pub fn drop_draft(&mut self, id: RecordId) -> Result<(), Error> {
        match self.execute("DELETE FROM draft WHERE id = ?1", [id.0])? {
            0 => Ok(()),
            _ => self.mark_unmirrored(id),
        }
    }

    /// Keeps what the server acknowledged or sent; a draft stays over it. The base that it supersedes goes into the
    /// history unless it is there.
    pub fn put_base(&mut self, record: &Record, seq: u64, tags: Tags) -> Result<(), Error> {
        let (digest, now) = (record.digest(), now());
        // An acknowledged draft was saved when the user saved it, anything else when it came.
        let draft = self.kept_digest(Layer::Draft, record.id)?;
        let base = self.kept_digest(Layer::Base, record.id)?;
        let same = [draft, base].into_iter().flatten().find(|(kept, _)| *kept == digest);
        if base.is_some() {
            self.supersede(Layer::Base, record.id, digest, now)?;
        }
        self.execute(
            "REPLACE INTO base (id, bucket, seq, version, deleted, saved_at, digest, name, full, meta, secret) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            (
                &record.id.0,
                bucket_of(record.id),
                int(seq),
                int(record.version),
                record.deleted,
                int(same.map_or(now, |(_, saved_at)| saved_at)),
                &digest.0,
                &tags.name.0,
                &tags.full.0,
                record.meta.as_bytes(),
                record.secret.as_bytes(),
            ),
        )?;
        self.touch(bucket_of(record.id));
        self.mark_unmirrored(record.id)
    }

    /// The server does not have the record any more. A draft and the history stay.
    pub fn remove_base(&mut self, id: RecordId) -> Result<(), Error> {
        if self.execute("DELETE FROM base WHERE id = ?1", [id.0])? == 0 {
            return Ok(());
        }
        self.touch(bucket_of(id));
        self.mark_unmirrored(id)
    }

    /// The record left the set for good: base, history, erasure and a draft that deletes it are gone, and the keychain
    /// copy is to go. A draft that does not delete it stays: it is an edit that whoever forgot the record had not seen,
    /// and makes it anew.
    pub fn forget(&mut self, id: RecordId) -> Result<(), Error> {
        self.remove_base(id)?;
        for sql in [
            "DELETE FROM draft WHERE id = ?1 AND deleted = 1",
            "DELETE FROM history WHERE record = ?1",
            "DELETE FROM erasure WHERE id = ?1",
        ] {
            self.execute(sql, [id.0])?;
        }
        self.mark_unmirrored(id)
    }

    /// Remembers that the user erased a record that the server still has, until [`Change::forget`]. Its keychain copy has
    /// to say so, too.
    pub fn mark_erased(&mut self, id: RecordId, at: u64) -> Result<(), Error> {
        match self.execute("INSERT OR IGNORE INTO erasure (id, at) VALUES (?1, ?2)", (&id.0, int(at)))? {
            0 => Ok(()),
            _ => self.mark_unmirrored(id),
        }
    }

    /// Takes that back.
    pub fn unmark_erased(&mut self, id: RecordId) -> Result<(), Error> {
        match self.execute("DELETE FROM erasure WHERE id = ?1", [id.0])? {
            0 => Ok(()),
            _ => self.mark_unmirrored(id),
        }
    }

    /// Digest and time of what a layer keeps of a record.
    fn kept_digest(&self, layer: Layer, id: RecordId) -> Result<Option<(Digest, u64)>, Error> {
        let sql = match layer {
            Layer::Draft => "SELECT digest, saved_at FROM draft WHERE id = ?1",
            Layer::Base => "SELECT digest, saved_at FROM base WHERE id = ?1",
        };
        self.one(sql, [id.0], |row| Ok((Digest(row.get("digest")?), number(row, "saved_at")?)))
    }
}

pub(crate) fn read_base(row: &Row<'_>, id: RecordId) -> Result<Base, Error> {
    Ok(Base { record: record(row, id)?, seq: number(row, "seq")? })
}

pub(crate) fn read_draft(row: &Row<'_>, id: RecordId) -> Result<Draft, Error> {
    Ok(Draft { record: record(row, id)?, saved_at: number(row, "saved_at")? })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
