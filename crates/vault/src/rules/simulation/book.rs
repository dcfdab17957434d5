//! What the outside world knows of a history, to judge its end.

use std::collections::{BTreeMap, BTreeSet};

use keymoor_protocol::RecordId;

use crate::content::{Content, Entry, Stamp};

/// One value, as one action wrote it into one record.
pub(super) type Token = (RecordId, String, Entry);

/// Who wrote what, and what anybody replaced or deleted who had seen it.
#[derive(Default)]
pub(super) struct Book {
    pub(super) written: BTreeSet<Token>,
    pub(super) replaced: BTreeSet<Token>,
    pub(super) deleted: BTreeSet<Token>,
    /// What each single delete or erasure had seen.
    deletions: Vec<BTreeSet<Token>>,
    stamps: BTreeSet<(RecordId, Stamp)>,
    /// What all homes together lost, such as an edit that only a cache had which was then wiped: nobody's fault.
    unkept: BTreeSet<Token>,
    /// Records of which a replacement or a delete was lost in that way, or whose tombstone is forgotten: that an older value
    /// of theirs is shown again is nobody's fault either.
    forgiven: BTreeSet<RecordId>,
    /// Those of them of which a delete was lost.
    undeleted: BTreeSet<RecordId>,
    /// Records in which a cache that was put back had given a stamp twice. What its older life had seen nobody can tell then,
    /// so a value that was replaced in one life may be back from the other.
    doubtful: BTreeSet<RecordId>,
}

/// What is wrong at the end, worst first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wrong {
    /// Rule 11 of the simulation itself: it never comes to rest.
    Loops,
    /// A device says that the server does not add up, and the server is honest.
    Alarm(String),
    /// The homes differ.
    Diverged(String),
    /// A value is gone, and nobody who had seen it replaced or deleted it.
    Lost(String),
    /// A value that somebody replaced is shown.
    Stale(String),
    /// A delete came back although its author had seen everything.
    Undone(String),
    /// A value that somebody replaced stands beside the newer one.
    Needless(String),
}

pub(super) fn tokens(id: RecordId, content: &Content) -> BTreeSet<Token> {
    let entries = content.meta.fields.iter();
    entries.flat_map(|(field, all)| all.iter().map(move |entry| (id, field.clone(), entry.clone()))).collect()
}

impl Book {
    /// A user's action made `after` of `before`.
    pub(super) fn acted(&mut self, id: RecordId, before: Option<&Content>, after: &Content) {
        let (old, new) = (before.map(|before| tokens(id, before)).unwrap_or_default(), tokens(id, after));
        self.replaced.extend(old.difference(&new).cloned());
        if after.meta.deleted() && !before.is_some_and(|before| before.meta.deleted()) {
            self.deletions.push(old.clone());
            self.deleted.extend(old);
        }
        self.written.extend(new);
    }

    /// An action: by a cache that was put back and does not know it (`blind`), on a record that it never heard acknowledged?
    /// Where its stamp was given before, to another action, nobody can tell the two apart. That is the limit of rule 19.
    pub(super) fn stamped(&mut self, id: RecordId, before: Option<&Content>, after: &Content, blind: bool) {
        let news = |actor, counter| before.and_then(|before| before.meta.seen.get(actor)) != Some(counter);
        let Some((actor, counter)) = after.meta.seen.iter().find(|(actor, counter)| news(actor, counter))
        else {
            return;
        };
        let stamp = Stamp { counter: *counter, actor: *actor };
        if !self.stamps.insert((id, stamp)) && blind {
            let twins = self.written.iter().filter(|(of, _, entry)| *of == id && entry.stamp == stamp);
            self.unkept.extend(twins.cloned().collect::<Vec<_>>());
            self.doubtful.insert(id);
        }
    }

    /// A user erased it: all that he saw is to go.
    pub(super) fn erased(&mut self, id: RecordId, content: &Content) {
        self.deletions.push(tokens(id, content));
        self.deleted.extend(tokens(id, content));
    }

