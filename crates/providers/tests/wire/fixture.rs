//! A file of `tests/wire/`: one request, exactly as it must be, and the documented answers with what they mean.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use keymoor_providers::{
    Provider, Service, Verdict, provider,
    verify::{Bases, Fields, Options, Report, verify, verify_service},
};
use serde::Deserialize;

use crate::{
    postgres,
    request::{Request, host_of, rsa, same},
    server::{self, Seen, Server},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    #[serde(skip)]
    pub(crate) id: String,
    /// Where the provider documents it.
    #[allow(dead_code)]
    docs: Option<String>,
    /// The addresses of the provider's other regions, asked in the same way before a bad answer is believed.
    #[serde(default)]
    elsewhere: Vec<String>,
    /// Whose credential it is, in the file of a service.
    provider: Option<String>,
    pub(crate) fields: BTreeMap<String, String>,
    /// Asked for before.
    token: Option<Token>,
    pub(crate) request: Option<Request>,
    postgres: Option<postgres::Login>,
    #[serde(rename = "answer")]
    pub(crate) answers: Vec<Answer>,
}

/// A request for a token, and what comes back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    request: Request,
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    #[serde(default)]
    pub(crate) status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
    failure: Option<String>,
    sqlstate: Option<String>,
    pub(crate) is: Verdict,
    identity: Option<String>,
    expires: Option<i64>,
    /// What the explanation speaks of.
    says: Option<String>,
    /// How many requests there are until it is believed.
    times: Option<usize>,
}

impl Answer {
    pub(crate) fn to_send(&self) -> server::Answer {
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        server::Answer::Whole { status: self.status, headers, body: self.body.clone() }
    }

    pub(crate) fn is_http(&self) -> bool {
        self.status != 0
    }
}

/// What is asked with the values of a file.
pub(crate) type Ask<'a> = &'a dyn Fn(&Fields, &Options) -> Report;

/// What every verification says that it is: the second of January 2026, 03:04:05.
pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_767_323_045)
}

impl Fixture {
    /// Those of the providers.
    pub(crate) fn all() -> Vec<Self> {
        Self::of("../../tests/wire")
    }

    /// Those of the services that have a question of their own.
    pub(crate) fn services() -> Vec<Self> {
        Self::of("../../tests/wire/services")
    }

    /// Those of keys that are revoked.
    pub(crate) fn revocations() -> Vec<Self> {
        Self::of("../../tests/wire/revocations")
    }

