//! A request as a file of `tests/wire/` has it, held against one that came.

use std::{collections::BTreeMap, sync::OnceLock};

use aws_lc_rs::{
    encoding::AsDer as _,
    rsa::KeySize,
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey},
};
use base64::{Engine as _, prelude::*};
use serde::Deserialize;
use serde_json::Value;

use crate::server::Seen;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    method: String,
    pub(crate) url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    form: Option<BTreeMap<String, String>>,
    jwt: Option<Jwt>,
    /// The body must not be JSON.
    #[serde(default)]
    not_json: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwt {
    parameter: String,
    header: Value,
    claims: Value,
}

impl Request {
    /// Whether that is the request, to one of its addresses.
    pub(crate) fn compare(&self, url: &str, seen: &Seen) -> Result<(), String> {
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

pub(crate) fn same<T: PartialEq + std::fmt::Debug + ?Sized>(
    what: &str,
    wanted: &T,
    given: &T,
) -> Result<(), String> {
    if wanted == given { Ok(()) } else { Err(format!("{what}: {given:?} instead of {wanted:?}")) }
}

pub(crate) fn host_of(url: &str) -> &str {
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
pub(crate) fn rsa() -> &'static (String, Vec<u8>) {
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