    /// A device wrote the same values with new stamps: as a new record, or as a new actor.
    pub(super) fn renamed(&mut self, old: (RecordId, &Content), new: (RecordId, &Content)) {
        let (from, to) = (tokens(old.0, old.1), tokens(new.0, new.1));
        for token in to.difference(&from) {
            // Two devices may have written the same value; written anew together it is one.
            let same = |(_, field, entry): &&Token| (field, &entry.value) == (&token.1, &token.2.value);
            for same in from.iter().filter(same) {
                if self.deleted.contains(same) {
                    self.deleted.insert(token.clone());
                }
                for seen in self.deletions.iter_mut().filter(|seen| seen.contains(same)) {
                    seen.insert(token.clone());
                }
                self.replaced.insert(same.clone());
            }
            self.written.insert(token.clone());
        }
        for set in [&mut self.forgiven, &mut self.undeleted] {
            if set.contains(&old.0) {
                set.insert(new.0);
            }
        }
    }

    /// Stamps of this record were given twice.
    pub(super) fn doubts(&mut self, id: RecordId) {
        self.doubtful.insert(id);
    }

    /// Its tombstone is forgotten: from now on a device that was away may bring it back.
    pub(super) fn tombstone_forgotten(&mut self, id: RecordId) {
        self.forgiven.insert(id);
    }

    /// After homes were lost: `kept` is everything that any home still has.
    pub(super) fn reckon(&mut self, kept: &[(RecordId, &Content)]) {
        let there: BTreeSet<Token> = kept.iter().flat_map(|(id, content)| tokens(*id, content)).collect();
        let gone =
            self.written.iter().filter(|token| !there.contains(*token) && !self.replaced.contains(*token));
        let gone: Vec<Token> = gone.cloned().collect();
        self.forgiven.extend(gone.iter().map(|(id, ..)| *id));
        self.unkept.extend(gone);
        let removed = kept.iter().filter(|(_, content)| content.meta.deleted());
        let removed: BTreeSet<Token> = removed.flat_map(|(id, content)| tokens(*id, content)).collect();
        let undone = self.deleted.iter().filter(|token| there.contains(*token) && !removed.contains(*token));
        let undone: BTreeSet<RecordId> = undone.map(|(id, ..)| *id).collect();
        self.forgiven.extend(&undone);
        self.undeleted.extend(undone);
    }

    /// Judges the set that all homes agree on.
    ///
    /// `all_kept`: no home lost anything. Then nothing comes back that somebody deleted who had seen all of it, also after its
    /// tombstone was forgotten.
    pub(super) fn judge(&self, end: &BTreeMap<RecordId, Content>, all_kept: bool) -> Result<(), Wrong> {
        let live = || end.iter().filter(|(_, content)| !content.meta.deleted());
        let there: BTreeSet<Token> = live().flat_map(|(id, content)| tokens(*id, content)).collect();
        let may_miss = |token: &&Token| {
            there.contains(*token)
                || [&self.replaced, &self.deleted, &self.unkept].iter().any(|set| set.contains(*token))
        };
        if let Some(token) = self.written.iter().find(|token| !may_miss(token)) {
            return Err(Wrong::Lost(format!("{token:?}")));
        }
        let mut wrong = None;
        for (id, content) in live().filter(|(id, _)| all_kept && !self.undeleted.contains(id)) {
            let all = tokens(*id, content);
            if self.deletions.iter().any(|seen| all.is_subset(seen)) {
                return Err(Wrong::Undone(format!("{id}, forgotten")));
            }
        }
        for (id, content) in live().filter(|(id, _)| !self.forgiven.contains(id)) {
            let all = tokens(*id, content);
            if !all.is_empty() && all.is_subset(&self.deleted) {
                wrong = wrong.or(Some(Wrong::Undone(format!("{id}"))));
            }
            for (field, entries) in content.meta.fields.iter().filter(|_| !self.doubtful.contains(id)) {
                let token = |entry: &Entry| (*id, field.clone(), entry.clone());
                if entries.last().is_some_and(|entry| self.replaced.contains(&token(entry))) {
                    return Err(Wrong::Stale(format!("{id} {field}")));
                }
                if !self.doubtful.contains(id)
                    && entries.iter().any(|entry| self.replaced.contains(&token(entry)))
                {
                    wrong = wrong.or(Some(Wrong::Needless(format!("{id} {field}"))));
                }
            }
        }
        wrong.map_or(Ok(()), Err)
    }
}
