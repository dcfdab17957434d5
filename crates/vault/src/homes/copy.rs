//! A record's copy in the keychain: the same sealed bytes, and under a MAC what the server had acknowledged of it.
//!
//! `KMY1 | sized current record | acknowledged u8 (0 nothing, 1 the current record, 2 the record that follows) | seq u64 |
//! sized acknowledged record | HMAC-SHA256 32`. A cache that is rebuilt from such copies starts as that base, and so does
//! not bring back what was deleted meanwhile (rule 18 of the sync rules).

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
}

impl Copy {
    /// Its bytes, or `None` for a copy of nothing.
    pub(crate) fn encode(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
        let current = self.draft.as_ref().or(self.base.as_ref().map(|base| &base.record))?;
        let writer = Writer::new(b"KMY1").sized(&current.encode());
        let writer = match (&self.base, &self.draft) {
            (None, _) => writer.u8(0).u64(0).sized(b""),
            (Some(base), None) => writer.u8(1).u64(base.seq).sized(b""),
            (Some(base), Some(_)) => writer.u8(2).u64(base.seq).sized(&base.record.encode()),
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
        let (kind, seq, acknowledged) = (reader.u8()?, reader.u64()?, reader.sized()?);
        reader.end()?;
        Ok(match kind {
            0 => Self { base: None, draft: Some(current) },
            1 => Self { base: Some(Base { record: current, seq }), draft: None },
            2 => {
                Self { base: Some(Base { record: Record::decode(acknowledged)?, seq }), draft: Some(current) }
            }
            _ => return Err(Malformed),
        })
    }
}

fn mac(key: &[u8; 32], bytes: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length.
    #[expect(clippy::expect_used)]
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.chain_update(bytes)
}
