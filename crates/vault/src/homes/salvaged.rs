//! What a damaged cache file still gave, as far as it proves genuine under the keys.
//!
//! It is merged with the keychain's copies and never simply preferred: either may be the one that is behind. A save made
//! while the keychain was locked is in the file alone; a file that lost its last pages is older than the keychain. The
//! merge of contents (docs/sync.md) keeps what either side had not seen, and no more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use keymoor_cache::{Base, Cache, Change, Device, Past, Salvage};
use keymoor_protocol::{Cursor, Envelope, KeysDocument, Record, RecordId};
use keymoor_sealing::commit;

use crate::account::join::MUST_HAVE_LOG;
use crate::activity;
use crate::error::Error;
use crate::homes::mirror::genuine;
use crate::keys::Keys;
use crate::rotate::asked;
use crate::verify::habits;

/// What is believed of a damaged file.
#[derive(Default)]
pub(crate) struct Salvaged {
    /// What the server knew, and what the user did.
    pub(crate) layers: BTreeMap<RecordId, (Option<Base>, Option<Record>)>,
    pub(crate) erasures: BTreeSet<RecordId>,
    /// Records whose newest content cannot be read.
    pub(crate) unread: BTreeSet<RecordId>,
    /// Those of them that the keychain's copy was behind of.
    pub(crate) lost: BTreeSet<RecordId>,
    pub(crate) history: Vec<(Past, u64)>,
    pub(crate) document: Option<KeysDocument>,
    /// Whether all of the file could be read.
    pub(crate) whole: bool,
    chain: Vec<(Cursor, keymoor_protocol::SignedCommit)>,
    /// How far this device was, where that is borne out.
    cursor: Option<Cursor>,
    document_version: u64,
    must_have_log: bool,
    /// When this device asked providers by itself.
    habits: habits::Left,
    /// That keys were asked for.
    asked: asked::Left,
    /// What happened on this device: when, and sealed.
    activity: Vec<(u64, Envelope)>,
}

impl Salvaged {
    /// Reads the file at `path` and keeps what is genuine under `keys`.
    pub(crate) fn read(path: &Path, keys: &Keys) -> Result<Self, Error> {
        Ok(Self::of(Cache::salvage(path)?, keys))
    }

    /// Keeps what is genuine. A file of another account, or of this device before a join, gives nothing: what counts from
    /// then on is the keychain.
    pub(crate) fn of(found: Salvage, keys: &Keys) -> Self {
        if found.device.as_ref().is_some_and(|device| device.account != keys.account) {
            // A key that a provider may have made is of no account's.
            return Self { asked: asked::Left::of(&found.settings), ..Self::default() };
        }
        let opens = |record: &Record| keys.open(record).is_ok();
        let mut layers: BTreeMap<RecordId, (Option<Base>, Option<Record>)> = BTreeMap::new();
        let mut unread = BTreeSet::new();
        for base in found.bases {
            let id = base.record.id;
            match opens(&base.record) {
                true => layers.entry(id).or_default().0 = Some(base),
                false => drop(unread.insert(id)),
            }
        }
        for draft in found.drafts {
            let id = draft.record.id;
            match opens(&draft.record) {
                true => {
                    unread.remove(&id); // the base under it is not what counts
                    layers.entry(id).or_default().1 = Some(draft.record);
                }
                false => drop(unread.insert(id)),
            }
        }
        unread.extend(found.unread);
        let lost = unread.intersection(&found.unmirrored).copied().collect();
        let document = found.keys_document.and_then(|bytes| genuine(&bytes, keys));
        // Commits prove themselves. The row that says how far this device was is believed where a commit bears it out: a
        // wrong one would have the next sync bring back what others deleted.
        let mut document_version = document.as_ref().map_or(0, |document| document.version);
        let mut chain = Vec::new();
        for (seq, signed) in found.chain {
            let Ok(commit) = commit::verify(&keys.root, &signed) else { continue };
            if (commit.vault, commit.seq) == (keys.vault, seq) {
                document_version = document_version.max(commit.document_version);
                chain.push((Cursor { seq, head: signed.head() }, signed));
            }
        }
        let of_use = |entry: keymoor_cache::ActivityEntry| {
            activity::opened(keys, entry.bytes.clone())?;
            Some((entry.at, Envelope::try_from(entry.bytes).ok()?))
        };
        let said = found.device.map(|device| device.cursor);
        let borne_out = |cursor: &Cursor| chain.iter().any(|(known, _)| known == cursor);
        let cursor = said.filter(borne_out);
        Self {
            layers,
            erasures: found.erasures,
            unread,
            lost,
            history: found.history,
            document,
            whole: found.whole,
            chain,
            cursor,
            document_version,
            must_have_log: found.settings.contains_key(MUST_HAVE_LOG),
            habits: habits::Left::of(&found.settings, found.all_settings),
            asked: asked::Left::of(&found.settings),
            activity: found.activity.into_iter().filter_map(of_use).collect(),
        }
    }

    /// How far this device was: the further of what the keychain's mark says, which is in `device`, and of the file.
    pub(crate) fn place(&self, device: &mut Device) {
        if let Some(further) = self.cursor.filter(|cursor| cursor.seq > device.cursor.seq) {
            device.cursor = further;
        }
        device.document_version = device.document_version.max(self.document_version);
    }

    /// Whether it is known when this device asked providers by itself.
    pub(crate) fn knows_habits(&self) -> bool {
        self.habits.is_known()
    }

    /// Writes what belongs to no record.
    pub(crate) fn write(&self, change: &mut Change<'_>, keys: &Keys, cursor: Cursor) -> Result<(), Error> {
        for (known, signed) in &self.chain {
            // Beyond the cursor nothing counts as seen, and at it the cursor's own head.
            if known.seq < cursor.seq || *known == cursor {
                change.append_chain(known.seq, signed)?;
            }
        }
        if self.must_have_log {
            change.set_setting(MUST_HAVE_LOG, b"1")?;
        }
        self.habits.write(change)?;
        self.asked.write(change)?;
        for (at, entry) in &self.activity {
            activity::chain::append(change, keys, *at, entry)?;
        }
        for (past, superseded_at) in &self.history {
            change.keep_past(past, *superseded_at)?;
        }
        Ok(())
    }
}
