//! What of a pasted text is kept as a credential of a provider, and under which names.
//!
//! What was recognised is what is kept: the secret, without the quotes or the `NAME=` around it.

use secrecy::{ExposeSecret as _, SecretString};

use crate::{Field, Found, Provider, Recognition, recognise};

/// What a secret is called in a credential of a single one.
pub const ONE_SECRET: &str = "secret";

/// A field as it is kept.
pub struct Kept {
    /// What it is called in a credential.
    pub name: &'static str,
    /// Whether it is sealed with the secrets.
    pub secret: bool,
    /// Whether it is just this field, as the text says. If not, it is the credential's one secret, whatever that is called
    /// there; the name is for where none is yet.
    pub named: bool,
    /// Its value. An open one too is sealed until its owner writes it down.
    pub value: SecretString,
}

impl Provider {
    /// Under which name a credential keeps a field: a secret by its key only where the provider has several.
    pub fn name_of<'n>(&self, field: &'n Field) -> &'n str {
        let several = self.fields.iter().filter(|field| field.secret).count() > 1;
        if field.secret && !several { ONE_SECRET } else { &field.key }
    }

    /// What a text holds that is said to be this provider's: what is recognised of it, or all of it as the field that its
    /// form asks for first. `None`: the provider has no secret field.
    pub fn found_in(&'static self, text: &str) -> Option<Found> {
        let first = self.secret_field()?;
        Some(self.recognised_in(text).unwrap_or_else(|| Found {
            provider: self,
            fields: vec![(first.key.as_str(), SecretString::from(text))],
        }))
    }

    /// What of a text is recognised as this provider's, with a secret in it.
    fn recognised_in(&'static self, text: &str) -> Option<Found> {
        let first = self.secret_field()?;
        // Of several shapes that a single word may have, the one that is asked for.
        let is_first = |found: &Found| found.provider.id == self.id && found.value(&first.key).is_some();
        let found = match recognise(text) {
            Recognition::Certain(found) | Recognition::Typo(found, _) => Some(found),
            Recognition::Candidates(found) => found.into_iter().find(is_first),
            Recognition::Several { .. } | Recognition::Unknown => None,
        };
        found.filter(|found| found.provider.id == self.id && found.has_secret())
    }
}

impl Found {
    /// Its fields as a credential keeps them.
    pub fn kept(self) -> impl Iterator<Item = Kept> {
        let provider = self.provider;
        self.fields.into_iter().map(move |(key, value)| match provider.field(key) {
            Some(field) => {
                let name = provider.name_of(field);
                Kept { name, secret: field.secret, named: name != ONE_SECRET, value }
            }
            None => Kept { name: key, secret: true, named: true, value },
        })
    }
}

/// What is kept of a secret of a provider: of one that the catalogue does not have, all of it.
pub fn kept(known: Option<&'static Provider>, secret: SecretString) -> Vec<Kept> {
    // Exposed to be looked at by its shape, and taken apart.
    if let Some(found) = known.and_then(|known| known.recognised_in(secret.expose_secret())) {
        return found.kept().collect();
    }
    let first = known.and_then(Provider::secret_field);
    let name = known.zip(first).map_or(ONE_SECRET, |(known, first)| known.name_of(first));
    vec![Kept { name, secret: true, named: false, value: secret }]
}

