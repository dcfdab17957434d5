//! What an account may hold: live records and the bytes of their envelopes; and, four times as much, everything that is
//! kept, with trash and history.

use keymoor_protocol::limits::Limits;

/// How many times the quota of what is live may be kept in all, with trash and history.
const KEPT: u64 = 4;
/// What a version counts beyond its envelopes: its row.
const ROW_BYTES: u64 = 512;
/// A delete passes whatever is kept, if its envelopes are not larger than twice the deleted ones' and this. It carries the
/// same values, and what its author had seen.
const DELETE_BYTES: u64 = 4096;

/// What an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Totals {
    /// Live, undeleted records.
    pub(crate) records: u64,
    /// Bytes of their envelopes.
    pub(crate) bytes: u64,
    /// Records, tombstones included.
    pub(crate) kept_records: u64,
    /// Bytes of every version that is kept, in trash and history, too.
    pub(crate) kept_bytes: u64,
}

impl Totals {
    /// A record, which may be in the trash, is there.
    pub(crate) fn add(&mut self, size: u64, deleted: bool) {
        self.kept_records += 1;
        self.keep(size);
        if !deleted {
            self.records += 1;
            self.bytes += size;
        }
    }

    /// It is there no more.
    pub(crate) fn remove(&mut self, size: u64, deleted: bool) {
        self.kept_records = self.kept_records.saturating_sub(1);
        self.drop(size);
        if !deleted {
            self.records = self.records.saturating_sub(1);
            self.bytes = self.bytes.saturating_sub(size);
        }
    }

    /// An older version is kept.
    pub(crate) fn keep(&mut self, size: u64) {
        self.kept_bytes += size + ROW_BYTES;
    }

    /// It is kept no more.
    pub(crate) fn drop(&mut self, size: u64) {
        self.kept_bytes = self.kept_bytes.saturating_sub(size + ROW_BYTES);
    }

    /// Bytes that have to go before an account that holds this may keep any more.
    pub(crate) fn excess(&self, limits: &Limits) -> u64 {
        self.kept_bytes.saturating_sub(KEPT * limits.bytes)
    }

    /// Whether an account that holds this may come to hold `after`. What is over a limit may stay or shrink. `deletes` is
    /// what deletes of live records added to what is kept: they pass over quota.
    pub(crate) fn may_become(&self, after: &Self, deletes: u64, limits: &Limits) -> bool {
        let may = |before, after, limit| after <= limit || after <= before;
        may(self.records, after.records, limits.records)
            && may(self.bytes, after.bytes, limits.bytes)
            && may(self.kept_records, after.kept_records, KEPT * limits.records)
            && may(self.kept_bytes, after.kept_bytes.saturating_sub(deletes), KEPT * limits.bytes)
    }
}

/// What a delete adds to what is kept without being held against the account; 0 if it is none, or one that is much larger
/// than what it deletes.
pub(crate) fn allowance(stored: u64, deleting: u64) -> u64 {
    if deleting <= 2 * stored + DELETE_BYTES { deleting + ROW_BYTES } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { records: 3, bytes: 1000, ..Limits::default() }
    }

    fn may(before: (u64, u64), after: (u64, u64)) -> bool {
        let totals = |(records, bytes)| Totals { records, bytes, ..Totals::default() };
        totals(before).may_become(&totals(after), 0, &limits())
    }

    fn may_keep(before: (u64, u64), after: (u64, u64), deletes: u64) -> bool {
        let totals = |(kept_records, kept_bytes)| Totals { kept_records, kept_bytes, ..Totals::default() };
        totals(before).may_become(&totals(after), deletes, &limits())
    }

    #[test]
    fn up_to_the_limit_and_not_beyond() {
        assert!(may((2, 500), (3, 1000)));
        assert!(!may((3, 500), (4, 600)));
        assert!(!may((2, 900), (3, 1001)));
    }

    #[test]
    fn an_account_over_quota_may_shrink_stay_and_trade_but_not_grow() {
        assert!(may((9, 5000), (8, 4500)));
        assert!(may((9, 5000), (9, 5000)));
        assert!(!may((9, 5000), (10, 4000)), "one record more");
        assert!(!may((9, 5000), (8, 5001)), "one byte more");
        assert!(may((1, 5000), (2, 4000)), "a record more is within the limit, and the bytes shrink");
    }

    #[test]
    fn trash_and_history_have_a_limit_of_their_own_which_deletes_pass() {
        assert!(may_keep((11, 3500), (12, 4000), 0));
        assert!(!may_keep((12, 3500), (13, 3600), 0));
        assert!(!may_keep((5, 3900), (5, 4001), 0));
        assert!(may_keep((5, 3900), (5, 4400), 400));
        assert!(may_keep((5, 4400), (5, 4900), 500), "one more");
        assert!(!may_keep((5, 4400), (6, 4901), 500), "and a byte beside it");
        assert_eq!(allowance(1000, 1256), 1256 + ROW_BYTES);
        assert_eq!(allowance(1000, 500_000), 0, "a delete that hides something else");
    }

    #[test]
    fn what_comes_and_goes_is_counted() {
        let mut totals = Totals { records: 1, bytes: 100, kept_records: 1, kept_bytes: 100 + ROW_BYTES };
        let before = totals;
        totals.add(50, false);
        totals.add(20, true);
        totals.keep(7);
        let kept_bytes = 177 + 4 * ROW_BYTES;
        assert_eq!(totals, Totals { records: 2, bytes: 150, kept_records: 3, kept_bytes });
        totals.drop(7);
        totals.remove(20, true);
        totals.remove(50, false);
        assert_eq!(totals, before);
    }
}
