//! Asks a provider whether it knows a key, as the catalogue says how.
//!
//! Everything blocks; a time limit ends it. A key goes only to its provider: over TLS that the system's roots vouch for, to
//! a host that the catalogue names or that a user entered and the catalogue's pins allow. No redirect is followed. What
//! goes wrong on the way, and every answer that the catalogue does not list, says nothing about the key.

mod aws;
mod bases;
mod curl;
mod fields;
mod fill;
mod google;
pub(crate) mod host;
mod judge;
mod line;
mod many;
mod postgres;
mod postgres_tls;
mod reply;
mod report;
mod request;
mod target;

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant, SystemTime},
};

pub(crate) use self::reply::Reply;
pub use self::{
    bases::{Bases, NotLoopback},
    curl::{curl, has_curl},
    fields::Fields,
    many::{Cancel, Concurrency, Job, verify_all},
    report::{Reason, Report},
};
use self::{
    fill::Source,
    judge::{judge, judge_failure, judge_sqlstate, mind_the_clock},
    request::Request,
};
use crate::another_of;
use crate::catalogue::{Auth, Check, Failure, Field, FieldKind, Kind, Provider, Service};
pub(crate) use fill::names_in;

/// How a verification is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// Other places than the providers' own, for tests.
    pub bases: Bases,
    /// How long one verification may take, with all that it needs.
    pub time_limit: Duration,
    /// How long after a bad answer it is asked again, where the catalogue says so.
    pub pause: Duration,
    /// Also make a check that costs something: the user asked for it.
    pub with_side_effects: bool,
    /// Also ask about what is certainly another provider's key: the user asked about just this one.
    pub of_another: bool,
    /// This machine's clock, which signatures state.
    pub now: fn() -> SystemTime,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bases: Bases::none(),
            time_limit: Duration::from_secs(15),
            pause: Duration::from_secs(2),
            with_side_effects: false,
            of_another: false,
            now: SystemTime::now,
        }
    }
}

/// Asks the provider about a credential.
pub fn verify(provider: &Provider, fields: &Fields, options: &Options) -> Report {
    match &provider.verify {
        Some(check) => Question { provider, fields, check, ids: &[&provider.id], scope: None, options }.ask(),
        None => Reason::NoCheck.into(),
    }
}

/// Asks whether a credential and the settings of a service, which are among the fields, go together. Where the service has
/// no question of its own, or not all that it names is filled in, only its provider is asked.
pub fn verify_service(service: &Service, provider: &Provider, fields: &Fields, options: &Options) -> Report {
    let Some(check) = &service.verify else { return verify(provider, fields, options) };
    let missing = service
        .settings
        .iter()
        .find(|setting| setting.required && setting.default.is_none() && fields.get(&setting.key).is_none());
    if let Some(setting) = missing {
        return Reason::MissingField(setting.key.clone()).into();
    }
    let source = Source { provider, fields };
    let is_whole = fill::pieces(&check.url).iter().all(|piece| match piece {
        fill::Piece::Text(_) => true,
        fill::Piece::Field { name, default } => matches!(source.value(name, *default), Ok(Some(_)) | Err(_)),
    });
    if !is_whole {
        return verify(provider, fields, options);
    }
    let scope = (!service.scopes.is_empty()).then(|| service.scopes.join(" "));
    let ids = &[service.id.as_str(), &provider.id];
    Question { provider, fields, check, ids, scope: scope.as_deref(), options }.ask()
}

/// Asks a question that is not the provider's usual one.
pub(crate) fn ask(provider: &Provider, check: &Check, fields: &Fields, options: &Options) -> Report {
    Question { provider, fields, check, ids: &[&provider.id], scope: None, options }.ask()
}

/// Asks a global service of AWS, signed with the keys of a credential.
pub(crate) fn ask_aws(
    provider: &Provider,
    host: &str,
    form: &[(&str, &str)],
    fields: &Fields,
    options: &Options,
) -> Result<Reply, Reason> {
    let request = aws::question(host, form, &aws::Keys::of(fields)?, (options.now)())?;
    send(request, &[&provider.id], options, Instant::now() + options.time_limit)
}

fn send(request: Request, ids: &[&str], options: &Options, until: Instant) -> Result<Reply, Reason> {
    match options.bases.of(ids) {
        Some(base) if base.is_nowhere() => Err(Reason::NoSuchHost),
        base => line::send(request, base, until),
    }
}

/// One question about one credential.
#[derive(Clone, Copy)]
struct Question<'a> {
    provider: &'a Provider,
    fields: &'a Fields,
    check: &'a Check,
    /// Under which a test base may be set.
    ids: &'a [&'a str],
    /// What a token is asked for with.
    scope: Option<&'a str>,
    options: &'a Options,
}

impl<'a> Question<'a> {
    fn ask(&self) -> Report {
        if let Some(reason) = self.hindrance() {
            return reason.into();
        }
        let report = self.ask_once();
        if !(self.check.ask_twice && report.verdict.is_bad() && report.reason == Reason::Answered) {
            return report;
        }
        thread::sleep(self.options.pause);
        self.ask_once()
    }

