//! What is asked for: `NAME`, `NAME=VARIABLE`, `NAME=FIELD:VARIABLE`.

use keymoor_vault::{Error, Place, Wish};

use crate::{session::Session, words::Failure};

/// Credentials, as `--with` names them, and services.
pub(super) struct Asked {
    pub(super) with: Vec<String>,
    pub(super) services: Vec<String>,
}

/// What a text names. A name may have a `=` in it: the whole text goes first.
pub(super) fn wish(session: &mut Session, text: &str) -> Result<Wish, Failure> {
    let Some((name, field, variable)) = taken_apart(text) else {
        return Ok(Wish::Credential(session.find(text, Place::Active)?));
    };
    match session.vault.find(text, Place::Active) {
        Ok(id) => return Ok(Wish::Credential(id)),
        Err(Error::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    if !is_variable(variable) {
        return Err(Failure::NotAVariable(variable.to_owned()));
    }
    let id = session.find(name, Place::Active)?;
    Ok(Wish::Field { id, field: field.map(str::to_owned), variable: variable.to_owned() })
}

/// Name, field and variable.
pub(super) fn taken_apart(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let (name, rest) = text.rsplit_once('=')?;
    let (field, variable) = match rest.rsplit_once(':') {
        Some((field, variable)) => (Some(field), variable),
        None => (None, rest),
    };
    Some((name, field, variable))
}

/// Whether every program can look for it.
fn is_variable(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart_from_its_end() {
        assert_eq!(taken_apart("work"), None);
        assert_eq!(taken_apart("work=KEY"), Some(("work", None, "KEY")));
        assert_eq!(taken_apart("aws/a=b=id:KEY"), Some(("aws/a=b", Some("id"), "KEY")));
        assert_eq!(taken_apart("work="), Some(("work", None, "")));
    }

    #[test]
    fn variables_are_those_that_a_shell_can_name() {
        assert!(["A", "_a", "GH_TOKEN", "x2"].into_iter().all(is_variable));
        assert!(!["", "2x", "A-B", "A B", "Ä", "A=B"].into_iter().any(is_variable));
    }
}
