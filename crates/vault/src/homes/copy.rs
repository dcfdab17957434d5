//! A record's copy in the keychain: the same sealed bytes, and under a MAC what the server had acknowledged of it.
//!
//! `KMY1 | sized current record | acknowledged u8 (0 nothing, 1 the current record, 2 the record that follows) | erased u8 |
//! seq u64 | sized acknowledged record | HMAC-SHA256 32`. A cache that is rebuilt from such copies starts as that base, and
//! so does not bring back what was deleted meanwhile (rule 18 of the sync rules), nor what was erased here and is still to
//! be erased at the server.

use hmac::{Hmac, KeyInit as _, Mac as _};
use keymoor_cache::Base;
use keymoor_protocol::Record;
use keymoor_protocol::bytes::{Malformed, Reader, Writer};
use sha2::Sha256;

/// What one keychain entry says of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copy {
    /// What the server had acknowledged or sent.
    pub(crate) base: Option<Base>,
    /// What the user did here since.
    pub(crate) draft: Option<Record>,
    /// Whether the user erased it, and the server has yet to do so.
    pub(crate) erased: bool,
}

impl Copy {
    /// Its bytes, or `None` for a copy of nothing.
    pub(crate) fn encode(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
        let current = self.draft.as_ref().or(self.base.as_ref().map(|base| &base.record))?;
        let erased = u8::from(self.erased);
        let writer = Writer::new(b"KMY1").sized(&current.encode());
        let writer = match (&self.base, &self.draft) {
            (None, _) => writer.u8(0).u8(erased).u64(0).sized(b""),
            (Some(base), None) => writer.u8(1).u8(erased).u64(base.seq).sized(b""),
            (Some(base), Some(_)) => writer.u8(2).u8(erased).u64(base.seq).sized(&base.record.encode()),
        };
        let bytes = writer.finish();
        let tag = mac(key, &bytes).finalize().into_bytes();
        Some([bytes.as_slice(), &tag].concat())
    }

    /// Reads a copy and checks that a device of this account wrote it.
    pub(crate) fn decode(key: &[u8; 32], bytes: &[u8]) -> Result<Self, Malformed> {
        let (bytes, tag) = bytes.split_last_chunk::<32>().ok_or(Malformed)?;
        mac(key, bytes).verify_slice(tag).map_err(|_| Malformed)?;
        let mut reader = Reader::new(bytes, b"KMY1")?;
        let current = Record::decode(reader.sized()?)?;
        let (kind, erased) = (reader.u8()?, reader.u8()?);
        let (seq, acknowledged) = (reader.u64()?, reader.sized()?);
        reader.end()?;
        let (base, draft) = match kind {
            0 => (None, Some(current)),
            1 => (Some(Base { record: current, seq }), None),
            2 => (Some(Base { record: Record::decode(acknowledged)?, seq }), Some(current)),
            _ => return Err(Malformed),
        };
        match erased {
            0 | 1 => Ok(Self { base, draft, erased: erased == 1 }),
            _ => Err(Malformed),
        }
    }
}

fn mac(key: &[u8; 32], bytes: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length.
    #[expect(clippy::expect_used)]
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.chain_update(bytes)
}
