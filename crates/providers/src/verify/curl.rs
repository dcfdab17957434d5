//! The question about a key as a command line of curl, for whoever wants to see what the provider answers.

use zeroize::Zeroizing;

use super::{Options, Question, fields::Fields, fill::Source, report::Reason, request::Request};
use crate::catalogue::{Auth, Kind, Method, Provider};
use crate::shell::{push_word, room};

/// Whether a provider's question is one plain request: none that is signed, that needs a token of another one, or that costs
/// something.
pub fn has_curl(provider: &Provider) -> bool {
    let Some(check) = &provider.verify else { return false };
    let endpoint = provider.endpoint.as_ref().map(|endpoint| endpoint.auth.as_slice());
    let auth = check.auth.as_deref().or(endpoint).unwrap_or_default();
    let is_plain = |auth: &Auth| !matches!(auth, Auth::Token | Auth::Signature);
    check.kind == Kind::Http && !check.side_effect && auth.iter().all(is_plain)
}

/// That request for a credential, with the key in it.
///
/// # Errors
/// [`Reason::NoCheck`] if it has none; otherwise why it would not be asked, as in [`super::verify`].
pub fn curl(provider: &Provider, fields: &Fields) -> Result<Zeroizing<String>, Reason> {
    let check = provider.verify.as_ref().filter(|_| has_curl(provider)).ok_or(Reason::NoCheck)?;
    let options = Options::default();
    let question = Question { provider, fields, check, ids: &[], scope: None, options: &options };
    match question.hindrance() {
        Some(reason) => Err(reason),
        None => written(&Request::of(check, question.address(), &Source { provider, fields }, None)?),
    }
}

fn written(request: &Request) -> Result<Zeroizing<String>, Reason> {
    let Request { method, target, headers, body } = request;
    let body =
        body.as_ref().map(|body| std::str::from_utf8(body)).transpose().map_err(|_| Reason::NoCheck)?;
    let url = joined("https://", &target.authority, &target.path_and_query);
    let headers: Vec<_> = (headers.iter())
        .map(|(name, value)| match value.as_str() {
            "" => joined(name, ";", ""), // else curl would take a header away
            value => joined(name, ": ", value),
        })
        .collect();
    let words = headers.iter().map(|header| header.as_str()).chain(body).chain([url.as_str()]);
    let needed = words.map(|word| room(word) + 20).sum::<usize>() + 64;
    let mut line = Zeroizing::new(String::with_capacity(needed));
    line.push_str("curl");
    if url.contains(['{', '}', '[', ']']) {
        line.push_str(" --globoff"); // they stand for themselves
    }
    line.push_str(match (method, body.is_some()) {
        (Method::Get, false) | (Method::Post, true) => "",
        (Method::Get, true) => " --request GET",
        (Method::Post, false) => " --request POST",
        (Method::Delete, _) => " --request DELETE",
    });
    let mut option = |name: &str, word: &str| {
        line.push_str(name);
        push_word(&mut line, word);
    };
    headers.iter().for_each(|header| option(" \\\n  --header ", header));
    body.into_iter().for_each(|body| option(" \\\n  --data-raw ", body));
    option(" \\\n  ", &url);
    Ok(line)
}

fn joined(one: &str, two: &str, three: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(one.len() + two.len() + three.len()));
    [one, two, three].into_iter().for_each(|part| text.push_str(part));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{provider, providers};

    #[test]
    fn the_key_stands_where_the_catalogue_says() {
        let line = curl(provider("openai").unwrap(), &Fields::new().with("api_key", "sk-it's")).unwrap();
        let wanted =
            "curl \\\n  --header 'authorization: Bearer sk-it'\\''s' \\\n  https://api.openai.com/v1/models";
        assert_eq!(line.as_str(), wanted);
    }

    #[test]
    fn it_is_not_there_for_what_is_signed_or_costs_something() {
        for id in ["aws", "google_service_account", "postgres"] {
            let known = provider(id).unwrap();
            assert!(!has_curl(known), "{id}");
            let all = known.fields.iter().fold(Fields::new(), |fields, field| fields.with(&field.key, "x"));
            assert_eq!(curl(known, &all).err(), Some(Reason::NoCheck), "{id}");
        }
        let is_wrong = |known: &&Provider| {
            let check = known.verify.as_ref();
            has_curl(known) && check.is_none_or(|check| check.side_effect || check.kind != Kind::Http)
        };
        assert_eq!(providers().filter(is_wrong).count(), 0);
        assert!(providers().filter(|known| has_curl(known)).count() > 20);
    }

    #[test]
    fn what_would_not_be_asked_is_not_written_either() {
        let openai = provider("openai").unwrap();
        assert_eq!(curl(openai, &Fields::new()).err(), Some(Reason::MissingField("api_key".to_owned())));
        let broken = Fields::new().with("api_key", "sk-a\nx-other: 1");
        assert!(matches!(curl(openai, &broken), Err(Reason::BadField(_))), "a line of its own");
        let shop = provider("shopify_admin_token").unwrap();
        let elsewhere = shop
            .fields
            .iter()
            .fold(Fields::new(), |fields, field| fields.with(&field.key, "evil.example.com"));
        assert!(curl(shop, &elsewhere).is_err(), "a host that is not the provider's");
    }
}
