//! A key that was replaced is revoked by its provider's API, where it has one; AWS also makes the new one.
//!
//! Revoking cannot be taken back. The key that stays is given too: it is never the one that is revoked.

use crate::{
    catalogue::{Answer, Check, Provider, Revocation, RevocationKind},
    verify::{self, Fields, Options, Reason, Reply, Report},
};

/// What became of a key that was to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is no more.
    Revoked(Report),
    /// It is switched off, and still there.
    Disabled(Report),
    /// It may still be good; the report says what went wrong.
    Kept(Report),
    /// It is the key that stays. Nothing was sent.
    InUse,
    /// The provider has no such request for it: the way leads over its console.
    ByHand,
}

/// Why no new key was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMade {
    /// There are as many as may be; one has to go first.
    #[error("there are as many keys as may be")]
    TooMany,
    /// This key may not make others.
    #[error("the key may not make others")]
    NotAllowed,
    /// It refuses, whoever asks: the request, or how often it is asked.
    #[error("refused")]
    Refused,
    /// It was not asked: there is no way to it, a field is missing, or the key that would ask is not known to be accepted.
    #[error("not asked")]
    NotAsked,
    /// Nothing is known: look at the console before another is made.
    #[error("no usable answer")]
    Unknown,
    /// The provider has no such request: the way leads over its console.
    #[error("not by a request")]
    ByHand,
}

/// What can be said without a request: that there is none for this key, or that it is the one that stays.
pub fn unsent(provider: &Provider, old: &Fields, new: &Fields) -> Option<Outcome> {
    revocation(provider, old, new).err()
}

/// Whether this answer says that a key is no more.
pub fn is_gone(report: &Report) -> bool {
    report.verdict.is_gone() && report.reason == Reason::Answered
}

/// Revokes `old`, after `new` took its place.
pub fn revoke(provider: &Provider, old: &Fields, new: &Fields, options: &Options) -> Outcome {
    let revocation = match revocation(provider, old, new) {
        Ok(revocation) => revocation,
        Err(outcome) => return outcome,
    };
    match revocation.kind {
        RevocationKind::Aws => revoke_at_aws(provider, old, new, options),
        RevocationKind::Http => {
            let report = verify::ask(provider, &question(revocation), old, options);
            if is_gone(&report) { Outcome::Revoked(report) } else { Outcome::Kept(report) }
        }
    }
}

fn revocation<'p>(provider: &'p Provider, old: &Fields, new: &Fields) -> Result<&'p Revocation, Outcome> {
    let revocation = provider.rotation.revoke.as_ref().ok_or(Outcome::ByHand)?;
    if revocation.unless.iter().any(|field| old.get(field).is_some()) {
        return Err(Outcome::ByHand);
    }
    let names = provider.fields.iter().filter(|field| field.secret || field.required).map(|field| &field.key);
    let differ = |name: &String| old.get(name) != new.get(name);
    let secret = provider.secret_field();
    // An id may stay while the secret changes, but an AWS key is its id.
    let same = match revocation.kind {
        RevocationKind::Aws => old.get(ID) == new.get(ID),
        RevocationKind::Http => secret.is_some_and(|field| !differ(&field.key)) || !names.clone().any(differ),
    };
    if same { Err(Outcome::InUse) } else { Ok(revocation) }
}

/// Makes another key beside this one, with all of its fields. It exists from now on, and nobody else has it: store it before
/// anything else is done.
pub fn make(provider: &Provider, fields: &Fields, options: &Options) -> Result<Fields, NotMade> {
    if !provider.rotation.makes() {
        return Err(NotMade::ByHand);
    }
    let reply = iam(provider, fields, "CreateAccessKey", None, options).map_err(|why| match why {
        Reason::MissingField(_)
        | Reason::BadField(_)
        | Reason::HostRefused(_)
        | Reason::NotEncrypted(_)
        | Reason::NoSuchHost => NotMade::NotAsked,
        _ => NotMade::Unknown,
    })?;
    match reply.status {
        200 => {
            let element = |name: &str| reply.text_at(name).ok_or(NotMade::Unknown);
            let (id, secret) = (element("xml:AccessKeyId")?, element("xml:SecretAccessKey")?);
            Ok(Fields::new().with(ID, id).with("secret_access_key", secret))
        }
        409 if reply.text_at("xml:Code").is_some_and(|code| code.starts_with("LimitExceeded")) => {
            Err(NotMade::TooMany)
        }
        403 => Err(NotMade::NotAllowed),
        400..=499 => Err(NotMade::Refused),
        _ => Err(NotMade::Unknown),
    }
}

