//! Which secret field of a credential is meant: by its name, by the catalogue's name for it, or by none at all.
//!
//! Whoever reads (`get`, `run`, `verify`) and whoever writes (`add`, `edit`, `rotate`, the window, programs) goes by this, so
//! that a new value never comes to lie beside the one that it was to replace.

use keymoor_providers::{ONE_SECRET, Provider, provider};

use crate::content::{Meta, field};
use crate::error::Error;

/// The secret field that is meant where none is named: the only one, or the one called `secret`. `None`: there is none yet.
///
/// # Errors
/// [`Error::WhichField`] if it could be several.
pub fn unnamed<'n>(id: &str, secrets: &[&'n str]) -> Result<Option<&'n str>, Error> {
    let which = || Error::WhichField(secrets.iter().map(|name| (*name).to_owned()).collect());
    match secrets {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        // Where the field lies that `secret` stands for, that one is as likely to be meant.
        several => match several.iter().find(|name| **name == ONE_SECRET) {
            Some(one) if stands_for(id).is_none_or(|first| !several.contains(&first)) => Ok(Some(*one)),
            _ => Err(which()),
        },
    }
}

/// The same of a credential.
pub(crate) fn unnamed_in(meta: &Meta) -> Result<Option<&str>, Error> {
    unnamed(meta.text(field::PROVIDER), &secrets(meta))
}

/// The secret that is meant before all others: of those that the provider's form asks for the first, or else the one that is
/// meant where none is named. `None`: it could be several.
pub(crate) fn first<'n>(id: &str, secrets: &[&'n str]) -> Option<&'n str> {
    let asked = stands_for(id).filter(|_| !secrets.contains(&ONE_SECRET));
    let asked = secrets.iter().find(|name| Some(**name) == asked).copied();
    asked.or_else(|| unnamed(id, secrets).ok().flatten())
}

/// What the catalogue calls a field of a credential: its own name, or, for a single secret of a name that the catalogue does
/// not have, that of the field which the provider's form asks for first.
pub(crate) fn name_in_catalogue<'n>(meta: &Meta, name: &'n str) -> &'n str {
    let Some(parts) = meta.key().filter(|parts| parts.contains_key(name)) else { return name };
    let Some(provider) = provider(meta.text(field::PROVIDER)) else { return name };
    let alone = parts.len() == 1 || name == ONE_SECRET;
    match provider.secret_field() {
        Some(first) if alone && provider.field(name).is_none() && !parts.contains_key(&first.key) => {
            &first.key
        }
        _ => name,
    }
}

/// Where a secret of this name goes: the field of that name, or else the one that is the same to the catalogue.
pub(crate) fn place_of<'n>(meta: &'n Meta, name: &'n str) -> &'n str {
    let there = secrets(meta);
    let id = meta.text(field::PROVIDER);
    let wanted = match stands_for(id).filter(|_| name == ONE_SECRET) {
        Some(first) => first,
        None => name,
    };
    let is_it = |place: &&str| name_in_catalogue(meta, place) == wanted;
    let is_known = provider(id).is_some_and(|known| known.field(wanted).is_some());
    match there.contains(&name) || !is_known {
        true => name,
        false => there.into_iter().find(is_it).unwrap_or(name),
    }
}

/// What `secret` stands for with this provider.
fn stands_for(id: &str) -> Option<&'static str> {
    let known: &'static Provider = provider(id)?;
    let first = known.secret_field().filter(|_| known.field(ONE_SECRET).is_none())?;
    Some(&first.key)
}

