//! What is asked for: `NAME`, `NAME=VARIABLE`, `NAME=FIELD:VARIABLE`.

use keymoor_protocol::RecordId;
use keymoor_vault::{Error, Place, Wish};

use super::{secret, variable};
use crate::{session::Session, words::Failure};

/// Credentials, as `--with` names them, and services.
pub(super) struct Asked {
    pub(super) with: Vec<String>,
    pub(super) services: Vec<String>,
}

/// What a text names, and how that may be shown: of what follows the `=` only the variable. A name may have a `=` in it: the
/// whole text goes first.
pub(super) fn wish(session: &mut Session, text: &str) -> Result<(Wish, String), Failure> {
    let Some((name, field, variable)) = taken_apart(text) else {
        return Ok((Wish::Credential(find(session, text)?), text.to_owned()));
    };
    match session.vault.find(text, Place::Active) {
        Ok(id) => return Ok((Wish::Credential(id), text.to_owned())),
        Err(Error::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    variable::checked(variable)?;
    let id = find(session, name)?;
    let shown = format!("{name}={variable}");
    Ok((Wish::Field { id, field: field.map(str::to_owned), variable: variable.to_owned() }, shown))
}

/// A key in place of a name is not repeated.
fn find(session: &mut Session, name: &str) -> Result<RecordId, Failure> {
    let found = session.find(name, Place::Active);
    let is_key = || secret::is_in_text(name);
    found.map_err(|failure| match failure {
        Failure::NoSuchName { .. } if is_key() => Failure::KeyNamed,
        failure => failure,
    })
}

/// The service of that name; which there are the vault says.
pub(super) fn service(name: &str) -> Result<Wish, Failure> {
    if secret::is_in_text(name) { Err(Failure::KeyNamed) } else { Ok(Wish::Service(name.to_owned())) }
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
}
