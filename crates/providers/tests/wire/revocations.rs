//! A key that was replaced is revoked as its provider documents, and never the one that stays.

use keymoor_providers::{
    Auth, Method, Provider, Revocation, RevocationKind, Verdict, provider, providers,
    rotate::{Outcome, make, revoke},
    verify::{Fields, Options, Reason, Report},
};

use crate::{
    fixture::Fixture,
    server::{Answer, Server},
};

fn stays() -> Fields {
    Fields::new().with("token", "the-new-one")
}

fn report(provider: &Provider, fields: &Fields, options: &Options) -> Report {
    match revoke(provider, fields, &stays(), options) {
        Outcome::Revoked(report) => {
            assert!(report.verdict.is_bad());
            Report { verdict: Verdict::Invalid, ..report }
        }
        Outcome::Kept(report) => report,
        other => panic!("{other:?}"),
    }
}

fn changed(provider: &Provider) -> Vec<(String, Provider)> {
    let mut all = Vec::new();
    let mut with = |what: &str, change: &dyn Fn(&mut Revocation)| {
        let mut provider = provider.clone();
        change(provider.rotation.revoke.as_mut().unwrap());
        all.push((what.to_owned(), provider));
    };
    let revocation = provider.rotation.revoke.as_ref().unwrap();
    with("path", &|revocation| revocation.url.push('x'));
    with("method", &|revocation| {
        let is_delete = revocation.method == Method::Delete;
        revocation.method = if is_delete { Method::Post } else { Method::Delete };
    });
    with("auth", &|revocation| {
        let value = "another".to_owned();
        revocation.auth = Some(vec![Auth::Header { name: "Authorization".into(), value }]);
    });
    if revocation.json.is_some() {
        with("json", &|revocation| revocation.json = None);
    }
    for (at, answer) in revocation.answers.iter().enumerate() {
        with("answer away", &|revocation| drop(revocation.answers.remove(at)));
        with("status", &|revocation| revocation.answers[at].status.0 = vec![418]);
        if !answer.when.is_empty() {
            with("condition away", &|revocation| revocation.answers[at].when.clear());
        }
    }
    all
}

#[test]
fn every_revocation_is_asked_for_and_understood_as_documented() {
    let fixtures = Fixture::revocations();
    for fixture in &fixtures {
        let provider = fixture.provider().unwrap();
        let ask = |fields: &Fields, options: &Options| report(provider, fields, options);
        assert_eq!(fixture.check_by(provider, &ask), Ok(()));
        // With anything changed, the file notices.
        for (what, changed) in changed(provider) {
            let ask = |fields: &Fields, options: &Options| report(&changed, fields, options);
            assert!(fixture.check_by(&changed, &ask).is_err(), "{}: {what}", fixture.id);
        }
    }
    let by_request = providers().filter(|provider| {
        let revoke = provider.rotation.revoke.as_ref();
        revoke.is_some_and(|revoke| revoke.kind == RevocationKind::Http)
    });
    let ids: Vec<_> = by_request.map(|provider| provider.id.as_str()).collect();
    assert_eq!(ids, fixtures.iter().map(|fixture| fixture.id.as_str()).collect::<Vec<_>>());
}

#[test]
fn the_key_that_stays_is_not_revoked() {
    for fixture in Fixture::revocations() {
        let server = Server::start();
        let fields = || fixture.fields("");
        let options = fixture.options(&server.base);
        assert_eq!(revoke(fixture.provider().unwrap(), &fields(), &fields(), &options), Outcome::InUse);
        assert_eq!(server.seen(), []);
    }
}

#[test]
fn an_enterprise_servers_token_is_not_sent_to_the_public_host() {
    let server = Server::start();
    let fixture = Fixture::revocations().into_iter().find(|fixture| fixture.id == "github").unwrap();
    let fields = fixture.fields("").with("host", "git.example.org");
    let outcome = revoke(fixture.provider().unwrap(), &fields, &stays(), &fixture.options(&server.base));
    assert_eq!(outcome, Outcome::ByHand);
    assert_eq!(server.seen(), []);
}

#[test]
fn what_is_not_known_to_be_revoked_may_still_be_good() {
    let fixture = Fixture::revocations().into_iter().find(|fixture| fixture.id == "slack").unwrap();
    let server = Server::start();
    server.answer(Answer::Half(Box::new(Answer::json(200, r#"{"ok":true,"revoked":true}"#))));
    let options = fixture.options(&server.base);
    match revoke(fixture.provider().unwrap(), &fixture.fields(""), &stays(), &options) {
        Outcome::Kept(report) => assert_eq!(report.reason, Reason::CutOff),
        other => panic!("{other:?}"),
    }
}

#[test]
fn others_are_revoked_at_their_console() {
    let openai = provider("openai").unwrap();
    let fields = Fields::new().with("api_key", "x");
    assert_eq!(revoke(openai, &fields, &stays(), &Options::default()), Outcome::ByHand);
    assert!(make(openai, &fields, &Options::default()).is_err());
}
