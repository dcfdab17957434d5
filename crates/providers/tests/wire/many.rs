//! Many credentials at once.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use keymoor_providers::{
    Verdict, provider,
    verify::{Cancel, Concurrency, Fields, Job, Options, Reason, verify_all},
};

use crate::{
    fixture::Fixture,
    server::{Answer, Server},
};

const LATE: Duration = Duration::from_millis(100);

fn jobs(ids: &[&str], count: usize) -> Vec<Job<'static>> {
    (0..count)
        .map(|at| Job {
            provider: provider(ids[at % ids.len()]).unwrap(),
            service: None,
            fields: Fields::new().with("api_key", format!("key-{at}")),
        })
        .collect()
}

fn options(ids: &[&str], server: &Server) -> Options {
    let mut options = Fixture::all()[0].options(&server.base);
    ids.iter().for_each(|id| options.bases.set(id, &server.base).unwrap());
    options
}

#[test]
fn all_are_asked_once_each_and_never_too_many_at_once() {
    let (ids, server) = (["openai", "groq", "mistral"], Server::start());
    server.answer(Answer::Late(LATE, Box::new(Answer::json(401, "{}"))));
    let (jobs, options) = (jobs(&ids, 60), options(&ids, &server));
    let concurrency = Concurrency { at_once: 8, per_provider: 3 };
    let (mut done, caller) = (BTreeSet::new(), thread::current().id());
    verify_all(&jobs, concurrency, &options, &Cancel::default(), |at, report| {
        assert_eq!(thread::current().id(), caller);
        assert_eq!(report.verdict, Verdict::Invalid);
        assert!(done.insert(at), "{at} twice");
    });
    assert_eq!(done.len(), 60);
    let keys: BTreeSet<_> =
        server.seen().iter().map(|seen| seen.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 60);
    assert!((4..=8).contains(&server.most_at_once()), "{}", server.most_at_once());
    let one = Server::start();
    one.answer(Answer::Late(LATE, Box::new(Answer::json(401, "{}"))));
    let (jobs, options) = (self::jobs(&["openai"], 12), self::options(&["openai"], &one));
    verify_all(&jobs, concurrency, &options, &Cancel::default(), |_, _| {});
    assert_eq!(one.most_at_once(), 3);
}

#[test]
fn a_report_comes_as_soon_as_it_is_there() {
    let (quick, slow) = (Server::start(), Server::start());
    slow.answer(Answer::Late(Duration::from_secs(2), Box::new(Answer::json(401, "{}"))));
    let mut options = options(&["openai"], &slow);
    options.bases.set("groq", &quick.base).unwrap();
    let jobs = jobs(&["openai", "groq"], 2);
    let (began, mut first) = (Instant::now(), None);
    verify_all(&jobs, Concurrency::default(), &options, &Cancel::default(), |at, _| {
        first.get_or_insert((at, began.elapsed()));
    });
    let (at, after) = first.unwrap();
    assert_eq!(at, 1);
    assert!(after < Duration::from_millis(1500), "{after:?}");
}

#[test]
fn what_is_cancelled_is_reported_and_not_sent() {
    let server = Server::start();
    server.answer(Answer::Late(LATE, Box::new(Answer::json(401, "{}"))));
    let (jobs, options) = (jobs(&["openai"], 40), options(&["openai"], &server));
    let (cancel, mut reports) = (Cancel::default(), Vec::new());
    let concurrency = Concurrency { at_once: 4, per_provider: 4 };
    verify_all(&jobs, concurrency, &options, &cancel, |_, report| {
        cancel.cancel();
        reports.push(report);
    });
    assert_eq!(reports.len(), 40);
    let cancelled = reports.iter().filter(|report| report.reason == Reason::Cancelled);
    assert!(cancelled.clone().all(|report| report.verdict == Verdict::Indeterminate));
    assert_eq!(cancelled.count() + server.seen().len(), 40);
    assert!(reports.iter().filter(|report| report.verdict == Verdict::Invalid).count() <= 8);
}
