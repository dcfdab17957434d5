//! Which deleted records have been held for long enough (rule 10). No clock here: whoever asks says what it is, and what
//! the server says.

use keymoor_cache::Tombstone;
use keymoor_protocol::RecordId;
use keymoor_protocol::limits::CHANGES_A_COMMIT;

/// How long a deleted record is held, in milliseconds: 180 days.
pub(crate) const KEPT_MS: u64 = 180 * 24 * 60 * 60 * 1000;
/// How far the server's date may be from this device's clock, in milliseconds: a day.
const APART_MS: u64 = 24 * 60 * 60 * 1000;

/// The time that may be put down and counted with: this device's, where the server's is about the same.
pub(crate) fn agreed(here: u64, server: Option<u64>) -> Option<u64> {
    server.filter(|server| here.abs_diff(*server) <= APART_MS).map(|_| here)
}

/// The records to forget at the time `now`, which was [`agreed`] upon: as many as one commit may hold, the longest held
/// first. One that was put down by a clock that was ahead waits until that is past.
pub(crate) fn due(held: &[Tombstone], now: u64) -> Vec<RecordId> {
    let old = |held: &&Tombstone| held.since.saturating_add(KEPT_MS) <= now;
    let mut due: Vec<&Tombstone> = held.iter().filter(old).collect();
    due.sort_unstable_by_key(|held| (held.since, held.id));
    due.into_iter().map(|held| held.id).take(CHANGES_A_COMMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1000;
    /// Some time in 2026.
    const NOW: u64 = 1_780_000_000_000;

    fn held(n: u16, since: u64) -> Tombstone {
        let mut id = [0; 16];
        id[..2].copy_from_slice(&n.to_be_bytes());
        Tombstone { id: RecordId(id), since }
    }

    #[test]
    fn a_record_is_due_after_180_days_and_not_a_millisecond_before() {
        let since = NOW - 180 * DAY;
        let (old, young) = (held(1, since), held(2, since + 1));
        assert_eq!(due(&[young, old], NOW), [old.id]);
        assert_eq!(due(&[young, old], NOW + 1), [old.id, young.id], "the longest held first");
        assert_eq!(due(&[], NOW), []);
        for ahead in [NOW + 1, NOW + 10_000 * DAY, u64::MAX] {
            assert_eq!(due(&[held(3, ahead)], NOW), [], "put down by a clock that was ahead");
        }
    }

    #[test]
    fn a_commit_forgets_no_more_than_it_may_hold() {
        let many: Vec<Tombstone> = (0..500).map(|n| held(n, u64::from(500 - n))).collect();
        let first = due(&many, NOW);
        assert_eq!((first.len(), first[0]), (CHANGES_A_COMMIT, many[499].id));
    }

    #[test]
    fn a_clock_counts_only_where_the_server_says_about_the_same() {
        for (server, agrees) in [
            (NOW, true),
            (NOW + DAY, true),
            (NOW - DAY, true),
            (NOW + DAY + 1, false),
            (NOW - DAY - 1, false),
            (0, false),
            (u64::MAX, false),
        ] {
            assert_eq!(agreed(NOW, Some(server)), agrees.then_some(NOW), "{server}");
        }
        assert_eq!(agreed(NOW, None), None, "nor where it says nothing");
        // A clock years ahead, and a server whose clock is right.
        assert_eq!(agreed(NOW + 4000 * DAY, Some(NOW)), None);
        assert_eq!(agreed(0, Some(NOW)), None);
    }
}
