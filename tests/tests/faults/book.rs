//! What was written, and what whoever replaced or deleted it had seen: by this the end of a history is judged.

use std::collections::{BTreeMap, BTreeSet};

use keymoor_protocol::RecordId;

use crate::contents::{Contents, Stamp};

/// What the outside world knows.
#[derive(Default)]
pub(crate) struct Book {
    /// By a user.
    written: BTreeSet<Stamp>,
    /// By somebody who saw them.
    replaced: BTreeSet<Stamp>,
    /// With their record, by somebody who saw them.
    deleted: BTreeSet<Stamp>,
    /// In whatever home, at any time: each value that was written, under every stamp that it had.
    known: BTreeMap<Value, BTreeSet<Stamp>>,
    /// What all homes together lost: a cache wiped before it had synced, a server put back.
    unkept: BTreeSet<Stamp>,
    /// Records of which somebody's knowledge was lost like that.
    forgiven: BTreeSet<RecordId>,
}

/// A value apart from where it stands.
type Value = (String, String);

/// How a history ended, if it did not end well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// A value is gone although nobody who had seen it replaced or deleted it.
    Lost,
    /// A replaced value is back.
    Stale,
    /// A delete was undone although its author had seen everything.
    Undone,
}

impl Book {
    /// Notes what a user did on a device: from what it showed before to what it shows now.
    pub(crate) fn note(&mut self, before: &Contents, after: &Contents) {
        for (id, now) in after {
            let was = before.get(id);
            let values = was.map(|was| was.stamps.clone()).unwrap_or_default();
            self.written.extend(now.stamps.difference(&values).cloned());
            self.replaced.extend(values.difference(&now.stamps).cloned());
            if now.deleted && !was.is_some_and(|was| was.deleted) {
                self.deleted.extend(now.stamps.iter().cloned());
            }
        }
        for (_, was) in before.iter().filter(|(id, _)| !after.contains_key(id)) {
            self.deleted.extend(was.stamps.iter().cloned()); // erased, and no server had it
        }
        self.see(before);
        self.see(after);
    }

    /// Notes under which stamps values stand somewhere.
    pub(crate) fn see(&mut self, contents: &Contents) {
        for stamp in contents.values().flat_map(|content| &content.stamps) {
            self.known.entry(value(stamp)).or_default().insert(stamp.clone());
        }
    }

    /// After a home was lost or put back: what no home has any more is nobody's fault.
    pub(crate) fn reckon(&mut self, homes: &[Contents]) {
        let contents = || homes.iter().flat_map(|home| home.values());
        let kept: BTreeSet<&Stamp> = contents().flat_map(|content| &content.stamps).collect();
        let removed: BTreeSet<&Stamp> =
            contents().filter(|content| content.deleted).flat_map(|content| &content.stamps).collect();
        let gone: Vec<Stamp> = self
            .written
            .iter()
            .filter(|stamp| !kept.contains(stamp) && !self.replaced.contains(stamp))
            .cloned()
            .collect();
        self.forgiven.extend(gone.iter().map(|stamp| stamp.record));
        self.unkept.extend(gone);
        let undeleted = self.deleted.iter().filter(|stamp| kept.contains(stamp) && !removed.contains(stamp));
        self.forgiven.extend(undeleted.map(|stamp| stamp.record));
    }

    /// Judges what all homes have in the end.
    pub(crate) fn judge(&self, end: &Contents) -> Result<(), (Wrong, String)> {
        let live = || end.iter().filter(|(_, content)| !content.deleted);
        let present: BTreeSet<Value> = live().flat_map(|(_, content)| &content.stamps).map(value).collect();
        for stamp in &self.written {
            let value = value(stamp);
            if present.contains(&value) || self.is_covered(stamp) {
                continue;
            }
            // Stamped anew by a sync (it came back as a new record), and replaced or deleted after that.
            let again = self.known.get(&value).into_iter().flatten();
            if !again.clone().any(|other| other != stamp && self.is_covered(other)) {
                return Err((Wrong::Lost, format!("{stamp:?}")));
            }
        }
        for (id, content) in live().filter(|(id, _)| !self.forgiven.contains(id)) {
            if content.stamps.is_subset(&self.deleted) {
                return Err((Wrong::Undone, format!("{id}: {:?}", content.stamps)));
            }
            if let Some(back) = content.stamps.intersection(&self.replaced).next() {
                return Err((Wrong::Stale, format!("{back:?}")));
            }
        }
        Ok(())
    }

    fn is_covered(&self, stamp: &Stamp) -> bool {
        [&self.replaced, &self.deleted, &self.unkept].iter().any(|set| set.contains(stamp))
    }
}

fn value(stamp: &Stamp) -> Value {
    (stamp.field.clone(), stamp.value.clone())
}