    /// The provider whose credential it is.
    pub(crate) fn provider(&self) -> Option<&'static Provider> {
        provider(self.provider.as_deref().unwrap_or(&self.id))
    }

    fn of(folder: &str) -> Vec<Self> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut fixtures: Vec<Self> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "toml"))
            .map(|path| {
                // Another credential of the same provider has a file of its own: `github.enterprise.toml`.
                let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
                let id = stem.split('.').next().unwrap().to_owned();
                let text = fs::read_to_string(&path).unwrap();
                let read = toml::from_str(&text).unwrap_or_else(|error| panic!("{id}: {error}"));
                Self { id, ..read }
            })
            .collect();
        fixtures.sort_by(|a, b| a.id.cmp(&b.id));
        fixtures
    }

    /// The values, with a key of this run where a private key belongs.
    pub(crate) fn fields(&self, server: &str) -> Fields {
        self.fields.iter().fold(Fields::new(), |fields, (name, value)| {
            fields.with(name, value.replace("{rsa}", &rsa().0).replace("{server}", server))
        })
    }

    pub(crate) fn options(&self, base: &str) -> Options {
        let mut bases = Bases::none();
        bases.set(&self.id, base).unwrap();
        bases.set(self.provider.as_deref().unwrap_or(&self.id), base).unwrap();
        Options {
            bases,
            time_limit: Duration::from_secs(20),
            pause: Duration::from_millis(1),
            with_side_effects: true,
            of_another: false,
            now,
        }
    }

    /// Whether a provider as the catalogue has it asks as documented, and understands each answer. The error says what
    /// it does otherwise.
    pub(crate) fn check(&self, provider: &Provider) -> Result<(), String> {
        self.check_with(provider, None)
    }

    /// The same for a service that uses the provider's credential.
    pub(crate) fn check_with(&self, provider: &Provider, service: Option<&Service>) -> Result<(), String> {
        let ask = |fields: &Fields, options: &Options| match service {
            Some(service) => verify_service(service, provider, fields, options),
            None => verify(provider, fields, options),
        };
        self.check_by(provider, &ask)
    }

    /// The same for another question.
    pub(crate) fn check_by(&self, provider: &Provider, ask: Ask<'_>) -> Result<(), String> {
        let server = Server::start();
        self.look_elsewhere(provider, &server)?;
        self.answers.iter().try_for_each(|answer| {
            let (report, mut seen) = self.ask(ask, &server, answer);
            let at =
                format!("{} {}{}", self.id, answer.status, answer.sqlstate.as_deref().unwrap_or_default());
            self.compare(answer, &report).map_err(|error| format!("{at}: {error} ({report:?})"))?;
            if answer.is_http() {
                if let Some(token) = &self.token {
                    let first = (!seen.is_empty()).then(|| seen.remove(0)).ok_or("no request")?;
                    let asked = token.request.compare(&token.request.url, &first);
                    asked.map_err(|error| format!("{at}: token: {error}"))?;
                }
                let elsewhere = if answer.is.is_bad() { self.elsewhere.len() } else { 0 };
                let times = answer.times.unwrap_or(1) + elsewhere;
                if seen.len() != times {
                    return Err(format!("{at}: {} requests instead of {times}", seen.len()));
                }
                let request = self.request.as_ref().unwrap();
                let mut urls = seen.iter().enumerate().map(|(nth, seen)| {
                    let other = nth.checked_sub(1).filter(|_| elsewhere > 0);
                    (other.map_or(&request.url, |nth| &self.elsewhere[nth]), seen)
                });
                let compared = urls.try_for_each(|(url, seen)| request.compare(url, seen));
                compared.map_err(|error| format!("{at}: {error}"))
            } else if seen.is_empty() {
                Ok(())
            } else {
                Err(format!("{at}: a request"))
            }
        })
    }

    /// A key that is unknown in one region and known in another is good; and not known to be bad while one says nothing.
    fn look_elsewhere(&self, provider: &Provider, server: &Server) -> Result<(), String> {
        let good = self.answers.iter().find(|answer| answer.is.is_good() && answer.is_http());
        let bad = self.answers.iter().find(|answer| answer.is.is_bad() && answer.is_http());
        self.elsewhere.iter().try_for_each(|url| {
            let host = host_of(url);
            for (there, wanted) in [
                (good.unwrap().to_send(), good.unwrap().is),
                (server::Answer::json(503, "{}"), Verdict::Indeterminate),
            ] {
                let otherwise = Box::new(bad.unwrap().to_send());
                server.answer(server::Answer::At(host.to_owned(), Box::new(there), otherwise));
                let report = verify(provider, &self.fields(""), &self.options(&server.base));
                same(url, &wanted, &report.verdict)?;
                server.seen();
            }
            Ok(())
        })
    }

    fn ask(&self, ask: Ask<'_>, server: &Server, answer: &Answer) -> (Report, Vec<Seen>) {
        if let Some(state) = &answer.sqlstate {
            let database = postgres::Server::start(self.postgres.as_ref().unwrap().clone(), state);
            let fields = self.fields(&database.address);
            return (ask(&fields, &self.options(&server.base)), server.seen());
        }
        let base = match answer.failure.as_deref() {
            None => server.base.as_str(),
            Some("host_not_found") => "http://127.0.0.1:0",
            Some(other) => panic!("{other}"),
        };
        server.answer(match &self.token {
            Some(token) => {
                let host = host_of(&token.request.url).to_owned();
                let token = server::Answer::json(200, &token.body);
                server::Answer::At(host, Box::new(token), Box::new(answer.to_send()))
            }
            None => answer.to_send(),
        });
        (ask(&self.fields(""), &self.options(base)), server.seen())
    }

    fn compare(&self, answer: &Answer, report: &Report) -> Result<(), String> {
        let status = answer.is_http().then_some(answer.status);
        let wanted = (answer.is, &answer.identity, answer.expires, status);
        if (report.verdict, &report.identity, report.expires, report.status) != wanted {
            return Err(format!("wanted {wanted:?}"));
        }
        let said = report.say.as_deref().unwrap_or_default();
        if answer.says.as_deref().is_some_and(|word| !said.contains(word)) {
            return Err(format!("wanted {:?} explained", answer.says));
        }
        let printed = format!("{report:?}");
        // Whatever else it says, it may not be a key.
        let leaked = self.fields.iter().find(|(name, value)| {
            ["key", "token", "secret", "json"].iter().any(|word| name.contains(word))
                && printed.contains(value.as_str())
        });
        leaked.map_or(Ok(()), |(name, _)| Err(format!("{name} is in the report")))
    }
}
