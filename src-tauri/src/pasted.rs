//! A pasted secret, as the fields that are in it: all of them, where the whole is one credential of the provider, such as a
//! pair or a document.

use keymoor_providers::{Kept, kept, kept_as, provider};
use keymoor_vault::{Field, Value};
use secrecy::{ExposeSecret as _, SecretString};

/// The fields of a pasted secret of a provider.
pub(crate) fn pasted(id: &str, secret: SecretString) -> Vec<Field> {
    kept(provider(&id.trim().to_lowercase()), secret).into_iter().map(field).collect()
}

/// The same of what was pasted as a new value of one field: that field first.
pub(crate) fn pasted_as(id: &str, name: String, secret: SecretString) -> Vec<Field> {
    match provider(id).and_then(|known| kept_as(known, &name, &secret)) {
        Some((value, others)) => {
            let mut fields = vec![Field { name, value: Value::Secret(value) }];
            fields.extend(others.into_iter().map(field));
            fields
        }
        None => vec![Field { name, value: Value::Secret(secret) }],
    }
}

fn field(Kept { name, secret, value, .. }: Kept) -> Field {
    // Exposed where the catalogue says that it is no secret.
    let value = if secret { Value::Secret(value) } else { Value::Open(value.expose_secret().to_owned()) };
    Field { name: name.to_owned(), value }
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

    #[test]
    fn a_new_value_of_a_field_is_taken_apart_as_a_new_credential_is() {
        const GROQ: &str = "gsk_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijAB";
        for name in ["secret", "api_key"] {
            let fields = pasted_as("groq", name.to_owned(), format!("GROQ_API_KEY='{GROQ}'").into());
            let [Field { name: kept, value: Value::Secret(secret) }] = fields.as_slice() else {
                panic!("{name}")
            };
            assert_eq!((kept.as_str(), secret.expose_secret()), (name, GROQ));
        }
        let pair = "AWS_ACCESS_KEY_ID=AKIAQWERTYUIOPASDFGH\nAWS_SECRET_ACCESS_KEY=0123456789abcdefghijABCDEFGHIJ0123456789";
        let fields = pasted_as("aws", "secret_access_key".to_owned(), pair.into());
        let names: Vec<_> = fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["secret_access_key", "access_key_id"]);
    }

    #[test]
    fn what_the_window_says_it_recognised_is_what_it_saves() {
        const GROQ: &str = "gsk_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijAB";
        for text in [format!("\"{GROQ}\""), format!("GROQ_API_KEY={GROQ}"), format!(" {GROQ}\n")] {
            let fields = pasted("groq", text.clone().into());
            let [Field { name, value: Value::Secret(secret) }] = fields.as_slice() else { panic!("{text}") };
            assert_eq!((name.as_str(), secret.expose_secret()), ("secret", GROQ), "{text}");
        }
    }
}
