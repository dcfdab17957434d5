//! AWS as moto has it, with its signatures checked.

use keymoor_providers::{
    Verdict, provider,
    rotate::{self, NotMade, Outcome},
    verify::{Bases, Fields, Options, Report, verify},
};

use crate::moto::{moto, user};

fn options(port: u16) -> Options {
    let mut bases = Bases::none();
    bases.set("aws", &format!("http://127.0.0.1:{port}")).unwrap();
    Options { bases, ..Options::default() }
}

fn ask(port: u16, id: &str, secret: &str) -> Report {
    let fields = Fields::new().with("access_key_id", id).with("secret_access_key", secret);
    verify(provider("aws").unwrap(), &fields, &options(port))
}

#[test]
fn a_key_is_replaced_and_the_old_one_is_no_more() {
    let (_moto, port) = moto(3);
    let (id, secret) = user(port);
    let (aws, options) = (provider("aws").unwrap(), options(port));
    let old = Fields::new().with("access_key_id", id.as_str()).with("secret_access_key", secret.as_str());
    let new = rotate::make(aws, &old, &options).unwrap();
    assert_eq!(verify(aws, &new, &options).verdict, Verdict::Valid);
    // Two are as many as AWS lets a user have.
    assert_eq!(rotate::make(aws, &old, &options).err(), Some(NotMade::TooMany));
    assert_eq!(rotate::revoke(aws, &old, &old, &options), Outcome::InUse);
    assert_eq!(verify(aws, &old, &options).verdict, Verdict::Valid);

    let revoked = rotate::revoke(aws, &old, &new, &options);
    assert!(matches!(revoked, Outcome::Revoked(_)), "{revoked:?}");
    assert_eq!(verify(aws, &old, &options).verdict, Verdict::Invalid);
    assert_eq!(verify(aws, &new, &options).verdict, Verdict::Valid);
    // Asked again, for the answer may have been lost.
    let again = rotate::revoke(aws, &old, &new, &options);
    assert!(matches!(again, Outcome::Revoked(_)), "{again:?}");
    // A key that was never there cannot revoke.
    let stranger = Fields::new().with("access_key_id", "AKIAEXAMPLEAAAAAAAAA").with("secret_access_key", "x");
    assert!(matches!(rotate::revoke(aws, &new, &stranger, &options), Outcome::Kept(_)));
    assert_eq!(verify(aws, &new, &options).verdict, Verdict::Valid);
}

#[test]
fn signatures_are_those_that_moto_expects() {
    let (_moto, port) = moto(3);
    let (id, secret) = user(port);
    let good = ask(port, &id, &secret);
    assert_eq!(good.verdict, Verdict::Valid, "{good:?}");
    assert_eq!(good.identity.as_deref(), Some("arn:aws:iam::123456789012:user/alice"));
    let wrong = ask(port, &id, &secret.chars().rev().collect::<String>());
    assert_eq!((wrong.verdict, wrong.status), (Verdict::Invalid, Some(403)), "{wrong:?}");
    let unknown = ask(port, "AKIAEXAMPLEAAAAAAAAA", &secret);
    assert_eq!((unknown.verdict, unknown.status), (Verdict::Invalid, Some(403)), "{unknown:?}");
}
