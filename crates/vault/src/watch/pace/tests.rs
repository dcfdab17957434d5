use proptest::prelude::*;

use super::*;

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// One that has synced and hears hints, at this moment.
fn settled(now: Moment) -> Pace {
    let mut pace = Pace::new();
    pace.begin(now);
    pace.synced(5, now, 0.5);
    pace.listening();
    pace.connected(now);
    pace.begin(now);
    pace.synced(5, now, 0.5);
    pace
}

/// Lets it fail until its bound is the longest, and returns when.
fn exhausted(pace: &mut Pace) -> Moment {
    let mut now = s(10);
    for _ in 0..20 {
        pace.begin(now);
        pace.failed(Setback::Away, now, 1.0);
        now = pace.sync_at().unwrap();
    }
    now
}

#[test]
fn it_begins_at_once_and_then_looks_rarely() {
    assert_eq!((Pace::new().sync_at(), Pace::new().listen_at()), (Some(s(0)), Some(s(0))));
    let pace = settled(s(10));
    assert!(pace.sync_at() >= Some(s(10 + 270)) && pace.listen_at().is_none());
    let mut deaf = Pace::new();
    deaf.begin(s(10));
    deaf.synced(5, s(10), 0.5);
    deaf.no_stream(s(10));
    assert!(deaf.sync_at() > Some(s(60)) && deaf.sync_at() <= Some(s(70)));
    assert_eq!(deaf.listen_at(), Some(s(3610)));
}

#[test]
fn news_and_changes_are_followed_at_once() {
    let mut pace = settled(s(10));
    pace.hinted(5, s(11));
    assert!(pace.sync_at() > Some(s(100)), "that is here already");
    pace.hinted(6, s(12));
    assert_eq!(pace.sync_at(), Some(s(12)));
    let mut pace = settled(s(10));
    pace.changed(s(20));
    pace.changed(s(20) + SETTLE / 2);
    assert_eq!(pace.sync_at(), Some(s(20) + SETTLE), "what comes together goes together");
}

#[test]
fn pauses_double_up_to_five_minutes_and_end_with_success() {
    let mut pace = settled(s(0));
    let mut pauses = Vec::new();
    for _ in 0..12 {
        pace.begin(s(1000));
        pace.failed(Setback::Away, s(1000), 1.0);
        pauses.push(pace.sync_at().unwrap() - s(1000));
    }
    assert_eq!(pauses[..10], [1, 2, 4, 8, 16, 32, 64, 128, 256, 300].map(s));
    assert_eq!(pauses[11], s(300));
    pace.synced(5, s(1000), 0.5);
    pace.failed(Setback::Away, s(1000), 1.0);
    assert_eq!(pace.sync_at(), Some(s(1001)));
}

#[test]
fn a_pause_that_was_asked_for_is_kept_whatever_happens() {
    let mut pace = settled(s(0));
    pace.begin(s(100));
    pace.failed(Setback::Busy(s(42)), s(100), 0.0);
    pace.changed(s(101));
    pace.hinted(99, s(102));
    pace.hurry(s(103));
    pace.deafened(s(104), 0.0);
    assert!(pace.sync_at() >= Some(s(142)));
    assert_eq!(pace.listen_at(), None);
}

#[test]
fn an_ended_session_waits_for_a_person() {
    let mut pace = settled(s(0));
    pace.deafened(s(99), 0.5);
    pace.begin(s(100));
    pace.failed(Setback::SignIn, s(100), 0.5);
    pace.changed(s(101));
    pace.hinted(99, s(101));
    pace.hurry(s(102));
    assert_eq!((pace.sync_at(), pace.listen_at(), pace.wants_session()), (None, None, true));
    pace.session_changed(s(500));
    assert_eq!(pace.sync_at().map(|at| at <= s(500)), Some(true));
}

#[test]
fn a_change_or_a_new_network_shortens_the_wait_for_a_server() {
    let mut pace = settled(s(0));
    let now = exhausted(&mut pace);
    pace.begin(now);
    pace.failed(Setback::Away, now, 1.0);
    pace.changed(now + s(1));
    assert_eq!(pace.sync_at(), Some(now + HASTE), "not at once: it was just tried");
    pace.begin(now + HASTE);
    pace.failed(Setback::Away, now + HASTE, 1.0);
    pace.changed(now + s(60));
    assert_eq!(pace.sync_at(), Some(now + s(60)));
    let mut pace = settled(s(0));
    let now = exhausted(&mut pace);
    pace.hurry(now);
    assert_eq!(pace.sync_at().map(|at| at <= now), Some(true));
}

#[test]
fn a_stream_that_breaks_off_is_looked_into_and_asked_for_again() {
    let mut pace = settled(s(10));
    pace.deafened(s(100), 0.5);
    assert_eq!(pace.sync_at(), Some(s(100)), "the server may be gone");
    assert_eq!(pace.listen_at(), Some(s(100) + FIRST_PAUSE / 2));
    // One that never lives long is asked for ever more rarely, and does not hinder the syncs.
    let mut now = s(200);
    for _ in 0..20 {
        pace.begin(now);
        pace.synced(5, now, 0.5);
        pace.listening();
        pace.connected(now);
        pace.deafened(now, 1.0);
        now = pace.listen_at().unwrap();
    }
    assert_eq!(pace.listen_at().map(|at| at >= s(200) + LONGEST_PAUSE), Some(true));
    // One that lived is asked for soon.
    pace.listening();
    pace.connected(now);
    pace.deafened(now + s(3600), 1.0);
    assert_eq!(pace.listen_at(), Some(now + s(3601)));
    pace.listening();
    pace.put_off_stream(s(40), now + s(3601), 0.0);
    assert_eq!(pace.listen_at(), Some(now + s(3641)));
}

