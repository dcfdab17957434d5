//! What an account may hold: live, undeleted records and the bytes of their envelopes.

use keymoor_protocol::limits::Limits;

/// What an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Live, undeleted records.
    pub(crate) records: u64,
    /// Bytes of their envelopes.
    pub(crate) bytes: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, size: u64) {
        self.records += 1;
        self.bytes += size;
    }

    pub(crate) fn remove(&mut self, size: u64) {
        self.records = self.records.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(size);
    }

    /// Whether an account that holds this may come to hold `after`. What is over the limit may stay or shrink: deletes
    /// always pass.
    pub(crate) fn may_become(&self, after: &Self, limits: &Limits) -> bool {
        let records = after.records <= limits.records || after.records <= self.records;
        let bytes = after.bytes <= limits.bytes || after.bytes <= self.bytes;
        records && bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { records: 3, bytes: 1000, record_bytes: 500, commit_changes: 10, commit_bytes: 600 };

    fn may(before: (u64, u64), after: (u64, u64)) -> bool {
        let totals = |(records, bytes)| Totals { records, bytes };
        totals(before).may_become(&totals(after), &LIMITS)
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
    fn what_comes_and_goes_is_counted() {
        let mut totals = Totals { records: 1, bytes: 100 };
        totals.add(50);
        assert_eq!(totals, Totals { records: 2, bytes: 150 });
        totals.remove(100);
        totals.remove(50);
        assert_eq!(totals, Totals { records: 0, bytes: 0 });
    }
}
