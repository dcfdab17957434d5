//! A pull that would delete very many records stops and asks (rule 11).

/// A pull that deletes more than this of `live` records stops and asks.
pub(crate) fn deletes_allowed(live: u64) -> u64 {
    (live / 4).max(10)
}

/// The cache's name for a guard that a pull left before it reached the head.
pub(crate) const GUARD: &str = "pull_guard";

/// What a pull has deleted so far, of what was in use when it began (rule 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guard {
    pub(crate) deleted: u64,
    pub(crate) live: u64,
}

impl Guard {
    /// A pull begins.
    pub(crate) fn of(live: u64) -> Self {
        Self { deleted: 0, live }
    }

    /// The same pull, where `live` records are in use now. What a first sync has brought so far counts, too.
    pub(crate) fn met(self, live: u64) -> Self {
        Self { live: self.live.max(live), ..self }
    }

    /// Whether to stop and ask.
    pub(crate) fn stops(&self) -> bool {
        self.live > 0 && self.deleted > deletes_allowed(self.live)
    }

    pub(crate) fn encode(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.deleted.to_be_bytes());
        bytes[8..].copy_from_slice(&self.live.to_be_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (deleted, live) = bytes.split_first_chunk::<8>()?;
        let live = u64::from_be_bytes(live.try_into().ok()?);
        Some(Self { deleted: u64::from_be_bytes(*deleted), live })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_goes_on_where_a_pull_stopped() {
        let guard = Guard { deleted: 11, live: 40 };
        assert_eq!(Guard::decode(&guard.encode()), Some(guard));
        assert!(guard.stops() && !Guard { deleted: 10, ..guard }.stops() && !Guard::of(0).stops());
        assert_eq!(Guard::decode(b"short"), None);
    }

    #[test]
    fn the_guard_lets_small_vaults_delete_ten() {
        assert_eq!((deletes_allowed(0), deletes_allowed(40), deletes_allowed(400)), (10, 10, 100));
    }
}
