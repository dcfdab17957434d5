//! AWS Signature Version 4: a request is signed with a key that itself never travels.

use std::time::SystemTime;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{
    fields::Fields,
    report::Reason,
    request::Request,
    target::{Target, parameter},
};
use crate::catalogue::Method;

/// The region of AWS's global services.
const REGION: &str = "us-east-1";

/// Whose key it is: needs no permission, changes nothing.
const WHO: [(&str, &str); 2] = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")];

/// A key pair, and the token that belongs to one of limited time.
pub(super) struct Keys<'a> {
    pub(super) id: &'a str,
    secret: &'a str,
    session: Option<&'a str>,
}

impl<'a> Keys<'a> {
    /// Those of a credential, under the names that AWS gives them.
    pub(super) fn of(fields: &'a Fields) -> Result<Self, Reason> {
        let field = |name: &str| fields.get(name).ok_or_else(|| Reason::MissingField(name.to_owned()));
        Ok(Self {
            id: field("access_key_id")?,
            secret: field("secret_access_key")?,
            session: fields.get("session_token"),
        })
    }
}

/// The question whose key it is, signed.
pub(super) fn who(keys: &Keys<'_>, now: SystemTime) -> Result<Request, Reason> {
    question("sts.amazonaws.com", &WHO, keys, now)
}

/// A signed question to a global service, its parameters in the body.
pub(super) fn question(
    host: &str,
    form: &[(&str, &str)],
    keys: &Keys<'_>,
    now: SystemTime,
) -> Result<Request, Reason> {
    let mut text = Zeroizing::new(String::with_capacity(256));
    for (name, value) in form {
        if !text.is_empty() {
            text.push('&');
        }
        parameter(&mut text, name, value);
    }
    let target = Target { authority: host.to_owned(), path_and_query: Zeroizing::new("/".to_owned()) };
    let body = Some(Zeroizing::new(text.as_bytes().to_vec()));
    let mut request = Request { method: Method::Post, target, headers: Vec::new(), body };
    request.put_header("content-type", Zeroizing::new("application/x-www-form-urlencoded".to_owned()))?;
    sign(&mut request, keys, now)?;
    Ok(request)
}

/// Signs a request to a global service of AWS. All of its headers are signed; none can be added later.
pub(super) fn sign(request: &mut Request, keys: &Keys<'_>, now: SystemTime) -> Result<(), Reason> {
    let service = request.target.authority.split('.').next().unwrap_or_default().to_owned();
    let time =
        jiff::Timestamp::try_from(now).map_err(|_| Reason::Clock)?.strftime("%Y%m%dT%H%M%SZ").to_string();
    request.put_header("x-amz-date", Zeroizing::new(time.clone()))?;
    if let Some(session) = keys.session {
        request.put_header("x-amz-security-token", Zeroizing::new(session.to_owned()))?;
    }
    let (canonical, signed) = canonical(request);
    let authorization = authorization(keys, &canonical, &signed, &time, REGION, &service);
    request.put_header("authorization", authorization)
}

/// The request in its canonical form, and the names of its headers.
fn canonical(request: &Request) -> (Zeroizing<String>, String) {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Delete => "DELETE",
    };
    let (path, query) =
        request.target.path_and_query.split_once('?').unwrap_or((&request.target.path_and_query, ""));
    let mut parameters: Vec<String> = query
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| if parameter.contains('=') { parameter.to_owned() } else { format!("{parameter}=") })
        .collect();
    parameters.sort_unstable();
    let mut headers: Vec<(&str, &str)> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.trim())).collect();
    headers.push(("host", &request.target.authority));
    headers.sort_unstable();
    let signed = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let mut text = Zeroizing::new(format!("{method}\n{path}\n{}\n", parameters.join("&")));
    for (name, value) in headers {
        text.push_str(name);
        text.push(':');
        text.push_str(value);
        text.push('\n');
    }
    let body = request.body.as_ref().map(|body| body.as_slice()).unwrap_or_default();
    text.push_str(&format!("\n{signed}\n{}", hash(body)));
    (text, signed)
}

fn authorization(
    keys: &Keys<'_>,
    canonical: &str,
    signed: &str,
    time: &str,
    region: &str,
    service: &str,
) -> Zeroizing<String> {
    let day = time.split('T').next().unwrap_or_default();
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hash(canonical.as_bytes()));
    let start = Zeroizing::new(format!("AWS4{}", keys.secret));
    let steps = [day, region, service, "aws4_request", &to_sign];
    let signature =
        steps.iter().fold(Zeroizing::new(start.as_bytes().to_vec()), |key, step| mac(&key, step.as_bytes()));
    Zeroizing::new(format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed}, Signature={}",
        keys.id,
        HEXLOWER.encode(&signature)
    ))
}

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

fn mac(key: &[u8], message: &[u8]) -> Zeroizing<Vec<u8>> {
    // HMAC takes keys of any length; there is no error to be had.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Zeroizing::default() };
    mac.update(message);
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The credentials, time and answers of AWS's own test suite for Signature Version 4.
    fn signature(method: Method, path_and_query: &str, headers: &[(&str, &str)], body: &str) -> String {
        let fields = Fields::new()
            .with("access_key_id", "AKIDEXAMPLE")
            .with("secret_access_key", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned().into()));
        let request = Request {
            method,
            target: Target {
                authority: "example.amazonaws.com".to_owned(),
                path_and_query: path_and_query.to_owned().into(),
            },
            headers: headers
                .chain([("x-amz-date".to_owned(), "20150830T123600Z".to_owned().into())])
                .collect(),
            body: (!body.is_empty()).then(|| body.as_bytes().to_vec().into()),
        };
        let (canonical, signed) = canonical(&request);
        let keys = Keys::of(&fields).unwrap();
        let all = authorization(&keys, &canonical, &signed, "20150830T123600Z", "us-east-1", "service");
        assert!(all.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="
        ));
        all.rsplit('=').next().unwrap().to_owned()
    }

    #[test]
    fn the_published_test_vectors_are_met() {
        // get-vanilla, get-vanilla-query-order-key-case, post-vanilla, post-x-www-form-urlencoded.
        assert_eq!(
            signature(Method::Get, "/", &[], ""),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        assert_eq!(
            signature(Method::Get, "/?Param2=value2&Param1=value1", &[], ""),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        );
        assert_eq!(
            signature(Method::Post, "/", &[], ""),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        );
        let form = [("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(
            signature(Method::Post, "/", &form, "Param1=value1"),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        );
    }
}
