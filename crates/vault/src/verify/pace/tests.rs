use keymoor_providers::Verdict;

use super::*;

const START: u64 = 1_800_000_000_000;
const MINUTE: u64 = 60 * 1000;

fn id(n: u8) -> RecordId {
    let mut bytes = [0x5a; 16];
    bytes[15] = n;
    bytes[12] = n.wrapping_mul(97);
    RecordId(bytes)
}

fn said(verdict: Verdict, reason: Reason) -> Report {
    Report { verdict, ..Report::from(reason) }
}

/// A day or more in the life of a device: each minute is looked at, and what is asked is answered as `answer` says.
struct Days {
    pace: Pace,
    known: Vec<Candidate>,
    now: u64,
    asked: Vec<(u64, RecordId)>,
}

impl Days {
    fn new(many: u8) -> Self {
        let known = (1..=many).map(|n| Candidate { id: id(n), heard: None }).collect();
        Self { pace: Pace::default(), known, now: START, asked: Vec::new() }
    }

    fn until(&mut self, end: u64, answer: impl Fn(u64, RecordId) -> Report) {
        while self.now < end {
            match self.pace.next(&self.known, self.now) {
                Step::Wait(ms) => {
                    assert!(ms > 0);
                    self.now += ms.min(end - self.now);
                }
                Step::Ask(id) => {
                    let candidate = self.known.iter_mut().find(|known| known.id == id).unwrap();
                    self.pace.asks(id, self.now);
                    let report = answer(self.now, id);
                    if !is_offline(&report) {
                        candidate.heard = Some(self.now);
                    }
                    self.pace.heard(id, &report);
                    self.asked.push((self.now, id));
                }
            }
        }
    }

    fn times(&self, id: RecordId) -> Vec<u64> {
        self.asked.iter().filter(|(_, asked)| *asked == id).map(|(at, _)| *at).collect()
    }
}

fn good(_: u64, _: RecordId) -> Report {
    said(Verdict::Valid, Reason::Answered)
}

#[test]
fn each_is_asked_about_once_a_day_and_never_two_within_the_pause() {
    let mut days = Days::new(40);
    days.until(START + 3 * DAY_MS, good);
    for n in 1..=40 {
        let times = days.times(id(n));
        assert!((2..=3).contains(&times.len()), "{times:?}");
        assert!(
            times.windows(2).all(|two| (DAY_MS..=DAY_MS + SPREAD_MS + MINUTE).contains(&(two[1] - two[0])))
        );
    }
    assert!(days.asked.windows(2).all(|two| two[1].0 - two[0].0 >= PAUSE_MS));
    assert_eq!(days.asked[39].0, START + 39 * PAUSE_MS, "the first round takes no longer than it must");
    let second: Vec<u64> = days.asked[40..80].iter().map(|(at, _)| *at).collect();
    assert!(second[39] - second[0] > DAY_MS / 12, "the next day they are spread out");
}

#[test]
fn what_was_never_asked_about_comes_first_and_then_the_oldest_answer() {
    let mut days = Days::new(4);
    days.known[0].heard = Some(START - 3 * DAY_MS);
    days.known[1].heard = Some(START - 5 * DAY_MS);
    days.known[2].heard = Some(START - DAY_MS / 2);
    days.until(START + 10 * MINUTE, good);
    assert_eq!(days.asked.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [id(4), id(2), id(1)]);
}

#[test]
fn what_another_device_heard_is_not_asked_again() {
    let mut days = Days::new(1);
    days.known[0].heard = Some(START);
    days.until(START + DAY_MS / 2, good);
    days.known[0].heard = Some(START + DAY_MS / 2);
    days.until(START + DAY_MS + DAY_MS / 4, good);
    assert_eq!(days.asked, []);
}

#[test]
fn offline_it_asks_less_and_less_and_marks_nothing() {
    let mut days = Days::new(30);
    days.until(START + 8 * 60 * MINUTE, |_, _| Reason::Unreachable.into());
    assert!((8..=16).contains(&days.asked.len()), "{}", days.asked.len());
    let gaps: Vec<u64> = days.asked.windows(2).map(|two| (two[1].0 - two[0].0) / MINUTE).collect();
    assert_eq!(gaps[..6], [2, 4, 8, 16, 32, 60]);
    let first: std::collections::BTreeSet<_> = days.asked.iter().map(|(_, id)| *id).collect();
    assert_eq!(first.len(), days.asked.len(), "each time another");
    let back = days.now;
    days.until(back + 2 * 60 * MINUTE, good);
    assert!(days.known.iter().all(|known| known.heard.is_some()), "all caught up with");
}

#[test]
fn one_provider_out_of_reach_does_not_stop_the_others() {
    let mut days = Days::new(10);
    days.until(
        START + DAY_MS,
        |_, asked| if asked == id(1) { Reason::NoSuchHost.into() } else { good(0, asked) },
    );
    for n in 2..=10 {
        assert_eq!(days.times(id(n)).len(), 1);
    }
    let in_vain = days.times(id(1));
    assert!((12..=24).contains(&in_vain.len()), "hourly at most: {}", in_vain.len());
}

#[test]
fn a_provider_in_trouble_is_let_be_for_a_day() {
    let mut days = Days::new(1);
    days.until(START + DAY_MS, |_, _| Reason::RateLimited.into());
    assert_eq!(days.asked.len(), 1);
}

#[test]
fn new_values_are_asked_about_soon_and_not_at_once_again() {
    let mut days = Days::new(1);
    days.until(START + MINUTE, good);
    days.known[0].heard = None;
    days.until(START + 9 * MINUTE, good);
    assert_eq!(days.asked.len(), 1);
    days.until(START + 11 * MINUTE, good);
    assert_eq!(days.asked.len(), 2);
}

#[test]
fn a_clock_that_was_wrong_stops_nothing_for_long() {
    let mut ahead = Days::new(1);
    ahead.known[0].heard = Some(START + 400 * DAY_MS);
    ahead.until(START + DAY_MS, good);
    assert_eq!(ahead.asked.len(), 1, "heard by a clock a year ahead");
    let mut back = Days::new(2);
    back.until(START + MINUTE / 4, good);
    back.now -= 30 * DAY_MS;
    back.until(START - 29 * DAY_MS, good);
    let asked: Vec<_> = back.asked.iter().map(|(_, id)| *id).collect();
    assert_eq!(asked, [id(1), id(2), id(1)], "set back by a month, each has its turn, and once a day");
}

#[test]
fn with_nothing_to_ask_it_waits() {
    assert_eq!(Pace::default().next(&[], START), Step::Wait(DAY_MS));
}
