//! A record: one sealed credential, the same bytes in all three homes.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::base64url;
use crate::bytes::{Malformed, Reader, Writer};
use crate::envelope::{Class, Envelope};
use crate::ids::RecordId;

/// SHA-256 over a record's two envelopes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(6).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One credential, sealed: `meta` holds what a list shows, `secret` the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which credential.
    pub id: RecordId,
    /// 1, 2, 3 … at the server; a draft has its base's version plus 1.
    pub version: u64,
    /// In the trash. The envelopes stay until the record is forgotten.
    pub deleted: bool,
    /// Name, provider, labels, note, open fields.
    #[serde(with = "base64url")]
    pub meta: Envelope,
    /// Secret fields.
    #[serde(with = "base64url")]
    pub secret: Envelope,
}

impl Record {
    /// `SHA-256("keymoor/v1/record" ‖ sized(meta) ‖ sized(secret))`.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"keymoor/v1/record");
        for envelope in [&self.meta, &self.secret] {
            hash.update((envelope.as_bytes().len() as u32).to_be_bytes());
            hash.update(envelope.as_bytes());
        }
        Digest(hash.finalize().into())
    }

    /// Both envelopes are of this record, version, their class and one epoch. Their seals are another question.
    pub fn is_consistent(&self) -> bool {
        self.meta.is(Class::Meta, self.id)
            && self.secret.is(Class::Secret, self.id)
            && [&self.meta, &self.secret].iter().all(|envelope| envelope.header().version == self.version)
            && self.meta.header().epoch == self.secret.header().epoch
    }

    /// Bytes that the two envelopes take.
    pub fn size(&self) -> usize {
        self.meta.as_bytes().len() + self.secret.as_bytes().len()
    }

    /// One record as bytes: `"KMB1" | id 16 | version u64 | deleted u8 | sized(meta) | sized(secret)`.
    pub fn encode(&self) -> Vec<u8> {
        Writer::new(b"KMB1")
            .raw(&self.id.0)
            .u64(self.version)
            .u8(self.deleted.into())
            .sized(self.meta.as_bytes())
            .sized(self.secret.as_bytes())
            .finish()
    }

    /// Reads what [`Record::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, b"KMB1")?;
        let record = Self {
            id: RecordId(reader.array()?),
            version: reader.u64()?,
            deleted: match reader.u8()? {
                0 => false,
                1 => true,
                _ => return Err(Malformed),
            },
            meta: reader.sized()?.to_vec().try_into()?,
            secret: reader.sized()?.to_vec().try_into()?,
        };
        reader.end()?;
        Ok(record)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::envelope::Header;

    pub(crate) fn record(id: u8, version: u64) -> Record {
        let id = RecordId([id; 16]);
        let envelope = |class| {
            let header = Header { class, id: id.0, version, epoch: 1, schema: 1 };
            Envelope::new(header, &[1; 32], &[2; 32], &[3; 272])
        };
        Record { id, version, deleted: false, meta: envelope(Class::Meta), secret: envelope(Class::Secret) }
    }

    #[test]
    fn bytes_and_json_come_back() {
        let made = record(1, 4);
        assert_eq!(Record::decode(&made.encode()), Ok(made.clone()));
        assert_eq!(serde_json::from_slice::<Record>(&serde_json::to_vec(&made).unwrap()).unwrap(), made);
        assert!(Record::decode(&made.encode()[..200]).is_err());
    }

    #[test]
    fn swapped_envelopes_and_another_version_are_inconsistent() {
        let made = record(1, 4);
        assert!(made.is_consistent());
        assert!(
            !Record { meta: made.secret.clone(), secret: made.meta.clone(), ..made.clone() }.is_consistent()
        );
        assert!(!Record { version: 5, ..made.clone() }.is_consistent());
        assert!(!Record { id: RecordId([2; 16]), ..made }.is_consistent());
    }

    #[test]
    fn the_digest_covers_both_envelopes_and_their_border() {
        let made = record(1, 4);
        assert_ne!(made.digest(), record(1, 5).digest());
        assert_ne!(made.digest(), Record { secret: record(1, 5).secret, ..made.clone() }.digest());
    }
}
