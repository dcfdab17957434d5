//! The unlocked keys of a vault, and what they do with records: seal, open, hide names.

use std::collections::BTreeMap;

use keymoor_cache::{Tag, Tags};
use keymoor_protocol::{AccountId, Class, Envelope, Record, RecordId, VaultId};
use keymoor_sealing::activity::ActivityKey;
use keymoor_sealing::keys::IndexKey;
use keymoor_sealing::{Context, RootKey, VaultKey, open, seal};
use zeroize::Zeroizing;

use crate::content::payload;
use crate::content::{Content, Meta, field};
use crate::error::Error;

/// A record's seal does not open with the keys that this device holds, or what it holds is not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// Whether a newer version of Keymoor wrote the record: it is shown, carried along, and not changed here.
pub(crate) fn is_newer(record: &Record) -> bool {
    schema(record) > payload::schema()
}

fn schema(record: &Record) -> u16 {
    record.meta.header().schema.max(record.secret.header().schema)
}

/// The index of a record whose name is not known: no name has this hash.
pub(crate) const NAMELESS: Tags = Tags { name: Tag([0; 16]), full: Tag([0; 16]) };

/// The keys of one vault in all its epochs.
pub(crate) struct Keys {
    pub(crate) account: AccountId,
    pub(crate) vault: VaultId,
    pub(crate) root: RootKey,
    /// By epoch: the newest seals, the others only open.
    vault_keys: BTreeMap<u32, VaultKey>,
    index: IndexKey,
    pub(crate) copy: Zeroizing<[u8; 32]>,
}

impl Keys {
    pub(crate) fn new(account: AccountId, vault: VaultId, root: RootKey, previous: &[RootKey]) -> Self {
        let all = previous.iter().chain([&root]);
        Self {
            account,
            vault,
            vault_keys: all.map(|key| (key.epoch(), key.vault_key(vault))).collect(),
            index: root.index_key(),
            copy: root.copy_key(),
            root,
        }
    }

    /// Seals a content as a record of the newest epoch.
    ///
    /// # Errors
    /// [`Error::NewerRecord`] for what a newer version of Keymoor wrote: sealed here it would lose what only that one knows.
    pub(crate) fn seal(&self, id: RecordId, version: u64, content: &Content) -> Result<Record, Error> {
        if content.is_newer() {
            return Err(Error::NewerRecord);
        }
        if !content.is_whole() {
            return Err(Error::Unreadable { id, homes: Vec::new() });
        }
        let envelope = |class, text: &[u8]| self.envelope(class, id, version, payload::schema(), text);
        Ok(Record {
            id,
            version,
            deleted: content.meta.deleted(),
            meta: envelope(Class::Meta, &payload::encode_meta(&content.meta))?,
            secret: envelope(Class::Secret, &payload::encode_secrets(&content.secrets))?,
        })
    }

    /// The same record under another id and version, byte for byte inside: how a record that this version of Keymoor does
    /// not understand goes on.
    pub(crate) fn carry(&self, record: &Record, id: RecordId, version: u64) -> Result<Record, Error> {
        let carried = |class, envelope: &Envelope| {
            let text = self.open_envelope(record.id, record.version, class, envelope);
            let text = text.map_err(|_| Error::Unreadable { id: record.id, homes: Vec::new() })?;
            self.envelope(class, id, version, envelope.header().schema, &text)
        };
        let (meta, secret) = (carried(Class::Meta, &record.meta)?, carried(Class::Secret, &record.secret)?);
        Ok(Record { id, version, deleted: record.deleted, meta, secret })
    }

    /// Opens what a list shows. The secret envelope stays shut.
    pub(crate) fn open_meta(&self, record: &Record) -> Result<Meta, Unreadable> {
        self.open_sealed_meta(record.id, record.version, &record.meta)
    }

    /// The same from the envelope alone, for lists.
    pub(crate) fn open_sealed_meta(
        &self,
        id: RecordId,
        version: u64,
        meta: &Envelope,
    ) -> Result<Meta, Unreadable> {
        payload::decode_meta(&self.open_meta_text(id, version, meta)?).map_err(|_| Unreadable)
    }

    /// The text of it, for lists that read it at a glance.
    pub(crate) fn open_meta_text(
        &self,
        id: RecordId,
        version: u64,
        meta: &Envelope,
    ) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        self.open_envelope(id, version, Class::Meta, meta)
    }

    /// Opens both envelopes and checks that every secret which the first names is in the second.
    pub(crate) fn open(&self, record: &Record) -> Result<Content, Unreadable> {
        let meta = self.open_meta(record)?;
        let text = self.open_envelope(record.id, record.version, Class::Secret, &record.secret)?;
        let secrets = payload::decode_secrets(&text).map_err(|_| Unreadable)?;
        let content = Content { meta, secrets, schema: schema(record) };
        if content.is_whole() && content.meta.deleted() == record.deleted {
            Ok(content)
        } else {
            Err(Unreadable)
        }
    }

    /// The index values of a record's name.
    pub(crate) fn tags(&self, meta: &Meta) -> Tags {
        self.tags_of(meta.text(field::PROVIDER), meta.text(field::NAME))
    }

    /// The index values of a provider and a name.
    pub(crate) fn tags_of(&self, provider: &str, name: &str) -> Tags {
        Tags { name: self.name_tag(name), full: Tag(self.index.tag(&["full", provider, name])) }
    }

    /// The index value of a name, whatever its provider.
    pub(crate) fn name_tag(&self, name: &str) -> Tag {
        Tag(self.index.tag(&["name", name]))
    }

    /// Links what happened on this device. `None` for an epoch whose key is not here.
    pub(crate) fn activity_key(&self, epoch: u32) -> Option<ActivityKey> {
        self.vault_keys.get(&epoch).map(VaultKey::activity_key)
    }

    pub(crate) fn envelope(
        &self,
        class: Class,
        id: RecordId,
        version: u64,
        schema: u16,
        text: &[u8],
    ) -> Result<Envelope, Error> {
        let epoch = self.root.epoch();
        let key = &self.vault_keys[&epoch]; // put there by `new`
        seal(key, &self.context(class, id, version, epoch), schema, text).map_err(|_| Error::NoRandomNumbers)
    }

    /// Opens an envelope that states this id, version and class, of whichever epoch.
    pub(crate) fn open_envelope(
        &self,
        id: RecordId,
        version: u64,
        class: Class,
        envelope: &Envelope,
    ) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        let epoch = envelope.header().epoch;
        let key = self.vault_keys.get(&epoch).ok_or(Unreadable)?;
        open(key, &self.context(class, id, version, epoch), envelope).map_err(|_| Unreadable)
    }

    fn context(&self, class: Class, id: RecordId, version: u64, epoch: u32) -> Context {
        Context { account: self.account, vault: self.vault, class, id: id.0, version, epoch }
    }
}