/// Deletes a key that `by` has just made and that could not be stored; says whether it is gone.
pub fn unmake(provider: &Provider, made: &Fields, by: &Fields, options: &Options) -> bool {
    let Some(id) = made.get(ID).filter(|id| by.get(ID) != Some(*id)) else { return false };
    let reply = iam(provider, by, "DeleteAccessKey", Some((id, "")), options);
    reply.is_ok_and(|reply| matches!(reply.status, 200 | 404))
}

/// What a key is called at its provider, for whoever looks for it there. It is no secret.
pub fn called(made: &Fields) -> Option<&str> {
    made.get(ID)
}

/// The field that names a key at its provider and stands open beside the secret: a new key has another.
pub fn named_by(provider: &Provider) -> Option<&'static str> {
    let revocation = provider.rotation.revoke.as_ref()?;
    (revocation.kind == RevocationKind::Aws).then_some(ID)
}

/// What an AWS key is called.
const ID: &str = "access_key_id";

/// Switched off, then deleted, both in the name of the key that stays: so it is one of the same user, and it works.
fn revoke_at_aws(provider: &Provider, old: &Fields, new: &Fields, options: &Options) -> Outcome {
    let Some(id) = old.get(ID) else {
        return Outcome::Kept(Reason::MissingField(ID.to_owned()).into());
    };
    match iam(provider, new, "UpdateAccessKey", Some((id, "Inactive")), options) {
        Ok(reply) if reply.status == 200 => {}
        // Gone already, or another user's: its provider knows.
        Ok(reply) if reply.status == 404 => {
            let report = verify::verify(provider, old, options);
            return if is_gone(&report) { Outcome::Revoked(report) } else { Outcome::Kept(report) };
        }
        Ok(reply) => return Outcome::Kept(answered(&reply)),
        Err(reason) => return Outcome::Kept(reason.into()),
    }
    match iam(provider, new, "DeleteAccessKey", Some((id, "")), options) {
        Ok(reply) if reply.status == 200 => Outcome::Revoked(answered(&reply)),
        Ok(reply) => Outcome::Disabled(answered(&reply)),
        Err(reason) => Outcome::Disabled(reason.into()),
    }
}

fn iam(
    provider: &Provider,
    keys: &Fields,
    action: &str,
    key: Option<(&str, &str)>,
    options: &Options,
) -> Result<Reply, Reason> {
    let mut form = vec![("Action", action), ("Version", "2010-05-08")];
    if let Some((id, status)) = key {
        form.push(("AccessKeyId", id));
        form.extend((!status.is_empty()).then_some(("Status", status)));
    }
    verify::ask_aws(provider, "iam.amazonaws.com", &form, keys, options)
}

fn answered(reply: &Reply) -> Report {
    let mut report = Report::from(Reason::Unlisted);
    report.status = Some(reply.status);
    report
}

/// A revocation as a question: its bad answers say that the key is no more.
fn question(revocation: &Revocation) -> Check {
    Check {
        method: revocation.method,
        url: revocation.url.clone(),
        auth: revocation.auth.clone(),
        headers: revocation.headers.clone(),
        json: revocation.json.clone(),
        answers: revocation
            .answers
            .iter()
            .filter(|answer| answer.is.is_bad())
            .cloned()
            .collect::<Vec<Answer>>(),
        ..Check::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Verdict;

    #[test]
    fn only_a_key_that_can_never_be_good_again_is_gone() {
        use Verdict::*;
        let all = [Valid, ValidLimited, Invalid, Expired, Disabled, InvalidConfig, Retry, Indeterminate];
        let said = |verdict, reason| {
            let mut report = Report::from(reason);
            report.verdict = verdict;
            report
        };
        let gone: Vec<_> =
            all.into_iter().filter(|verdict| is_gone(&said(*verdict, Reason::Answered))).collect();
        assert_eq!(gone, [Invalid, Expired]);
        assert!(!all.into_iter().any(|verdict| is_gone(&said(verdict, Reason::CutOff))), "not said by it");
    }

    #[test]
    fn a_made_key_is_never_taken_for_the_one_that_made_it() {
        let aws = crate::provider("aws").unwrap();
        let same = || Fields::new().with(ID, "AKIAEXAMPLE000000001");
        assert!(!unmake(aws, &same(), &same(), &Options::default()));
        assert_eq!(unsent(aws, &same(), &same()), Some(Outcome::InUse));
    }
}
