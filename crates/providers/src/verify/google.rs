//! A Google service account asks for a token with a JWT that it signs itself (RFC 7523).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use zeroize::Zeroizing;

use super::{
    fill::Source,
    host,
    report::Reason,
    request::Request,
    target::{Target, parameter},
};
use crate::catalogue::{FieldKind, Method};
use crate::json_text;

/// Asked for where nothing else is wanted: a token that is thrown away.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Where Google gives tokens out. The file of a service account names one of them; a file that names another host is not
/// Google's, and the signed JWT could be used by whoever has that host.
const HOSTS: [&str; 3] = ["oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"];

/// Where one is asked for unless the file says another.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// How long the JWT is good for. Google takes an hour at most.
const LIFE: Duration = Duration::from_secs(300);

#[derive(Deserialize)]
struct ServiceAccount<'j> {
    #[serde(rename = "type")]
    kind: String,
    client_email: String,
    /// As it stands there: serde_json's buffer for escapes is not wiped.
    #[serde(borrow)]
    private_key: &'j RawValue,
    private_key_id: String,
    token_uri: Option<String>,
}

/// The request for a token, and the account's name.
pub(super) fn request(
    source: &Source<'_>,
    scope: Option<&str>,
    now: SystemTime,
) -> Result<(Request, String), Reason> {
    let fields = &source.provider.fields;
    let field = fields.iter().find(|field| field.kind == FieldKind::Json).or(source.provider.secret_field());
    let name = field.map(|field| field.key.as_str()).ok_or(Reason::NoCheck)?;
    let bad = || Reason::BadField(name.to_owned());
    let json = source.fields.get(name).ok_or_else(|| Reason::MissingField(name.to_owned()))?;
    let account: ServiceAccount<'_> = serde_json::from_str(json).map_err(|_| bad())?;
    let key = json_text(account.private_key.get()).ok_or_else(bad)?;
    if account.kind != "service_account" {
        return Err(bad());
    }
    let token_uri = account.token_uri.as_deref().unwrap_or(TOKEN_URI);
    let entered = host::read(token_uri).ok_or_else(bad)?;
    if entered.plain || entered.host.port.is_some() || !HOSTS.contains(&entered.host.name.as_str()) {
        return Err(Reason::HostRefused(name.to_owned()));
    }
    let target = Target {
        authority: entered.host.name.clone(),
        path_and_query: Zeroizing::new(entered.rest.to_owned()),
    };
    let issued = now.duration_since(UNIX_EPOCH).map_err(|_| Reason::Clock)?;
    let scopes = source.value("scopes", None)?;
    let claims = json!({
        "iss": account.client_email,
        "scope": scope.or(scopes).unwrap_or(SCOPE),
        "aud": token_uri,
        "iat": issued.as_secs(),
        "exp": (issued + LIFE).as_secs(),
    });
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": account.private_key_id });
    let jwt = signed(&header, &claims, &key).ok_or_else(bad)?;
    let mut body = Zeroizing::new(String::with_capacity(jwt.len() + 128));
    parameter(&mut body, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    body.push('&');
    parameter(&mut body, "assertion", &jwt);
    let body = Some(Zeroizing::new(body.as_bytes().to_vec()));
    let mut request = Request { method: Method::Post, target, headers: Vec::new(), body };
    request.put_header("content-type", Zeroizing::new("application/x-www-form-urlencoded".to_owned()))?;
    Ok((request, account.client_email))
}

/// A JWT in its compact form (RFC 7515). `None`: that is no private key.
fn signed(header: &serde_json::Value, claims: &serde_json::Value, pem: &str) -> Option<Zeroizing<String>> {
    let key = RsaKeyPair::from_pkcs8(&pkcs8(pem)?).ok()?;
    let part = |value: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let mut jwt = Zeroizing::new(format!("{}.{}", part(header), part(claims)));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), jwt.as_bytes(), &mut signature).ok()?;
    jwt.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(&signature, &mut jwt);
    Some(jwt)
}

/// The key in a PEM text (RFC 7468). Read here, so that no buffer keeps part of it.
fn pkcs8(pem: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, rest) = pem.split_once("-----BEGIN PRIVATE KEY-----")?;
    let (inside, _) = rest.split_once("-----END PRIVATE KEY-----")?;
    let mut text = Zeroizing::new(String::with_capacity(inside.len()));
    text.extend(inside.split_ascii_whitespace());
    let mut der = Zeroizing::new(vec![0; text.len()]);
    let length = BASE64_STANDARD.decode_slice(text.as_bytes(), &mut der).ok()?;
    der.truncate(length);
    Some(der)
}
