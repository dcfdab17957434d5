//! Which entries somebody wants to see, and how many there are of each kind by day.

use std::collections::{BTreeMap, BTreeSet};

use keymoor_protocol::RecordId;

use super::{Activity, By, Who};
use crate::error::Error;
use crate::find::Place;
use crate::vault::Vault;

/// Which entries. What is not said lets all through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityFilter {
    /// At this moment or later, milliseconds since 1970.
    pub since: Option<u64>,
    /// Earlier than this.
    pub until: Option<u64>,
    /// Of one credential: its id, `provider/name` or name, as it is now or as it was then.
    pub credential: Option<String>,
    /// What a program had done, or what was lent to it.
    pub program: Option<String>,
    /// Who had it done.
    pub by: Option<By>,
    /// What happened ([`super::Event::code`]).
    pub event: Option<String>,
    /// Only what went wrong ([`super::Event::is_failure`]).
    pub failed: bool,
    /// At most so many, the newest.
    pub limit: Option<usize>,
}

/// What happened on one day.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ActivityDay {
    /// When the day begins, in UTC, milliseconds since 1970.
    pub at: u64,
    /// How many entries.
    pub total: u64,
    /// How many of them say that something went wrong.
    pub failed: u64,
    /// How many of each kind, by their codes.
    pub events: BTreeMap<&'static str, u64>,
}

/// Milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1000;

impl Vault {
    /// What happened on this device, newest first, as far as the filter lets it through: of as much as is kept, which is
    /// 10,000 entries and 180 days. An entry that does not open is left out.
    ///
    /// Where entries are missing or were changed by somebody without the keys, that is told once, as a notice.
    ///
    /// # Errors
    /// When the cache cannot be read. That nothing fits is none.
    pub fn activity_of(&mut self, filter: &ActivityFilter) -> Result<Vec<Activity>, Error> {
        let ids = match &filter.credential {
            Some(name) => self.called(name)?,
            None => BTreeSet::new(),
        };
        let all = self.activity(filter.since.unwrap_or_default())?;
        let fitting = all.into_iter().filter(|entry| filter.lets_through(entry, &ids));
        Ok(fitting.take(filter.limit.unwrap_or(usize::MAX)).collect())
    }

    /// How much happened each day, the newest first; days without anything are left out.
    ///
    /// # Errors
    /// As [`Vault::activity_of`].
    pub fn activity_summary(&mut self, filter: &ActivityFilter) -> Result<Vec<ActivityDay>, Error> {
        let mut days: BTreeMap<u64, ActivityDay> = BTreeMap::new();
        for entry in self.activity_of(filter)? {
            let at = entry.at / DAY * DAY;
            let none = || ActivityDay { at, total: 0, failed: 0, events: BTreeMap::new() };
            let day = days.entry(at).or_insert_with(none);
            day.total += 1;
            day.failed += u64::from(entry.event.is_failure());
            *day.events.entry(entry.event.code()).or_default() += 1;
        }
        Ok(days.into_values().rev().collect())
    }

    /// The programs that had something done, or were lent something, by name, as far as this device remembers.
    ///
    /// # Errors
    /// When the cache cannot be read.
    pub fn programs_seen(&mut self) -> Result<BTreeSet<String>, Error> {
        let named = |entry: Activity| match entry.by {
            Some(Who::Program(name)) => [Some(name), entry.event.program().cloned()],
            _ => [None, entry.event.program().cloned()],
        };
        Ok(self.activity(0)?.into_iter().flat_map(named).flatten().collect())
    }

    /// Whether there is a credential of this name, in use or in the trash, or anything that is remembered happened to one.
    ///
    /// # Errors
    /// When the cache cannot be read.
    pub fn remembers(&mut self, name: &str) -> Result<bool, Error> {
        if !self.called(name)?.is_empty() {
            return Ok(true);
        }
        let filter =
            ActivityFilter { credential: Some(name.to_owned()), limit: Some(1), ..Default::default() };
        Ok(!self.activity_of(&filter)?.is_empty())
    }