fn secrets(meta: &Meta) -> Vec<&str> {
    meta.key().into_iter().flatten().map(|(name, _)| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use keymoor_protocol::ActorId;
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::add::{Field, Value, check};
    use crate::content::Content;
    use crate::verify::fields_of;

    const NEW: &str = "new";

    fn there(provider: &str, secrets: &[&str], open: &[&str]) -> Content {
        let mut action = Content::empty([1; 16], 0).act(ActorId([2; 16]), 0);
        action.set_text(field::PROVIDER, provider);
        let parts = secrets.iter().map(|name| ((*name).to_owned(), "old".into())).collect();
        action.set_secrets(parts, &BTreeSet::new());
        for name in open {
            action.set_text(&format!("{}{name}", field::OPEN), "old");
        }
        action.finish()
    }

    fn one(name: &str) -> (&str, Value) {
        (name, Value::One(NEW.into()))
    }

    fn secret(name: &str) -> (&str, Value) {
        (name, Value::Secret(NEW.into()))
    }

    fn open(name: &str) -> (&str, Value) {
        (name, Value::Open(NEW.to_owned()))
    }

    fn replaced(before: Content, given: Vec<(&str, Value)>) -> Result<Content, Error> {
        let fields = given.into_iter().map(|(name, value)| Field { name: name.to_owned(), value }).collect();
        let mut action = before.act(ActorId([2; 16]), 1);
        check(fields, Vec::new(), None)?.apply(&mut action)?;
        Ok(action.finish())
    }

    /// What lies there, `name=value`, open ones after the secret ones.
    fn lies(content: &Content) -> Vec<String> {
        let parts = content.meta.key().into_iter().flatten();
        let secrets = parts.map(|(name, shadow)| {
            format!("sealed {name}={}", content.secrets[&shadow.fingerprint].expose_secret())
        });
        secrets.chain(content.meta.open_fields().map(|(name, text)| format!("open {name}={text}"))).collect()
    }

    /// What its provider is asked with: also what programs are lent, under the catalogue's names.
    fn asked(content: &Content) -> Vec<String> {
        let all = fields_of(content);
        all.values().map(|(name, value)| format!("{name}={}", value.expose_secret())).collect()
    }

    #[test]
    fn what_is_secret_there_stays_secret_and_has_one_value() {
        let before = || there("aws", &["access_key_id", "secret_access_key"], &[]);
        let after = replaced(before(), vec![open("access_key_id"), secret("secret_access_key")]).unwrap();
        assert_eq!(lies(&after), ["sealed access_key_id=new", "sealed secret_access_key=new"]);
        assert_eq!(asked(&after), ["access_key_id=new", "secret_access_key=new"]);
        let after = replaced(there("acme", &["token"], &[]), vec![open("token")]).unwrap();
        assert_eq!(lies(&after), ["sealed token=new"], "whoever it is of");
        let after = replaced(there("acme", &["a"], &["b"]), vec![secret("b")]).unwrap();
        assert_eq!(lies(&after), ["sealed a=old", "sealed b=new"], "and what becomes secret is open no more");
    }

    #[test]
    fn a_single_secret_goes_where_the_one_before_lies() {
        for (provider, before, name) in [
            ("openai", "api_key", ONE_SECRET),
            ("openai", "key", ONE_SECRET),
            ("openai", ONE_SECRET, "api_key"),
            ("aws", ONE_SECRET, "secret_access_key"),
            ("aws", "secret_access_key", ONE_SECRET),
        ] {
            for given in [one(name), secret(name)] {
                let after = replaced(there(provider, &[before], &[]), vec![given]).unwrap();
                assert_eq!(lies(&after), [format!("sealed {before}=new")], "{provider} {before} {name}");
            }
        }
        let after = replaced(there("acme", &["token"], &[]), vec![one(ONE_SECRET)]).unwrap();
        assert_eq!(lies(&after), ["sealed token=new"]);
        let after = replaced(there("acme", &["token"], &[]), vec![secret(ONE_SECRET)]).unwrap();
        assert_eq!(lies(&after), ["sealed secret=new", "sealed token=old"], "a name that was said is kept");
    }

    #[test]
    fn what_could_be_several_is_asked_about() {
        let which = |content: Content, given| match replaced(content, given) {
            Err(Error::WhichField(names)) => names,
            other => panic!("{:?}", other.map(|content| lies(&content))),
        };
        let two = there("acme", &["key", "token"], &[]);
        assert_eq!(which(two, vec![one(ONE_SECRET)]), ["key", "token"]);
        // One of them is lent and the other printed: no new value may go to only one.
        let both = there("openai", &["api_key", ONE_SECRET], &[]);
        assert_eq!(which(both, vec![one(ONE_SECRET)]), ["api_key", ONE_SECRET]);
        let two = there("acme", &["token", ONE_SECRET], &[]);
        let after = replaced(two, vec![one(ONE_SECRET)]).unwrap();
        assert_eq!(lies(&after), ["sealed secret=new", "sealed token=old"]);
        let given = vec![one(ONE_SECRET), secret("key")];
        assert!(matches!(replaced(there("acme", &["key"], &[]), given), Err(Error::Invalid(_))), "twice");
    }

    #[test]
    fn two_that_are_the_same_to_the_catalogue_do_not_lose_one() {
        let given = vec![("api_key", Value::Secret("a".into())), (ONE_SECRET, Value::Secret("b".into()))];
        let after = replaced(there("openai", &["api_key"], &[]), given).unwrap();
        assert_eq!(lies(&after), ["sealed api_key=a", "sealed secret=b"]);
    }
}
