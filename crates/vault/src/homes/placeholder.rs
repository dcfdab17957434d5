//! A record whose newest content is known to have been, and cannot be read.
//!
//! It stands in the cache as a draft that never opens: found by its name, listed as unreadable, refused with what each home
//! said, never pushed and never mirrored. An older content that is left takes its place nowhere; it lies in the record's
//! history, so that whoever wants it says so. The next sync puts the server's version in the place of the draft.

use keymoor_cache::{Change, Past};
use keymoor_protocol::envelope::{COMMITMENT_LEN, SALT_LEN, TAG_LEN};
use keymoor_protocol::{Class, Envelope, Header, Record, RecordId};

use crate::clock::now;
use crate::content::payload;
use crate::error::Error;
use crate::keys::{Keys, NAMELESS};

/// Puts it down. `older` is what is left of the record, each with the commit that wrote it, if one did.
pub(crate) fn put(
    change: &mut Change<'_>,
    keys: &Keys,
    id: RecordId,
    older: Vec<(Record, Option<u64>)>,
    erased: bool,
) -> Result<(), Error> {
    for (record, seq) in older {
        let saved_at = keys.open_meta(&record).map_or_else(|_| now(), |meta| meta.updated);
        change.keep_past(&Past { record, seq, saved_at }, now())?;
    }
    let history = change.history(id)?;
    let opened =
        history.iter().filter_map(|past| Some((past.record.version, keys.open_meta(&past.record).ok()?)));
    let newest = opened.max_by_key(|(_, meta)| meta.version());
    let version = newest.as_ref().map_or(1, |(version, _)| version.saturating_add(1));
    let envelope = |class| {
        let header = Header { class, id: id.0, version, epoch: keys.root.epoch(), schema: payload::schema() };
        // Of nothing: no key has this commitment.
        Envelope::new(header, &[0; SALT_LEN], &[0; COMMITMENT_LEN], &[0; TAG_LEN])
    };
    let (meta, secret) = (envelope(Class::Meta), envelope(Class::Secret));
    let record = Record { id, version, deleted: false, meta, secret };
    change.put_draft(&record, newest.map_or(NAMELESS, |(_, meta)| keys.tags(&meta)), now())?;
    if erased {
        change.mark_erased(id, now())?;
    }
    Ok(())
}
