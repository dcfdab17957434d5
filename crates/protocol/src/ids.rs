//! Ids: 16 opaque bytes each, written as UUIDs. They say nothing about their owner.

use std::{fmt, str::FromStr};

use crate::bytes::Malformed;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $make:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// A new one, never given before.
            pub fn generate() -> Self {
                let make: fn() -> uuid::Uuid = $make;
                Self(make().into_bytes())
            }

            /// Its 16 bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                uuid::Uuid::from_bytes(self.0).fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                uuid::Uuid::try_parse(text).map(|id| Self(id.into_bytes())).map_err(|_| Malformed)
            }
        }

        impl TryFrom<Vec<u8>> for $name {
            type Error = Malformed;

            fn try_from(bytes: Vec<u8>) -> Result<Self, Malformed> {
                bytes.try_into().map(Self).map_err(|_| Malformed)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(|_| serde::de::Error::custom("not an id"))
            }
        }
    };
}

id!(
    /// A person at a server. Random; made on the first device, offline.
    AccountId, uuid::Uuid::new_v4
);
id!(
    /// What the keys of one account lie in. An account has one; formats name it so that sharing can come later.
    VaultId, uuid::Uuid::new_v4
);
id!(
    /// One installation on one machine.
    DeviceId, uuid::Uuid::new_v4
);
id!(
    /// One cache in one life: whoever makes edits. A cache that is made, rebuilt or restored gets a new one.
    ActorId, uuid::Uuid::new_v4
);
id!(
    /// A credential's record. A UUIDv7, so that ids made later sort later; never used again.
    RecordId, uuid::Uuid::now_v7
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_come_back() {
        let id = RecordId::generate();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(RecordId::try_from(id.0.to_vec()), Ok(id));
        assert!("not an id".parse::<RecordId>().is_err());
    }

    #[test]
    fn later_records_sort_later() {
        let first = RecordId::generate();
        std::thread::sleep(std::time::Duration::from_millis(2));
        assert!(first < RecordId::generate());
    }
}
