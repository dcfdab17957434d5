//! What is sent: every field that a text names exists, and a key goes nowhere but to hosts that are the provider's.

use keymoor_providers::{
    Auth, Check, FieldKind, Kind, Provider, RevocationKind, Service, providers, services,
};

use super::none;

/// The names in braces, without what stands in for an empty field.
fn named(text: &str) -> Vec<&str> {
    let inside = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    inside.map(|(name, _)| name.split_once(':').map_or(name, |(name, _)| name)).collect()
}

/// The host of a text with braces.
fn host(url: &str) -> &str {
    let rest = url.strip_prefix("https://").unwrap_or(url);
    let mut depth = 0_i32;
    let end = rest.find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0 && (c == '/' || c == '?')
    });
    &rest[..end.unwrap_or(rest.len())]
}

fn of_auth(auth: &[Auth]) -> Vec<String> {
    let texts = auth.iter().flat_map(|auth| match auth {
        Auth::Header { name, value } | Auth::Query { name, value } => vec![name.clone(), value.clone()],
        Auth::Basic { user, password } => vec![user.clone(), password.clone()],
        Auth::Url | Auth::Token | Auth::Signature => Vec::new(),
    });
    texts.collect()
}

fn urls(check: &Check) -> Vec<String> {
    let instead = check.instead.iter().map(|instead| &instead.url);
    [&check.url].into_iter().chain(instead).chain(&check.elsewhere).cloned().collect()
}

fn of_check(check: &Check) -> Vec<String> {
    let mut texts = urls(check);
    texts.extend(of_auth(check.auth.as_deref().unwrap_or_default()));
    texts.extend(check.headers.values().cloned());
    texts.extend(check.form.iter().flatten().map(|(_, value)| value.clone()));
    texts.extend(check.json.iter().flat_map(strings));
    texts
}

/// The texts in a JSON body; braces that GraphQL has of its own hold more than a name.
fn strings(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) if !text.contains("{ ") => vec![text.clone()],
        serde_json::Value::Array(values) => values.iter().flat_map(strings).collect(),
        serde_json::Value::Object(values) => values.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

fn of_provider(provider: &Provider) -> Vec<String> {
    let mut texts: Vec<String> = provider.console.iter().cloned().collect();
    if let Some(endpoint) = &provider.endpoint {
        texts.push(endpoint.base.clone());
        texts.extend(of_auth(&endpoint.auth));
        texts.extend(endpoint.headers.values().cloned());
    }
    texts.extend(provider.verify.iter().flat_map(of_check));
    if let Some(revoke) = &provider.rotation.revoke {
        texts.push(revoke.url.clone());
        texts.extend(of_auth(revoke.auth.as_deref().unwrap_or_default()));
        texts.extend(revoke.headers.values().cloned());
        texts.extend(revoke.json.iter().flat_map(strings));
    }
    texts
}

#[test]
fn every_field_that_a_text_names_exists() {
    let mut wrong = Vec::new();
    for provider in providers() {
        let texts = of_provider(provider);
        for name in texts.iter().flat_map(|text| named(text)).filter(|name| provider.field(name).is_none()) {
            wrong.push(format!("{}: no field {name}", provider.id));
        }
        for instead in provider.verify.iter().flat_map(|check| &check.instead) {
            for name in instead.when.keys().filter(|name| provider.field(name).is_none()) {
                wrong.push(format!("{}: no field {name}", provider.id));
            }
        }
        for name in provider.rotation.revoke.iter().flat_map(|revoke| &revoke.unless) {
            if provider.field(name).is_none() {
                wrong.push(format!("{}: no field {name}", provider.id));
            }
        }
    }
    for service in services() {
        let texts: Vec<_> = service.verify.iter().flat_map(of_check).collect();
        let known = |name: &str| {
            service.setting(name).is_some() || accepted(service).all(|it| it.field(name).is_some())
        };
        for name in texts.iter().flat_map(|text| named(text)).filter(|name| !known(name)) {
            wrong.push(format!("{}: no setting {name}", service.id));
        }
    }
    none(&wrong);
}

