//! The request of a check, ready to be sent.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use zeroize::Zeroizing;

use super::{
    fill::{Piece, Source, pieces},
    report::Reason,
    target::{Target, parameter},
};
use crate::catalogue::{Auth, Check, Method};

/// A request, ready to be sent. Never printed: it holds the key.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) target: Target,
    /// Names in lower case.
    pub(super) headers: Vec<(String, Zeroizing<String>)>,
    pub(super) body: Option<Zeroizing<Vec<u8>>>,
}

impl Request {
    /// The request of a check to one of its addresses; `token` is what stands for [`Auth::Token`].
    pub(super) fn of(
        check: &Check,
        url: &str,
        source: &Source<'_>,
        token: Option<&str>,
    ) -> Result<Self, Reason> {
        let endpoint = source.provider.endpoint.as_ref();
        let target = Target::of(url, source)?;
        if let Some(endpoint) = endpoint {
            stays_with(&target, &endpoint.base, url, source)?;
        }
        let mut request = Self { method: check.method, target, headers: Vec::new(), body: None };
        request.put_body(check, source)?;
        let extra = endpoint.map(|endpoint| &endpoint.headers).into_iter().chain([&check.headers]);
        for (name, value) in extra.flatten() {
            if let Some(value) = source.text(value)? {
                request.put_header(name, value)?;
            }
        }
        let own = check.auth.as_deref();
        for auth in own.or(endpoint.map(|endpoint| endpoint.auth.as_slice())).unwrap_or_default() {
            request.authenticate(auth, source, token)?;
        }
        Ok(request)
    }

    /// Adds a header, in place of one of the same name.
    pub(super) fn put_header(&mut self, name: &str, value: Zeroizing<String>) -> Result<(), Reason> {
        let name = name.to_ascii_lowercase();
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        let sendable = value.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b));
        // These say how the message is read, not what it says.
        let framing =
            ["host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade"];
        if name.is_empty() || !name.bytes().all(is_token) || !sendable || framing.contains(&name.as_str()) {
            return Err(Reason::BadField(name));
        }
        self.headers.retain(|(there, _)| *there != name);
        self.headers.push((name, value));
        Ok(())
    }

    fn put_body(&mut self, check: &Check, source: &Source<'_>) -> Result<(), Reason> {
        let (kind, body) = if let Some(json) = &check.json {
            let filled = source.json(json)?;
            ("application/json", serde_json::to_vec(&filled).map_err(|_| Reason::NoCheck)?)
        } else if let Some(form) = &check.form {
            let mut body = Zeroizing::new(String::with_capacity(1024));
            for (name, value) in form {
                let Some(value) = source.text(value)? else { continue };
                if !body.is_empty() {
                    body.push('&');
                }
                parameter(&mut body, name, &value);
            }
            ("application/x-www-form-urlencoded", body.as_bytes().to_vec())
        } else if let Some(text) = &check.text {
            let text = source.text(text)?.unwrap_or_default();
            ("text/plain; charset=utf-8", text.as_bytes().to_vec())
        } else {
            return Ok(());
        };
        self.body = Some(Zeroizing::new(body));
        self.put_header("content-type", Zeroizing::new(kind.to_owned()))
    }

    fn authenticate(&mut self, auth: &Auth, source: &Source<'_>, token: Option<&str>) -> Result<(), Reason> {
        match auth {
            Auth::Header { name, value } => {
                // The name of a header is a field of its own where the user describes the provider.
                let (Some(name), Some(value)) = (source.text(name)?, source.text(value)?) else {
                    return Ok(());
                };
                self.put_header(&name, value)
            }
            Auth::Query { name, value } => {
                if let Some(value) = source.text(value)? {
                    self.target.ask(name, &value);
                }
                Ok(())
            }
            Auth::Basic { user, password } => {
                let (user, password) = (source.text(user)?, source.text(password)?);
                let (user, password) = (user.unwrap_or_default(), password.unwrap_or_default());
                // A colon in the name would be read as its end (RFC 7617).
                if user.contains(':') {
                    return Err(Reason::BadField("authorization".to_owned()));
                }
                let pair = Zeroizing::new(format!("{}:{}", user.as_str(), password.as_str()));
                let encoded = Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()));
                self.put_header("authorization", Zeroizing::new(format!("Basic {}", encoded.as_str())))
            }
            Auth::Token => {
                let token = token.ok_or(Reason::NoCheck)?;
                self.put_header("authorization", Zeroizing::new(format!("Bearer {token}")))
            }
            // Filled in with the URL; added when all else stands.
            Auth::Url | Auth::Signature => Ok(()),
        }
    }
}

/// Where a user describes the provider, both addresses are his words; a key that is used with one host is not shown to
/// another, whoever filled in the other address.
fn stays_with(target: &Target, base: &str, url: &str, source: &Source<'_>) -> Result<(), Reason> {
    let first = |text| match pieces(text).first() {
        Some(Piece::Field { name, .. }) => Some((*name).to_owned()),
        _ => None,
    };
    match (first(base), first(url)) {
        (Some(base_field), Some(field)) if base_field != field => {
            let same = Target::of(base, source)?.authority == target.authority;
            if same { Ok(()) } else { Err(Reason::HostRefused(field)) }
        }
        _ => Ok(()),
    }
}