    /// Why it is not asked, as far as that can be told before.
    fn hindrance(&self) -> Option<Reason> {
        if self.check.side_effect && !self.options.with_side_effects {
            return Some(Reason::SideEffect);
        }
        let is_anothers = |field: &Field| {
            let value = self.fields.get(&field.key);
            value.is_some_and(|value| another_of(self.provider, &field.key, value).is_some())
        };
        if !self.options.of_another && self.provider.fields.iter().any(is_anothers) {
            return Some(Reason::Another);
        }
        let missing =
            self.provider.fields.iter().find(|field| {
                field.required && field.default.is_none() && self.fields.get(&field.key).is_none()
            });
        missing.map(|field| Reason::MissingField(field.key.clone()))
    }

    /// Asks at its address; while the answer is bad, also in the provider's other regions.
    fn ask_once(&self) -> Report {
        let until = Instant::now() + self.options.time_limit;
        let first = self.report(self.address(), until);
        for url in &self.check.elsewhere {
            if !(first.verdict.is_bad() && first.reason == Reason::Answered) {
                break;
            }
            let other = self.report(url, until);
            // Good there, or nothing learned there: it is not known to be bad.
            if !other.verdict.is_bad() {
                return other;
            }
        }
        first
    }

    fn report(&self, url: &str, until: Instant) -> Report {
        match self.answer(url, until) {
            Ok((report, _)) => report,
            Err(Reason::NoSuchHost) => judge_failure(self.check, Failure::HostNotFound),
            Err(reason) => reason.into(),
        }
    }

    /// Sends the question, and a request for a token before it where it needs one.
    fn answer(&self, url: &str, until: Instant) -> Result<(Report, Option<Reply>), Reason> {
        let source = Source { provider: self.provider, fields: self.fields };
        let now = (self.options.now)();
        match self.check.kind {
            Kind::Http => {
                let token = match self.wants(|auth| matches!(auth, Auth::Token)) {
                    true => match self.token(until)? {
                        Ok(token) => Some(token),
                        Err(report) => return Ok((report, None)),
                    },
                    false => None,
                };
                let mut request =
                    Request::of(self.check, url, &source, token.as_ref().map(|token| token.as_str()))?;
                if self.wants(|auth| matches!(auth, Auth::Signature)) {
                    aws::sign(&mut request, &aws::Keys::of(self.fields)?, now)?;
                }
                let reply = self.send(request, until)?;
                Ok((judge(self.check, &source, &reply), Some(reply)))
            }
            Kind::Aws => {
                let reply = self.send(aws::who(&aws::Keys::of(self.fields)?, now)?, until)?;
                Ok((mind_the_clock(judge(self.check, &source, &reply), &reply, now), Some(reply)))
            }
            Kind::GoogleServiceAccount => {
                let (request, account) = google::request(&source, self.scope, now)?;
                let reply = self.send(request, until)?;
                let mut report = mind_the_clock(judge(self.check, &source, &reply), &reply, now);
                if report.verdict.is_good() {
                    report.identity.get_or_insert(account);
                }
                Ok((report, Some(reply)))
            }
            Kind::Postgres => {
                let field = self.provider.secret_field().ok_or(Reason::NoCheck)?;
                let url =
                    source.entered(&field.key)?.ok_or_else(|| Reason::MissingField(field.key.clone()))?;
                let state = postgres::connect(url, &field.key, until)?;
                Ok((judge_sqlstate(self.check, &state), None))
            }
        }
    }

    /// Its address for this credential. Hosts are compared in their one form.
    fn address(&self) -> &'a str {
        let hosts = self.provider.fields.iter().filter(|field| field.kind == FieldKind::Host);
        let hosts: BTreeMap<&str, String> = hosts
            .filter_map(|field| {
                let host = host::read(self.fields.get(&field.key)?)?.host.name;
                Some((field.key.as_str(), host))
            })
            .collect();
        self.check.address(|name| hosts.get(name).map(String::as_str).or_else(|| self.fields.get(name)))
    }

    fn wants(&self, kind: impl Fn(&Auth) -> bool) -> bool {
        let endpoint = self.provider.endpoint.as_ref().map(|endpoint| endpoint.auth.as_slice());
        self.check.auth.as_deref().or(endpoint).unwrap_or_default().iter().any(kind)
    }

    /// A token for this question, or the report that says why there is none.
    fn token(&self, until: Instant) -> Result<Result<zeroize::Zeroizing<String>, Report>, Reason> {
        let check = self.provider.verify.as_ref().ok_or(Reason::NoCheck)?;
        let first = Question { check, ids: &[&self.provider.id], ..*self };
        // A token that would ask for a token has no beginning.
        if check.kind == Kind::Http && first.wants(|auth| matches!(auth, Auth::Token)) {
            return Err(Reason::NoCheck);
        }
        let (report, reply) = first.answer(first.address(), until)?;
        if !report.verdict.is_good() {
            return Ok(Err(report));
        }
        let token = reply.and_then(|reply| reply.text_at("/access_token")).ok_or(Reason::Unlisted)?;
        Ok(Ok(zeroize::Zeroizing::new(token)))
    }

    fn send(&self, request: Request, until: Instant) -> Result<Reply, Reason> {
        send(request, self.ids, self.options, until)
    }
}