fn accepted(service: &Service) -> impl Iterator<Item = &'static Provider> {
    service.accepts.iter().filter_map(|id| keymoor_providers::provider(id))
}

#[test]
fn a_field_in_a_host_is_pinned() {
    let mut wrong = Vec::new();
    for provider in providers() {
        let mut all: Vec<String> = provider.endpoint.iter().map(|endpoint| endpoint.base.clone()).collect();
        all.extend(provider.verify.iter().flat_map(urls));
        all.extend(provider.rotation.revoke.iter().map(|revoke| revoke.url.clone()));
        for url in all.iter().filter(|url| !url.is_empty()) {
            if !url.starts_with("https://") && !url.starts_with('{') {
                wrong.push(format!("{}: {url} is not https://", provider.id));
            }
            for field in named(host(url)).into_iter().filter_map(|name| provider.field(name)) {
                let pinned = match field.kind {
                    FieldKind::Host | FieldKind::Url => !field.hosts.is_empty(),
                    FieldKind::Text => field.pattern.is_some() && !host(url).ends_with('}'),
                    FieldKind::Json => false,
                };
                if !pinned {
                    wrong.push(format!("{}: {} stands in {url} and is not pinned", provider.id, field.key));
                }
            }
        }
        for field in &provider.fields {
            if field.hosts.is_empty() == matches!(field.kind, FieldKind::Host | FieldKind::Url)
                && provider.verify.as_ref().is_none_or(|check| check.kind != Kind::Postgres)
            {
                wrong.push(format!("{}: hosts belong to a host or an address: {}", provider.id, field.key));
            }
        }
    }
    none(&wrong);
}

#[test]
fn a_pattern_in_a_host_lets_no_other_host_in() {
    for (id, key, good) in
        [("snowflake", "account", "acme-eu1"), ("bedrock_api_key", "region", "eu-central-1")]
    {
        let pattern = keymoor_providers::provider(id).unwrap().field(key).unwrap().pattern.clone().unwrap();
        let regex = regex::Regex::new(&format!("^(?:{pattern})$")).unwrap();
        assert!(regex.is_match(good));
        for bad in
            ["evil.example/", "evil.example?", "evil.example#", "a@evil.example", "a b", "evil.example:1", ""]
        {
            assert!(!regex.is_match(bad), "{id}: {bad}");
        }
    }
}

#[test]
fn a_check_says_where_it_goes_and_with_what() {
    let mut wrong = Vec::new();
    for provider in providers() {
        let Some(check) = &provider.verify else { continue };
        let has_url = !check.url.is_empty();
        if has_url != (check.kind == Kind::Http) {
            wrong.push(format!("{}: an address belongs to a check by HTTP", provider.id));
        }
        let bodies = [check.json.is_some(), check.form.is_some(), check.text.is_some()];
        if bodies.iter().filter(|is| **is).count() > 1 {
            wrong.push(format!("{}: more than one body", provider.id));
        }
        let secret = provider.fields.iter().filter(|field| field.secret).map(|field| field.key.as_str());
        let mut sent = of_check(check);
        if check.auth.is_none() {
            sent.extend(provider.endpoint.iter().flat_map(|endpoint| of_auth(&endpoint.auth)));
        }
        let sent: Vec<&str> = sent.iter().flat_map(|text| named(text)).collect();
        if check.kind == Kind::Http && !secret.into_iter().any(|key| sent.contains(&key)) {
            wrong.push(format!("{}: no secret is sent, so that nothing can be learned", provider.id));
        }
    }
    none(&wrong);
}

#[test]
fn old_keys_are_revoked_by_request_where_that_is_known() {
    let by_one_request = ["github", "gitlab", "huggingface", "perplexity", "posthog", "slack", "vercel"]
        .map(|id| (id, RevocationKind::Http));
    for (id, kind) in by_one_request.into_iter().chain([("aws", RevocationKind::Aws)]) {
        let revoke = keymoor_providers::provider(id).unwrap().rotation.revoke.as_ref().unwrap();
        assert_eq!(revoke.kind, kind);
        assert_eq!(revoke.answers.is_empty(), kind == RevocationKind::Aws, "{id}");
    }
}
