//! What says nothing about a key must not be taken for an answer, whichever provider is asked.

use std::{
    thread,
    time::{Duration, Instant},
};

use keymoor_providers::{
    Provider, Verdict, provider,
    verify::{Options, Reason, Report, verify},
};

use crate::{
    fixture::Fixture,
    server::{Answer, Server},
};

/// Asks each provider whose rule is one HTTP request, with a server of its own.
fn each(ask: impl Fn(&Fixture, &Provider, &Server) + Sync) {
    let fixtures: Vec<_> = Fixture::all().into_iter().filter(|fixture| fixture.request.is_some()).collect();
    assert!(fixtures.len() >= 74);
    // Some of it waits; a few at once are enough.
    thread::scope(|scope| {
        for part in fixtures.chunks(fixtures.len().div_ceil(8)) {
            let ask = &ask;
            scope.spawn(move || {
                for fixture in part {
                    let Some(provider) = provider(&fixture.id) else { continue };
                    ask(fixture, provider, &Server::start());
                }
            });
        }
    });
}

fn asked(fixture: &Fixture, provider: &Provider, server: &Server, answer: Answer) -> Report {
    server.answer(answer);
    let report = verify(provider, &fixture.fields(""), &fixture.options(&server.base));
    assert!(!server.seen().is_empty(), "{} was not asked", fixture.id);
    report
}

#[test]
fn rate_limits_say_nothing() {
    each(|fixture, provider, server| {
        let report = asked(fixture, provider, server, Answer::json(429, "{}"));
        // With OpenAI it is the account that is over its limit, so that the key is known.
        let documented = fixture.answers.iter().find(|answer| answer.status == 429).map(|answer| answer.is);
        assert_eq!(report.verdict, documented.unwrap_or(Verdict::Retry), "{}", fixture.id);
        assert!(!report.verdict.is_bad());
    });
}

#[test]
fn faults_of_a_server_say_nothing() {
    each(|fixture, provider, server| {
        // Even in the words for a bad key.
        let bad = fixture.answers.iter().find(|answer| answer.is.is_bad() && answer.is_http()).unwrap();
        for status in [500, 502, 503, 504] {
            for body in ["{}", "", bad.body.as_str()] {
                let report = asked(fixture, provider, server, Answer::json(status, body));
                assert_eq!(report.verdict, Verdict::Indeterminate, "{} {status}", fixture.id);
                assert_eq!(report.reason, Reason::ServerError, "{} {status}", fixture.id);
            }
        }
    });
}

#[test]
fn slow_answers_say_nothing_and_are_not_waited_for() {
    each(|fixture, provider, server| {
        let good = Answer::json(200, "{}");
        server.answer(Answer::Late(Duration::from_secs(5), Box::new(good)));
        let options = Options { time_limit: Duration::from_millis(200), ..fixture.options(&server.base) };
        let began = Instant::now();
        let report = verify(provider, &fixture.fields(""), &options);
        assert_eq!(
            (report.verdict, report.reason),
            (Verdict::Indeterminate, Reason::TimedOut),
            "{}",
            fixture.id
        );
        assert!(began.elapsed() < Duration::from_secs(4), "{}", fixture.id);
    });
}

#[test]
fn pages_for_people_say_nothing() {
    let page = "<!DOCTYPE html>\n<html><head><title>Please log in to this network</title></head></html>";
    each(|fixture, provider, server| {
        for status in [200, 400, 401, 403, 404] {
            let documented = |answer: &&crate::fixture::Answer| {
                answer.status == status && answer.body.starts_with("<!DOCTYPE html>")
            };
            if fixture.answers.iter().any(|answer| documented(&answer)) {
                continue;
            }
            let headers = vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
            let answer = Answer::Whole { status, headers, body: page.to_owned() };
            let report = asked(fixture, provider, server, answer);
            assert_eq!(report.verdict, Verdict::Indeterminate, "{} {status}", fixture.id);
            assert_eq!(report.reason, Reason::Page, "{} {status}", fixture.id);
        }
    });
}

#[test]
fn answers_cut_off_say_nothing() {
    each(|fixture, provider, server| {
        for answer in fixture.answers.iter().filter(|answer| answer.body.len() > 1) {
            let report = asked(fixture, provider, server, Answer::Half(Box::new(answer.to_send())));
            assert_eq!(
                (report.verdict, report.reason),
                (Verdict::Indeterminate, Reason::CutOff),
                "{}",
                fixture.id
            );
        }
    });
}

#[test]
fn redirects_are_not_followed() {
    let elsewhere = Server::start();
    each(|fixture, provider, server| {
        for status in [301, 302, 303, 307, 308] {
            let headers = vec![("location".to_owned(), format!("{}/take", elsewhere.base))];
            let answer = Answer::Whole { status, headers, body: String::new() };
            let report = asked(fixture, provider, server, answer);
            assert_eq!(
                (report.verdict, report.reason),
                (Verdict::Indeterminate, Reason::Redirected),
                "{}",
                fixture.id
            );
        }
    });
    assert_eq!(elsewhere.seen(), []);
}

#[test]
fn nobody_at_home_says_nothing() {
    // A port that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    each(|fixture, provider, _| {
        let options = fixture.options(&format!("http://127.0.0.1:{port}"));
        let report = verify(provider, &fixture.fields(""), &options);
        assert_eq!(
            (report.verdict, report.reason),
            (Verdict::Indeterminate, Reason::Unreachable),
            "{}",
            fixture.id
        );
    });
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    let fixture = Fixture::all().into_iter().find(|fixture| fixture.id == "openai").unwrap();
    let server = Server::start();
    let answer = Answer::json(200, &" ".repeat(3 * 1024 * 1024));
    let report = asked(&fixture, provider("openai").unwrap(), &server, answer);
    assert_eq!((report.verdict, report.reason), (Verdict::Indeterminate, Reason::TooLarge));
}
