//! Which fields say where a key goes.

use super::{FieldKind, Provider};
use crate::verify::names_in;

impl Provider {
    /// Whether a field has a part in the address that a key of this provider is sent to: as a host or address of its own, or
    /// anywhere in one. With another value the key may reach somebody else, also one below the provider's own domain.
    pub fn says_where(&self, key: &str) -> bool {
        let is_address = self.field(key).is_some_and(|field| {
            matches!(field.kind, FieldKind::Host | FieldKind::Url) || !field.hosts.is_empty()
        });
        is_address || self.sent_to().any(|url| names_in(url).any(|name| name == key))
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

#[cfg(test)]
mod tests {
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
                let says = provider.says_where(&field.key);
                assert_eq!(says, is_named || is_address, "{}.{}", provider.id, field.key);
                if field.hosts.iter().any(|host| host == "*") {
                    any.push(format!("{}.{}", provider.id, field.key));
                }
            }
            assert!(!provider.says_where("nothing"), "{}", provider.id);
        }
        // A host of any name: whoever adds one here has thought of who may change it.
        any.sort();
        let known =
            ["generic_http.base_url", "generic_http.check_url", "github.host", "gitlab.host", "sentry.url"];
        assert_eq!(any, known);
    }

    #[test]
    fn a_label_in_front_of_the_providers_domain_says_where_too() {
        let says = |id: &str, key: &str| crate::provider(id).unwrap().says_where(key);
        for (id, key) in
            [("snowflake", "account"), ("bedrock_api_key", "region"), ("azure_openai", "endpoint")]
        {
            assert!(says(id, key), "{id}.{key}");
        }
        assert!(!says("generic_http", "header") && !says("sentry", "org") && !says("gitlab", "token"));
    }
}
