//! What is wrong with a value before anything is sent.

use crate::{Field, FieldKind, Provider, pattern, recognise::holds, verify::host};

/// What is wrong with a value. It never says what the value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// The provider has no such field.
    #[error("the provider has no such field")]
    NoSuchField,
    /// It is empty, and the credential is of no use without it.
    #[error("it is required")]
    Missing,
    /// It has white space around it, a line break or another character that cannot be sent.
    #[error("it has characters that do not belong to it")]
    Characters,
    /// It does not look as the provider's values do.
    #[error("it does not look as the provider's values do")]
    Shape,
    /// Its checksum is wrong: it has a typo.
    #[error("its checksum is wrong")]
    Checksum,
    /// It is no host or address.
    #[error("it is no address")]
    NotAnAddress,
    /// It is an address of somebody else.
    #[error("it is not an address of this provider")]
    ForeignHost,
    /// It begins with `http://`, so that everybody on the way could read the key.
    #[error("it is not encrypted")]
    NotEncrypted,
    /// It is no JSON document.
    #[error("it is no JSON document")]
    NotJson,
}

impl FieldProblem {
    /// Whether the value can be kept all the same, if the user says so: providers change what their keys look like.
    pub fn may_be_kept(self) -> bool {
        matches!(self, Self::Shape | Self::Checksum)
    }
}

/// Whether a value fits its field.
///
/// # Errors
///
/// What is wrong with it.
pub fn check_field(provider: &Provider, key: &str, value: &str) -> Result<(), FieldProblem> {
    let field = provider.field(key).ok_or(FieldProblem::NoSuchField)?;
    if value.is_empty() {
        let needed = field.required && field.default.is_none();
        return if needed { Err(FieldProblem::Missing) } else { Ok(()) };
    }
    match field.kind {
        FieldKind::Json => {
            serde_json::from_str::<serde::de::IgnoredAny>(value).map_err(|_| FieldProblem::NotJson)?;
            let object = value.trim_start().starts_with('{');
            return if object { Ok(()) } else { Err(FieldProblem::NotJson) };
        }
        FieldKind::Text if value.trim() != value && field.pattern.is_some() => {
            return Err(FieldProblem::Characters);
        }
        _ if value.chars().any(char::is_control) => return Err(FieldProblem::Characters),
        FieldKind::Text => {}
        FieldKind::Host | FieldKind::Url => {
            pinned(field, value)?;
        }
    }
    if field.pattern.as_deref().is_some_and(|pattern| !pattern::whole(pattern, value)) {
        return Err(FieldProblem::Shape);
    }
    checksum(provider, key, value)
}

/// The same rule as when a key is sent, told earlier.
fn pinned(field: &Field, value: &str) -> Result<(), FieldProblem> {
    let entered = host::read(value).ok_or(FieldProblem::NotAnAddress)?;
    if !host::is_pinned(&entered.host.name, &field.hosts) {
        return Err(FieldProblem::ForeignHost);
    }
    // To the provider's own hosts `http://` is read as it was meant.
    let own = field.hosts.iter().any(|host| host == "*");
    if entered.plain && own { Err(FieldProblem::NotEncrypted) } else { Ok(()) }
}

fn checksum(provider: &Provider, key: &str, value: &str) -> Result<(), FieldProblem> {
    let mut shapes = provider
        .recognise
        .iter()
        .filter(|it| it.field == key && pattern::whole(&it.pattern, value))
        .peekable();
    let fails = |checksum| !holds(checksum, value);
    let wrong = shapes.peek().is_some() && shapes.all(|it| !it.ambiguous && it.checksum.is_some_and(fails));
    if wrong { Err(FieldProblem::Checksum) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider;

    fn problem(id: &str, key: &str, value: &str) -> Option<FieldProblem> {
        check_field(provider(id).unwrap(), key, value).err()
    }

    #[test]
    fn a_typo_is_told_and_may_be_kept() {
        let groq = "gsk_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijAB";
        assert_eq!(problem("groq", "api_key", groq), None);
        assert_eq!(problem("groq", "api_key", &groq[..50]), Some(FieldProblem::Shape));
        assert_eq!(problem("groq", "api_key", &format!("{groq} ")), Some(FieldProblem::Characters));
        assert_eq!(problem("groq", "api_key", ""), Some(FieldProblem::Missing));
        assert_eq!(problem("groq", "other", "x"), Some(FieldProblem::NoSuchField));
        let github = |token| problem("github", "token", token);
        assert_eq!(github("ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000"), Some(FieldProblem::Checksum));
        assert_eq!(github(&provider("github").unwrap().recognise[0].samples[0]), None);
        assert_eq!(github("ghs_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000"), None, "may be without a checksum");
        assert!(FieldProblem::Shape.may_be_kept() && FieldProblem::Checksum.may_be_kept());
        assert!(!FieldProblem::ForeignHost.may_be_kept() && !FieldProblem::NotAnAddress.may_be_kept());
    }

    #[test]
    fn a_host_is_pinned_to_the_provider() {
        let shop = |host| problem("shopify_admin_token", "shop", host);
        for host in ["acme.myshopify.com", "ACME.myshopify.com", "https://acme.myshopify.com/admin"] {
            assert_eq!(shop(host), None, "{host}");
        }
        for host in [
            "acme.example.com",
            "myshopify.com",
            ".myshopify.com",
            "acme.myshopify.com.example.com",
            "evilmyshopify.com",
            "https://acme.example.com/.myshopify.com",
            "acme.example.com#.myshopify.com",
            "acme.example.com?.myshopify.com",
        ] {
            assert!(
                matches!(shop(host), Some(FieldProblem::ForeignHost | FieldProblem::NotAnAddress)),
                "{host}"
            );
        }
        for host in [
            "acme.myshopify.com@example.com",
            "user@acme.myshopify.com",
            "ftp://acme.myshopify.com",
            "acme.myshopify.com:x",
            "acme myshopify.com",
            "a..myshopify.com",
            "[fe80::1]",
            "acme\u{2044}.myshopify.com",
        ] {
            assert_eq!(shop(host), Some(FieldProblem::NotAnAddress), "{host}");
        }
        assert_eq!(problem("gitlab", "host", "git.example.com:8443"), None, "a server of one's own");
        assert_eq!(problem("qdrant_cluster", "url", "https://a.eu.cloud.qdrant.io:6333"), None);
        assert_eq!(problem("gitlab", "host", "http://git.example.com"), Some(FieldProblem::NotEncrypted));
        assert_eq!(problem("datadog", "site", "datadoghq.eu"), None);
        assert_eq!(problem("datadog", "site", "datadoghq.example"), Some(FieldProblem::ForeignHost));
        assert_eq!(
            problem("discord_webhook", "url", "https://discord.example/api"),
            Some(FieldProblem::ForeignHost)
        );
    }

    #[test]
    fn a_json_key_is_a_document() {
        let key = |value| problem("google_service_account", "json", value);
        assert_eq!(key("{\n \"type\": \"service_account\"\n}"), None);
        assert_eq!(key("{\"type\":"), Some(FieldProblem::NotJson));
        assert_eq!(key("\"text\""), Some(FieldProblem::NotJson));
    }
}