/// What of a text that was entered as one secret field of a provider's credential is that field, and what else was found
/// beside it. `None`: the text is kept as it is.
pub fn kept_as(
    known: &'static Provider,
    name: &str,
    secret: &SecretString,
) -> Option<(SecretString, Vec<Kept>)> {
    // Exposed to be looked at by its shape, and taken apart.
    let mut found = known.recognised_in(secret.expose_secret())?;
    let own = known.field(name).or_else(|| known.secret_field().filter(|_| name == ONE_SECRET))?;
    let at = found.fields.iter().position(|(key, _)| own.secret && *key == own.key)?;
    let (_, value) = found.fields.swap_remove(at);
    Some((value, found.kept().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider;

    const GROQ: &str = "gsk_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijAB";
    const SECRET: &str = "abcdefghij/KLMNOPQRST+0123456789abcdefghi";

    fn said(id: &str, text: &str) -> Vec<String> {
        let kept = kept(provider(id), text.into());
        kept.iter()
            .map(|it| {
                let how = if it.secret { "sealed" } else { "open" };
                format!("{how} {}={}", it.name, it.value.expose_secret())
            })
            .collect()
    }

    #[test]
    fn what_is_recognised_is_what_is_kept() {
        for text in [
            GROQ.to_owned(),
            format!("\"{GROQ}\""),
            format!("'{GROQ}'\n"),
            format!("GROQ_API_KEY={GROQ}"),
            format!("export GROQ_API_KEY=\"{GROQ}\""),
            format!("Authorization: Bearer {GROQ}"),
        ] {
            assert_eq!(said("groq", &text), [format!("sealed secret={GROQ}")], "{text}");
        }
        let pair = format!("AWS_ACCESS_KEY_ID=AKIAQ2W3E4R5T6Y7UIOP\nAWS_SECRET_ACCESS_KEY={}", &SECRET[..40]);
        let kept = said("aws", &pair);
        assert!(kept.contains(&"open access_key_id=AKIAQ2W3E4R5T6Y7UIOP".to_owned()), "{kept:?}");
        assert!(kept.contains(&format!("sealed secret_access_key={}", &SECRET[..40])), "{kept:?}");
    }

    #[test]
    fn what_could_be_of_several_is_taken_as_the_one_that_it_is_said_to_be_of() {
        const WORD: &str = "3b1f8a52-77c4-4e0e-9a39-5d0c2f6b1e84";
        for id in ["make", "vapi"] {
            assert_eq!(said(id, &format!("\"{WORD}\"")), [format!("sealed secret={WORD}")]);
        }
    }

    #[test]
    fn what_is_not_recognised_is_kept_as_it_is() {
        assert_eq!(said("openai", "\"pass word\""), ["sealed secret=\"pass word\""]);
        assert_eq!(said("nobody", &format!("\"{GROQ}\"")), [format!("sealed secret=\"{GROQ}\"")]);
        assert_eq!(
            said("openai", &format!("GROQ_API_KEY={GROQ}")),
            [format!("sealed secret=GROQ_API_KEY={GROQ}")]
        );
        // An id alone is not a secret that could go without one.
        assert_eq!(said("aws", "AKIAQ2W3E4R5T6Y7UIOP"), ["sealed secret_access_key=AKIAQ2W3E4R5T6Y7UIOP"]);
    }

    #[test]
    fn a_field_gets_what_is_its_own_of_a_text() {
        let as_field = |id: &str, name: &str, text: &str| {
            let (value, others) = kept_as(provider(id).unwrap(), name, &text.into())?;
            let others: Vec<_> = others.iter().map(|kept| kept.name).collect();
            Some((value.expose_secret().to_owned(), others))
        };
        let line = format!("export GROQ_API_KEY=\"{GROQ}\"");
        assert_eq!(as_field("groq", "secret", &line), Some((GROQ.to_owned(), vec![])));
        assert_eq!(as_field("groq", "api_key", &line), Some((GROQ.to_owned(), vec![])));
        assert_eq!(as_field("groq", "webhook", &line), None);
        assert_eq!(as_field("openai", "secret", &line), None);
        let pair = format!("AKIAQ2W3E4R5T6Y7UIOP\n{}", &SECRET[..40]);
        let both = Some((SECRET[..40].to_owned(), vec!["access_key_id"]));
        assert_eq!(as_field("aws", "secret_access_key", &pair), both);
        assert_eq!(as_field("aws", "secret", &pair), both);
        assert_eq!(as_field("aws", "session_token", &pair), None, "no part of it");
    }
}
