//! Bytes in JSON: base64url without padding (RFC 4648, section 5). Use as `#[serde(with = "base64url")]`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize as _, Deserializer, Serializer, de};

use crate::bytes::Malformed;

/// Bytes as text.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Text as bytes; padding, white space and the standard alphabet's `+` and `/` are refused.
pub fn decode(text: &str) -> Result<Vec<u8>, Malformed> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Malformed)
}

/// For serde.
pub fn serialize<S: Serializer>(bytes: &impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(bytes.as_ref()))
}

/// For serde. The type refuses what does not fit it (a length, an envelope's header).
pub fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(deserializer: D) -> Result<T, D::Error> {
    // A Cow would borrow from a slice but not from a reader; bodies are read whole, so both work.
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    let bytes = decode(&text).map_err(|_| de::Error::custom("not base64url"))?;
    T::try_from(bytes).map_err(|_| de::Error::custom("bytes of the wrong form"))
}

/// The same for bytes that may be absent.
pub mod optional {
    use super::*;

    /// For serde.
    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => super::serialize(bytes, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// For serde.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<std::borrow::Cow<str>>::deserialize(deserializer)?;
        let decoded = text.map(|text| decode(&text)).transpose();
        decoded.map_err(|_| de::Error::custom("not base64url"))
    }
}
