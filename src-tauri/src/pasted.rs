//! A pasted secret, as the fields that are in it: all of them, where the whole is one credential of the provider, such as a
//! pair or a document.

use keymoor_providers::{Found, Provider, Recognition, provider, recognise};
use keymoor_vault::{Field, Value};
use secrecy::{ExposeSecret as _, SecretString};

/// What a single secret is called, as on the command line.
const ONE_SECRET: &str = "secret";

/// The fields of a pasted secret of a provider.
pub(crate) fn pasted(id: &str, secret: SecretString) -> Vec<Field> {
    let Some(known) = provider(&id.trim().to_lowercase()) else { return vec![sealed(ONE_SECRET, secret)] };
    // Exposed to be looked at by its shape.
    if let Recognition::Certain(found) = recognise(secret.expose_secret())
        && found.provider.id == known.id
        && found.fields.len() > 1
    {
        return spread(found);
    }
    let name = known.secret_field().map_or(ONE_SECRET, |field| name_of(known, &field.key));
    vec![sealed(name, secret)]
}

/// What a secret field is called: by the catalogue only where there are several.
pub(crate) fn name_of<'n>(known: &Provider, key: &'n str) -> &'n str {
    if known.fields.iter().filter(|field| field.secret).count() > 1 { key } else { ONE_SECRET }
}

fn spread(found: Found) -> Vec<Field> {
    let known = found.provider;
    let field = |(key, value): (&'static str, SecretString)| match known.field(key) {
        Some(field) if field.secret => sealed(name_of(known, key), value),
        // Exposed where the catalogue says that it is no secret.
        _ => Field { name: key.to_owned(), value: Value::Open(value.expose_secret().to_owned()) },
    };
    found.fields.into_iter().map(field).collect()
}

fn sealed(name: &str, secret: SecretString) -> Field {
    Field { name: name.to_owned(), value: Value::Secret(secret) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(id: &str, text: &str) -> Vec<(String, bool)> {
        let fields = pasted(id, text.into());
        fields.into_iter().map(|field| (field.name, matches!(field.value, Value::Secret(_)))).collect()
    }

    fn named(name: &str, secret: bool) -> (String, bool) {
        (name.to_owned(), secret)
    }

    #[test]
    fn a_single_secret_is_one_field_whoever_it_is_of() {
        assert_eq!(names("OpenAI ", "sk-work"), [named("secret", true)]);
        assert_eq!(names("nobody", "sk-work"), [named("secret", true)]);
        assert_eq!(names("aws", "only the secret"), [named("secret_access_key", true)]);
    }

    #[test]
    fn a_pair_is_taken_apart_and_what_is_open_stays_open() {
        let pair = "AWS_ACCESS_KEY_ID=AKIAQWERTYUIOPASDFGH\nAWS_SECRET_ACCESS_KEY=0123456789abcdefghijABCDEFGHIJ0123456789\nAWS_REGION=eu-west-1";
        let found = names("aws", pair);
        assert!(found.contains(&named("secret_access_key", true)), "{found:?}");
        assert!(found.contains(&named("access_key_id", false)), "{found:?}");
        assert_eq!(names("openai", pair), [named("secret", true)], "of another provider it is kept as it is");
    }
}
