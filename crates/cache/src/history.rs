//! History: what a record was before.

use keymoor_protocol::{Digest, Record, RecordId};

use crate::care::Quarantined;
use crate::error::Error;
use crate::records::Layer;
use crate::rows::{int, number, number_if_any, record};
use crate::transaction::{Change, View};

/// So many superseded contents of a record are kept, however old.
pub const KEEP_COUNT: u32 = 20;
/// So long every superseded content is kept, however many there are: 90 days in milliseconds.
pub const KEEP_MS: u64 = 90 * 24 * 60 * 60 * 1000;

/// A superseded content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The record as it was.
    pub record: Record,
    /// The commit that wrote it, if one did.
    pub seq: Option<u64>,
    /// When it was saved here, milliseconds since 1970.
    pub saved_at: u64,
}

impl View<'_> {
    /// What a record was before, newest first. What is damaged is left out; [`crate::Cache::integrity`] names it.
    pub fn history(&self, id: RecordId) -> Result<Vec<Past>, Error> {
        // A draft that was given up leaves its base in the history as well as current; it is shown once.
        let past = self.all(
            "SELECT * FROM history WHERE record = ?1 \
             AND digest IS NOT coalesce((SELECT digest FROM draft WHERE id = ?1), (SELECT digest FROM base WHERE id = ?1)) \
             ORDER BY place DESC",
            [id.0],
            |row| {
                let record = record(row, id).ok();
                let (seq, saved_at) = (number_if_any(row, "seq")?, number(row, "saved_at")?);
                Ok(record.map(|record| Past { record, seq, saved_at }))
            },
        )?;
        Ok(past.into_iter().flatten().collect())
    }
}

impl Change<'_> {
    /// Drops superseded contents that are neither among the [`KEEP_COUNT`] newest of their record nor superseded within
    /// [`KEEP_MS`] before `now`; returns how many.
    pub fn prune_history(&mut self, now: u64) -> Result<usize, Error> {
        self.execute(
            "DELETE FROM history WHERE superseded_at < ?1 AND place IN (SELECT place FROM (SELECT place, \
             row_number() OVER (PARTITION BY record ORDER BY place DESC) AS rank FROM history) WHERE rank > ?2)",
            (int(now.saturating_sub(KEEP_MS)), KEEP_COUNT),
        )
    }

    /// Keeps a content that is known from elsewhere to have been superseded. One that is there already stays as it is.
    pub fn keep_past(&mut self, past: &Past, superseded_at: u64) -> Result<(), Error> {
        let record = &past.record;
        self.execute(
            "INSERT INTO history (record, digest, seq, version, deleted, saved_at, superseded_at, meta, secret) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (record, digest) DO NOTHING",
            (
                &record.id.0,
                &record.digest().0,
                past.seq.map(int),
                int(record.version),
                record.deleted,
                int(past.saved_at),
                int(superseded_at),
                record.meta.as_bytes(),
                record.secret.as_bytes(),
            ),
        )
        .map(drop)
    }

    /// Copies what a layer keeps of a record into the history, unless it is `digest`, the content that comes, or is there
    /// already. What is not what was put there any more is no history: it goes into the quarantine.
    pub(crate) fn supersede(
        &mut self,
        layer: Layer,
        id: RecordId,
        digest: Digest,
        at: u64,
    ) -> Result<(), Error> {
        let kept = match layer {
            Layer::Draft => self.kept(id)?.draft,
            Layer::Base => self.kept(id)?.base,
        };
        let Some(kept) = kept.filter(|kept| kept.digest != digest) else { return Ok(()) };
        if Record::decode(&kept.bytes).map_or(true, |record| record.digest() != kept.digest) {
            return self.quarantine(&Quarantined {
                id,
                home: "cache".to_owned(),
                reason: "seal".to_owned(),
                at,
                record_bytes: kept.bytes,
            });
        }
        // A content that was a draft when it was first superseded may have been acknowledged since: its number is noted.
        let sql = match layer {
            Layer::Draft => {
                "INSERT INTO history (record, digest, seq, version, deleted, saved_at, superseded_at, meta, secret) \
                 SELECT id, digest, NULL, version, deleted, saved_at, ?3, meta, secret FROM draft \
                 WHERE id = ?1 AND digest <> ?2 ON CONFLICT (record, digest) DO NOTHING"
            }
            Layer::Base => {
                "INSERT INTO history (record, digest, seq, version, deleted, saved_at, superseded_at, meta, secret) \
                 SELECT id, digest, seq, version, deleted, saved_at, ?3, meta, secret FROM base \
                 WHERE id = ?1 AND digest <> ?2 ON CONFLICT (record, digest) DO UPDATE SET seq = excluded.seq"
            }
        };
        self.execute(sql, (&id.0, &digest.0, int(at))).map(drop)
    }
}
