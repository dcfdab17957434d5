//! The links of a device's activity: what shows that an entry is missing, was changed, or stands elsewhere.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a link.
pub const LINK: usize = 32;

/// A link: it names an entry and all before it.
pub type Link = [u8; LINK];

/// Links the activity of a vault's device.
pub struct ActivityKey(pub(crate) Zeroizing<[u8; 32]>);

impl ActivityKey {
    /// The link of an entry: the one before it, its number, when it was (milliseconds since 1970), and its sealed bytes.
    pub fn link(&self, previous: &Link, number: u64, at: u64, entry: &[u8]) -> Link {
        let mac = self.mac(b"keymoor/v1/activity-link").chain_update(previous);
        let mac = mac.chain_update(number.to_be_bytes()).chain_update(at.to_be_bytes());
        mac.chain_update(entry).finalize().into_bytes().into()
    }

    /// The link of an entry that waits beside the others, in a row of its own without numbers.
    pub fn waiting_link(&self, previous: &Link, at: u64, entry: &[u8]) -> Link {
        let mac = self.mac(b"keymoor/v1/activity-use").chain_update(previous);
        mac.chain_update(at.to_be_bytes()).chain_update(entry).finalize().into_bytes().into()
    }

    /// Authenticates what is said of the chain: where it begins and ends.
    pub fn tag(&self, head: &[u8]) -> [u8; 32] {
        self.mac(b"keymoor/v1/activity-head").chain_update(head).finalize().into_bytes().into()
    }

    /// Whether a tag is the right one.
    pub fn is_genuine(&self, head: &[u8], tag: &[u8]) -> bool {
        self.mac(b"keymoor/v1/activity-head").chain_update(head).verify_slice(tag).is_ok()
    }

    fn mac(&self, label: &[u8]) -> Hmac<Sha256> {
        // HMAC takes keys of any length.
        #[expect(clippy::expect_used)]
        let mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("any key");
        mac.chain_update(label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_everything_that_it_covers() {
        let key = ActivityKey(Zeroizing::new([7; 32]));
        let link = key.link(&[1; LINK], 2, 3, b"entry");
        let others = [
            ActivityKey(Zeroizing::new([8; 32])).link(&[1; LINK], 2, 3, b"entry"),
            key.link(&[2; LINK], 2, 3, b"entry"),
            key.link(&[1; LINK], 3, 3, b"entry"),
            key.link(&[1; LINK], 2, 4, b"entry"),
            key.link(&[1; LINK], 2, 3, b"entrie"),
            key.waiting_link(&[1; LINK], 2, b"entry"),
            key.tag(b"entry"),
        ];
        assert!(others.iter().all(|other| *other != link));
        assert!(key.is_genuine(b"head", &key.tag(b"head")));
        assert!(!key.is_genuine(b"heat", &key.tag(b"head")));
    }
}
