use keymoor_providers::verify::Reason;

use super::*;

const VALUES: Values = Values([1; 9]);
const OTHERS: Values = Values([2; 9]);

fn report(verdict: Verdict, reason: Reason) -> Report {
    Report { verdict, reason, say: None, identity: None, expires: None, status: None }
}

fn good() -> Report {
    Report { identity: Some("ada".to_owned()), status: Some(200), ..report(Verdict::Valid, Reason::Answered) }
}

fn told(known: &Verification) -> (CheckStatus, Option<u64>, Option<Reason>) {
    let tried = known.tried.as_ref().and_then(|tried| tried.why.reason());
    (known.status(1_000_000), known.good_at, tried)
}

#[test]
fn no_answer_is_no_news_about_the_key() {
    let known = Verification::after(None, VALUES, &good(), 1);
    assert_eq!(told(&known), (CheckStatus::Connected, Some(1), None));
    let known =
        Verification::after(Some(known), VALUES, &report(Verdict::Indeterminate, Reason::Unreachable), 2);
    assert_eq!(told(&known), (CheckStatus::Connected, Some(1), Some(Reason::Unreachable)));
    let refused = Report { status: Some(401), ..report(Verdict::Invalid, Reason::Answered) };
    let known = Verification::after(Some(known), VALUES, &refused, 3);
    assert_eq!(told(&known), (CheckStatus::Error, Some(1), None));
    assert_eq!(known.answer.as_ref().unwrap().identity.as_deref(), Some("ada"), "whose it was");
    let known = Verification::after(Some(known), OTHERS, &report(Verdict::Retry, Reason::RateLimited), 4);
    assert_eq!(told(&known), (CheckStatus::Unchecked, None, Some(Reason::RateLimited)), "another value");
}

#[test]
fn a_key_that_has_expired_since_is_connected_no_more() {
    let known = Verification::after(None, VALUES, &Report { expires: Some(1_000), ..good() }, 1);
    assert_eq!(known.status(999_999), CheckStatus::Connected);
    assert_eq!(known.status(1_000_000), CheckStatus::Error);
    let off = Verification::after(None, VALUES, &report(Verdict::Disabled, Reason::Answered), 1);
    assert_eq!(off.status(0), CheckStatus::Disabled);
}

#[test]
fn of_two_devices_the_later_answer_counts_whichever_comes_first() {
    let a = Verification::after(None, VALUES, &good(), 10);
    let b = Verification::after(None, VALUES, &report(Verdict::Invalid, Reason::Answered), 20);
    let c =
        Verification::after(Some(a.clone()), VALUES, &report(Verdict::Indeterminate, Reason::TimedOut), 30);
    for merged in [
        a.clone().merge(b.clone()).merge(c.clone()),
        c.clone().merge(a.clone()).merge(b.clone()),
        b.merge(c.merge(a)),
    ] {
        assert_eq!(told(&merged), (CheckStatus::Error, Some(10), Some(Reason::TimedOut)));
    }
}

#[test]
fn every_reason_is_kept() {
    for reason in [
        Reason::Unlisted,
        Reason::Clock,
        Reason::Cancelled,
        Reason::MissingField("api key".to_owned()),
        Reason::HostRefused("host".to_owned()),
    ] {
        assert_eq!(Cause::of(&reason).unwrap().reason(), Some(reason));
    }
    assert_eq!(Cause::of(&Reason::Answered), None);
    assert_eq!(Cause("of_a_later_version".to_owned()).reason(), None);
    let known = Verification::after(None, VALUES, &good(), 7);
    let json = serde_json::to_string(&known).unwrap();
    assert_eq!(
        json,
        r#"{"of":"AQEBAQEBAQEB","ans":{"is":"valid","at":7,"status":200,"who":"ada"},"good":7}"#
    );
    assert_eq!(serde_json::from_str::<Verification>(&json).unwrap(), known);
    let tried = r#"{"of":"AQEBAQEBAQEB","try":{"at":7,"why":"tls"}}"#;
    let known: Verification = serde_json::from_str(tried).unwrap();
    assert_eq!((known.answer.clone(), serde_json::to_string(&known).unwrap().as_str()), (None, tried));
}
