//! A file of `tests/wire/`: one request, exactly as it must be, and the documented answers with what they mean.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::OnceLock,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    encoding::AsDer as _,
    rsa::KeySize,
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey},
};
use base64::{Engine as _, prelude::*};
use keymoor_providers::{
    Provider, Service, Verdict, provider,
    verify::{Bases, Fields, Options, Report, verify, verify_service},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    postgres,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    method: String,
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    form: Option<BTreeMap<String, String>>,
    jwt: Option<Jwt>,
    /// The body must not be JSON.
    #[serde(default)]
    not_json: bool,
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
struct Jwt {
    parameter: String,
    header: Value,
    claims: Value,
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
        let server = Server::start();
        self.look_elsewhere(provider, &server)?;
        self.answers.iter().try_for_each(|answer| {
            let (report, mut seen) = self.ask(provider, service, &server, answer);
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

    fn ask(
        &self,
        provider: &Provider,
        service: Option<&Service>,
        server: &Server,
        answer: &Answer,
    ) -> (Report, Vec<Seen>) {
        if let Some(state) = &answer.sqlstate {
            let database = postgres::Server::start(self.postgres.as_ref().unwrap().clone(), state);
            let fields = self.fields(&database.address);
            return (verify(provider, &fields, &self.options(&server.base)), server.seen());
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
        let (fields, options) = (self.fields(""), self.options(base));
        let report = match service {
            Some(service) => verify_service(service, provider, &fields, &options),
            None => verify(provider, &fields, &options),
        };
        (report, server.seen())
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

impl Request {
    fn compare(&self, url: &str, seen: &Seen) -> Result<(), String> {
        let (authority, path_and_query) = match url.strip_prefix("https://").unwrap().split_once('/') {
            Some((authority, rest)) => (authority, format!("/{rest}")),
            None => panic!("{url} has no path"),
        };
        same("method", &self.method, &seen.method)?;
        same("host", &Some(authority), &seen.header("host"))?;
        same("path", &path_and_query, &seen.path_and_query)?;
        let agent = concat!("keymoor/", env!("CARGO_PKG_VERSION"));
        same("user-agent", &Some(agent), &seen.header("user-agent"))?;
        let ours = ["host", "user-agent", "accept", "content-length"];
        let headers = seen.headers.iter().filter(|(name, _)| !ours.contains(&name.as_str()));
        let headers: Vec<_> = headers.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let sorted: BTreeMap<_, _> = headers.iter().copied().collect();
        same("count of headers", &sorted.len(), &headers.len())?;
        let wanted: BTreeMap<_, _> = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        same("headers", &wanted, &sorted)?;
        let body = std::str::from_utf8(&seen.body).map_err(|_| "body is no text".to_owned())?;
        if let Some(json) = &self.json {
            same("body", &Some(json.clone()), &serde_json::from_str(body).ok())
        } else if let Some(form) = &self.form {
            let mut given = form_of(body);
            if let Some(jwt) = &self.jwt {
                jwt.compare(&given.remove(&jwt.parameter).ok_or("no JWT")?)?;
            }
            same("form", form, &given)
        } else if self.not_json {
            match serde_json::from_str::<Value>(body) {
                Err(_) if !body.is_empty() => Ok(()),
                _ => Err("this could be taken for a message".to_owned()),
            }
        } else {
            same("body", &"", &body)
        }
    }
}

impl Jwt {
    fn compare(&self, jwt: &str) -> Result<(), String> {
        let [header, claims, signature] =
            jwt.split('.').collect::<Vec<_>>().try_into().map_err(|_| "no JWT")?;
        let decoded = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| "no base64url".to_owned());
        let json = |part: &str| Ok::<Value, String>(serde_json::from_slice(&decoded(part)?).unwrap());
        same("JWT header", &self.header, &json(header)?)?;
        let (mut claims_wanted, mut claims_given) = (self.claims.clone(), json(claims)?);
        let most = claims_wanted.as_object_mut().unwrap().remove("exp_at_most").unwrap();
        let end = claims_given.as_object_mut().unwrap().remove("exp").ok_or("no exp")?;
        if end.as_u64() > most.as_u64() || end.as_u64() <= claims_given["iat"].as_u64() {
            return Err("exp is too far or past".to_owned());
        }
        same("JWT claims", &claims_wanted, &claims_given)?;
        let signed = format!("{header}.{claims}");
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &rsa().1);
        key.verify(signed.as_bytes(), &decoded(signature)?).map_err(|_| "the signature is wrong".to_owned())
    }
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(what: &str, wanted: &T, given: &T) -> Result<(), String> {
    if wanted == given { Ok(()) } else { Err(format!("{what}: {given:?} instead of {wanted:?}")) }
}

fn host_of(url: &str) -> &str {
    url.strip_prefix("https://").unwrap().split('/').next().unwrap()
}

fn form_of(body: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8().unwrap().into_owned()
    };
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// A private key as Google's file has it inside its JSON, and the public key that belongs to it.
fn rsa() -> &'static (String, Vec<u8>) {
    static RSA: OnceLock<(String, Vec<u8>)> = OnceLock::new();
    RSA.get_or_init(|| {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = BASE64_STANDARD.encode(pair.as_der().unwrap().as_ref());
        let lines: Vec<_> =
            der.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let begin = "-----BEGIN PRIVATE KEY-----\\n";
        let pem = format!("{begin}{}\\n-----END PRIVATE KEY-----\\n", lines.join("\\n"));
        (pem, pair.public_key().as_ref().to_vec())
    })
}
