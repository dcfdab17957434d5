//! Random values of every format.

use keymoor_protocol::keys::{Wrap, WrapKind};
use keymoor_protocol::state::StateHash;
use keymoor_protocol::{
    AccountId, Change, Class, Commit, DeviceId, Digest, Envelope, Head, Header, KeysDocument, Kind, Record,
    RecordId, VaultId,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

fn class() -> impl Strategy<Value = Class> {
    (1u8..=8).prop_map(|class| class.try_into().unwrap())
}

/// Any envelope that is well-formed.
pub(crate) fn envelope() -> impl Strategy<Value = Envelope> {
    let header = (class(), any::<([u8; 16], u64, u32, u16)>())
        .prop_map(|(class, (id, version, epoch, schema))| Header { class, id, version, epoch, schema });
    let sealed = vec(any::<u8>(), 16..80);
    (header, any::<([u8; 32], [u8; 32])>(), sealed)
        .prop_map(|(header, (salt, commitment), sealed)| Envelope::new(header, &salt, &commitment, &sealed))
}

/// Any record that is well-formed.
pub(crate) fn record() -> impl Strategy<Value = Record> {
    (any::<([u8; 16], u64, bool)>(), envelope(), envelope()).prop_map(
        |((id, version, deleted), meta, secret)| Record { id: RecordId(id), version, deleted, meta, secret },
    )
}

fn change() -> impl Strategy<Value = (u64, Digest, Kind)> {
    // The digest that only a forgotten record has is not drawn by chance.
    (any::<u64>(), any::<[u8; 32]>(), 0usize..3).prop_map(|(version, digest, kind)| {
        let kind = [Kind::Live, Kind::Deleted, Kind::Forgotten][kind];
        (version, Digest(if kind == Kind::Forgotten { [0; 32] } else { digest }), kind)
    })
}

/// Any commit that is well-formed.
pub(crate) fn commit() -> impl Strategy<Value = Commit> {
    let ids = any::<([u8; 16], [u8; 16])>();
    let hashes = any::<([u8; 32], [u8; 32])>();
    (ids, hashes, any::<(u64, u32, u64, u64)>(), btree_map(any::<[u8; 16]>(), change(), 0..6)).prop_map(
        |((vault, device), (parent, state), (seq, epoch, document_version, written_at), changes)| Commit {
            vault: VaultId(vault),
            seq,
            parent: Head(parent),
            device: DeviceId(device),
            epoch,
            document_version,
            written_at,
            changes: changes
                .into_iter()
                .map(|(id, (version, digest, kind))| Change { record: RecordId(id), version, digest, kind })
                .collect(),
            state: StateHash(state),
        },
    )
}

/// Any keys document that is well-formed.
pub(crate) fn document() -> impl Strategy<Value = KeysDocument> {
    let wrap = (1..=4u8, any::<u8>(), vec(any::<u8>(), 0..40)).prop_map(|(kind, profile, sealed)| {
        let kind = match kind {
            1 => WrapKind::Password,
            2 => WrapKind::Recovery,
            later => WrapKind::Other(later),
        };
        Wrap { kind, profile, sealed }
    });
    let more = vec(any::<u8>(), 0..20);
    let ids = any::<([u8; 16], [u8; 16])>();
    let previous = vec((any::<u32>(), envelope()), 0..4);
    (ids, any::<(u64, u32, [u8; 32])>(), vec(wrap, 0..4), envelope(), previous, more).prop_map(
        |((account, vault), (version, epoch, mac), wraps, secret_key, previous, more)| KeysDocument {
            account: AccountId(account),
            vault: VaultId(vault),
            version,
            epoch,
            wraps,
            secret_key,
            previous,
            more,
            mac,
        },
    )
}