#[test]
fn copies_wait_for_quiet_but_not_for_ever() {
    let mut pace = settled(s(0));
    pace.copies_wait(s(10));
    pace.copies_wait(s(11));
    assert_eq!(pace.mirror_at(), Some(s(10) + QUIET));
    let mut now = s(10);
    while now < s(30) {
        pace.begin(now);
        pace.synced(5, now, 0.5);
        now += QUIET / 2;
    }
    assert_eq!(pace.mirror_at(), Some(s(10) + LONGEST_QUIET));
    pace.copied(true, s(31));
    assert_eq!(pace.mirror_at(), Some(s(31)));
    pace.copies_failed(s(32));
    assert_eq!(pace.mirror_at(), Some(s(32) + KEYCHAIN_PAUSE));
    pace.copied(false, s(33));
    assert_eq!(pace.mirror_at(), None);
}

#[test]
fn a_server_that_promises_what_it_does_not_have_is_not_hurried_after() {
    let mut pace = settled(s(0));
    let (mut now, mut syncs) = (s(1), 0);
    while now < s(3601) {
        pace.hinted(u64::MAX, now);
        if pace.sync_at().is_some_and(|at| at <= now) {
            pace.begin(now);
            pace.synced(5, now, 0.5);
            syncs += 1;
        }
        now += Duration::from_millis(10);
    }
    assert!((60..100).contains(&syncs), "{syncs} syncs in an hour");
    // What does come is followed at once again.
    pace.changed(now);
    pace.begin(now);
    pace.synced(6, now, 0.5);
    pace.hinted(7, now);
    assert_eq!(pace.sync_at(), Some(now));
}

/// Anything that can happen.
#[derive(Debug, Clone)]
enum Event {
    Hint(u64),
    Changed,
    Session,
    Hurry,
    Synced(u64),
    Failed(Setback),
    Listening,
    Connected,
    Deafened,
    NoStream,
}

fn events() -> impl Strategy<Value = Event> {
    let setback = prop_oneof![
        Just(Setback::Away),
        (1..600_u64).prop_map(|asked| Setback::Busy(s(asked))),
        Just(Setback::SignIn),
        Just(Setback::Held),
    ];
    prop_oneof![
        (0..50_u64).prop_map(Event::Hint),
        Just(Event::Changed),
        Just(Event::Session),
        Just(Event::Hurry),
        (0..50_u64).prop_map(Event::Synced),
        setback.prop_map(Event::Failed),
        Just(Event::Listening),
        Just(Event::Connected),
        Just(Event::Deafened),
        Just(Event::NoStream),
    ]
}

proptest! {
    /// Whatever happens in whatever order: it never forgets to try, never breaks a promise, and always answers alike.
    #[test]
    fn it_always_goes_on_and_keeps_every_pause(
        steps in prop::collection::vec((events(), 0..20_000_u64, 0.0..1.0_f64), 1..80),
    ) {
        let mut pace = Pace::new();
        let (mut now, mut not_before, mut ended, mut cursor) = (s(0), s(0), false, 0);
        for (event, later, luck) in steps {
            now += Duration::from_millis(later);
            match event {
                Event::Hint(seq) => {
                    pace.hinted(seq, now);
                    if seq > cursor && pace.hold.is_none() && pace.vain == 0 {
                        prop_assert!(pace.sync_at() <= Some(now));
                    }
                }
                Event::Changed => {
                    pace.changed(now);
                    if pace.hold.is_none() {
                        prop_assert!(pace.sync_at() <= Some(now + SETTLE));
                    }
                }
                Event::Session => {
                    pace.session_changed(now);
                    ended = false;
                }
                Event::Hurry => pace.hurry(now),
                Event::Synced(seq) if !ended && now >= not_before => {
                    pace.begin(now);
                    cursor = cursor.max(seq);
                    pace.synced(cursor, now, luck);
                    prop_assert!(pace.sync_at() >= Some(now + s(50)), "nothing to do");
                }
                Event::Failed(setback) if !ended && now >= not_before => {
                    pace.begin(now);
                    pace.failed(setback, now, luck);
                    prop_assert!(pace.sync_at().is_none_or(|at| at >= now + SHORTEST_PAUSE));
                    if let Setback::Busy(asked) = setback {
                        not_before = now + asked;
                    }
                    ended = setback == Setback::SignIn;
                }
                Event::Synced(_) | Event::Failed(_) => {}
                Event::Listening => pace.listening(),
                Event::Connected => pace.connected(now),
                Event::Deafened => pace.deafened(now, luck),
                Event::NoStream => pace.no_stream(now),
            }
            prop_assert_eq!(pace.sync_at().is_none(), ended);
            prop_assert_eq!(pace.wants_session(), ended);
            if let Some(at) = pace.sync_at() {
                prop_assert!(at.max(now) >= not_before);
                prop_assert!(at <= now.max(not_before) + LONGEST_PAUSE + s(60), "a try is never far away");
            }
        }
    }
}