    /// The records that have this name now, in use or in the trash.
    fn called(&mut self, name: &str) -> Result<BTreeSet<RecordId>, Error> {
        let mut ids = BTreeSet::new();
        for place in [Place::Active, Place::Trash] {
            match self.find(name, place) {
                Ok(id) => drop(ids.insert(id)),
                Err(Error::Ambiguous(candidates)) => ids.extend(candidates.iter().map(|one| one.id)),
                Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(ids)
    }
}

impl ActivityFilter {
    fn lets_through(&self, entry: &Activity, ids: &BTreeSet<RecordId>) -> bool {
        let event = &entry.event;
        let is_of = |name: &String| {
            let was = event
                .name()
                .is_some_and(|was| was == name || was.split_once('/').is_some_and(|(_, was)| was == name));
            was || event.id().is_some_and(|id| ids.contains(&id) || id.to_string() == *name)
        };
        let has_program = |program: &String| {
            event.program() == Some(program)
                || matches!(&entry.by, Some(Who::Program(name)) if name == program)
        };
        self.until.is_none_or(|until| entry.at < until)
            && self.credential.as_ref().is_none_or(is_of)
            && self.program.as_ref().is_none_or(has_program)
            && self.by.is_none_or(|by| entry.by.as_ref().is_some_and(|who| By::of(who) == by))
            && self.event.as_ref().is_none_or(|code| event.code() == code)
            && (!self.failed || event.is_failure())
    }
}

#[cfg(test)]
mod tests {
    use keymoor_providers::Verdict;

    use super::*;
    use crate::activity::{Event, Subject};

    fn filtered(filter: &ActivityFilter) -> Vec<u64> {
        let id = |n: u8| RecordId([n; 16]);
        let subject = |n: u8, name: &str| Subject { id: id(n), name: name.to_owned() };
        let lent = Event::Lent { subject: subject(1, "openai/work"), program: "curl".to_owned() };
        let refused =
            Event::Verified { subject: subject(2, "aws/work"), verdict: Verdict::Invalid, why: None };
        let all = [
            (1, Some(Who::CommandLine), Event::Added(subject(1, "openai/old"))),
            (2, Some(Who::Window), Event::Edited(subject(1, "openai/work"))),
            (3, Some(Who::CommandLine), lent),
            (4, Some(Who::Program("app".to_owned())), refused),
            (5, None, Event::PasswordWaits),
        ];
        let ids =
            if filter.credential.as_deref() == Some("openai/work") { [id(1)].into() } else { [].into() };
        let fits = |(at, by, event)| {
            let entry = Activity { at, by, event };
            filter.lets_through(&entry, &ids).then_some(at)
        };
        all.into_iter().filter_map(fits).collect()
    }

    #[test]
    fn each_part_of_a_filter_lets_through_what_it_says() {
        let text = |text: &str| Some(text.to_owned());
        let none = ActivityFilter::default;
        let cases = [
            (none(), vec![1, 2, 3, 4, 5]),
            (ActivityFilter { until: Some(3), ..none() }, vec![1, 2]),
            (ActivityFilter { credential: text("openai/work"), ..none() }, vec![1, 2, 3]),
            (ActivityFilter { credential: text("work"), ..none() }, vec![2, 3, 4]),
            (ActivityFilter { credential: text("openai/old"), ..none() }, vec![1]),
            (ActivityFilter { credential: text(&RecordId([2; 16]).to_string()), ..none() }, vec![4]),
            (ActivityFilter { credential: text("wor"), ..none() }, vec![]),
            (ActivityFilter { program: text("curl"), ..none() }, vec![3]),
            (ActivityFilter { program: text("app"), ..none() }, vec![4]),
            (ActivityFilter { by: Some(By::CommandLine), ..none() }, vec![1, 3]),
            (ActivityFilter { by: Some(By::Window), ..none() }, vec![2]),
            (ActivityFilter { by: Some(By::Program), ..none() }, vec![4]),
            (ActivityFilter { event: text("password_waits"), ..none() }, vec![5]),
            (ActivityFilter { failed: true, ..none() }, vec![4]),
            (ActivityFilter { failed: true, by: Some(By::Window), ..none() }, vec![]),
        ];
        for (filter, expected) in cases {
            assert_eq!(filtered(&filter), expected, "{filter:?}");
        }
    }
}
