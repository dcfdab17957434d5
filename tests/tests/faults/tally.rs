//! What the histories met: each of it often enough, or they show nothing.

use std::collections::{BTreeMap, BTreeSet};

/// In how many histories something happened.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    histories: u64,
    met: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Counts a history that met these.
    pub(crate) fn add(&mut self, met: &BTreeSet<&'static str>) {
        self.histories += 1;
        for what in met {
            *self.met.entry(what).or_default() += 1;
        }
    }

    /// Tells the counts; each of `wanted` must have been met by one history in a hundred.
    pub(crate) fn tell(&self, wanted: &[&'static str]) {
        let Self { histories, met } = self;
        eprintln!("{histories} histories, of which met: {met:?}");
        for what in wanted {
            let count = met.get(what).copied().unwrap_or(0);
            assert!(count * 100 >= *histories && count > 0, "{what}: {count} of {histories} histories");
        }
    }
}
