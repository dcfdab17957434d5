//! A key that is certainly another provider's than the one it is kept for.

use secrecy::ExposeSecret as _;

use crate::{Found, Provider, Recognition, pattern, recognise};

/// Whose a secret is for certain, where that is not the provider in whose field it lies. `None`: it may be its own, or nobody
/// can tell, as where the catalogue does not know how its own keys look.
pub fn another_of(known: &Provider, key: &str, secret: &str) -> Option<&'static Provider> {
    let field = known.field(key).filter(|field| field.secret)?;
    let pattern = field.pattern.as_deref()?;
    let accepts = |text: &str| pattern::whole(pattern, text);
    let Recognition::Certain(found) = recognise(secret) else { return None };
    if found.provider.id == known.id || !found.has_secret() || accepts(secret) {
        return None;
    }
    let inside = |Found { provider, fields }: &Found| {
        let secrets = fields.iter().filter(|(key, _)| provider.field(key).is_some_and(|it| it.secret));
        secrets.clone().any(|(_, value)| accepts(value.expose_secret())) // looked at where it lies
    };
    (!inside(&found)).then_some(found.provider)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider;

    const GITHUB: &str = "ghp_Tq3nVw8bXkRzQw2Er4Ty6Ui8Op0As13DLAQT";
    const GROQ: &str = "gsk_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijAB";

    fn whose(id: &str, key: &str, secret: &str) -> Option<&'static str> {
        another_of(provider(id).unwrap(), key, secret).map(|other| other.id.as_str())
    }

    #[test]
    fn a_key_of_another_is_told_whatever_stands_around_it() {
        assert_eq!(whose("openai", "api_key", GROQ), Some("groq"));
        assert_eq!(whose("openai", "api_key", &format!("GROQ_API_KEY={GROQ}")), Some("groq"));
        assert_eq!(whose("openai", "api_key", &format!("\"{GROQ}\"")), Some("groq"));
    }

    #[test]
    fn its_own_and_what_nobody_can_tell_is_nobody_elses() {
        assert_eq!(whose("groq", "api_key", GROQ), None);
        assert_eq!(whose("openai", "api_key", "anything"), None);
        assert_eq!(whose("openai", "organization", GROQ), None, "no secret of its");
        assert_eq!(whose("openai", "nothing", GROQ), None);
        assert_eq!(whose("generic_http", "api_key", GROQ), None, "its keys have no shape");
        assert_eq!(whose("openai", "api_key", GITHUB), None, "with a typo nothing is certain");
    }

    #[test]
    fn no_provider_takes_its_own_shapes_for_anothers() {
        for known in crate::providers() {
            for shape in &known.recognise {
                for sample in &shape.samples {
                    assert!(another_of(known, &shape.field, sample).is_none(), "{} {sample}", known.id);
                }
            }
        }
    }
}
