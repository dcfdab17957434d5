//! Which fields say where a key goes: the one place that knows.

use super::{FieldKind, Provider};
use crate::verify::names_in;

/// What a field is in the addresses that a key of its provider is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// It stands in the path or in what follows it: with another value the key reaches the same host.
    Path,
    /// It is the host or a part of it, or the whole address: with another value the key reaches another host.
    Host,
}

impl Provider {
    /// What part a field has in the addresses that a key of this provider is sent to: as a host or address of its own, or
    /// anywhere in one. `None`: with another value the key goes where it went.
    pub fn part_in_address(&self, key: &str) -> Option<Part> {
        let is_address = self.field(key).is_some_and(|field| {
            matches!(field.kind, FieldKind::Host | FieldKind::Url) || !field.hosts.is_empty()
        });
        if is_address {
            return Some(Part::Host);
        }
        let stands_in = |text: &str| names_in(text).any(|name| name == key);
        let part = |url: &str| match stands_in(host_of(url)) {
            true => Some(Part::Host),
            false => stands_in(url).then_some(Part::Path),
        };
        self.sent_to().filter_map(part).max()
    }

    /// All that the catalogue has, with fields in braces.
    fn sent_to(&self) -> impl Iterator<Item = &str> {
        let checks = self.verify.iter();
        let checks = checks.flat_map(|check| {
            let instead = check.instead.iter().map(|instead| &instead.url);
            std::iter::once(&check.url).chain(instead).chain(&check.elsewhere)
        });
        let endpoint = self.endpoint.iter().map(|endpoint| &endpoint.base);
        let revoke = self.rotation.revoke.iter().map(|revoke| &revoke.url);
        checks.chain(endpoint).chain(revoke).map(String::as_str)
    }
}

/// What stands before the path.
fn host_of(url: &str) -> &str {
    let rest = url.strip_prefix("https://").unwrap_or(url);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::Part;
    use crate::{FieldKind, providers};

    #[test]
    fn no_field_of_any_provider_leads_a_key_elsewhere_unnoticed() {
        let mut any = Vec::new();
        for provider in providers() {
            let texts: Vec<&str> = provider.sent_to().collect();
            for field in &provider.fields {
                let is_named = texts.iter().any(|url| {
                    url.contains(&format!("{{{}}}", field.key)) || url.contains(&format!("{{{}:", field.key))
                });
                let is_address = matches!(field.kind, FieldKind::Host | FieldKind::Url);
                assert!(field.hosts.is_empty() || is_address, "{}.{}", provider.id, field.key);
                let part = provider.part_in_address(&field.key);
                assert_eq!(part.is_some(), is_named || is_address, "{}.{}", provider.id, field.key);
                if field.hosts.iter().any(|host| host == "*") {
                    any.push(format!("{}.{}", provider.id, field.key));
                }
            }
            assert_eq!(provider.part_in_address("nothing"), None, "{}", provider.id);
        }
        // A host of any name: whoever adds one here has thought of who may change it.
        any.sort();
        let known =
            ["generic_http.base_url", "generic_http.check_url", "github.host", "gitlab.host", "sentry.url"];
        assert_eq!(any, known);
    }

    #[test]
    fn a_label_in_front_of_the_providers_domain_leads_to_another_host_and_a_part_of_the_path_does_not() {
        let part = |id: &str, key: &str| crate::provider(id).unwrap().part_in_address(key);
        for (id, key) in [
            ("snowflake", "account"),
            ("bedrock_api_key", "region"),
            ("azure_openai", "endpoint"),
            ("datadog", "site"),
            ("discord_webhook", "url"),
        ] {
            assert_eq!(part(id, key), Some(Part::Host), "{id}.{key}");
        }
        for (id, key) in [("cloudflare", "account_id"), ("twilio", "account_sid"), ("telegram_bot", "token")]
        {
            assert_eq!(part(id, key), Some(Part::Path), "{id}.{key}");
        }
        for (id, key) in [("generic_http", "header"), ("sentry", "org"), ("gitlab", "token")] {
            assert_eq!(part(id, key), None, "{id}.{key}");
        }
    }
}
