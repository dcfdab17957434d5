//! `keymoor.toml`: what the programs of a project are lent. Names only, so that it can lie among its sources.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use keymoor_protocol::RecordId;
use keymoor_providers::{Recognition, recognise};

use super::asked::{self, Asked};
use crate::{input, words::Failure};

const NAME: &str = "keymoor.toml";
/// No provider's keys are shorter, in bytes.
const SHORTEST: usize = 16;

/// A file that was found.
pub(super) struct Project {
    pub(super) path: PathBuf,
    pub(super) asked: Asked,
}

/// Why a file is not followed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ProjectError {
    /// It belongs to another user, or others may write it: whoever could change it would choose what is lent.
    OfOthers,
    /// It is no TOML, from this line on.
    NotToml(usize),
    /// It has a member of this name, which means nothing.
    Unknown(String),
    /// This member is no list of texts.
    NotTexts(&'static str),
    /// A secret stands in it.
    Secret,
    /// It names nothing.
    Empty,
}

/// The file in this folder, or in the nearest one above that has one.
///
/// # Errors
/// [`Failure::Project`]: one that cannot be followed is no reason to take another.
pub(super) fn nearest(from: &Path) -> Result<Option<Project>, Failure> {
    for folder in from.ancestors() {
        let path = folder.join(NAME);
        match File::open(&path) {
            Ok(file) => return read(path, file).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::File { path, error: error.kind().into() }),
        }
    }
    Ok(None)
}

fn read(path: PathBuf, file: File) -> Result<Project, Failure> {
    let read = |file: File| -> Result<Result<Asked, ProjectError>, input::FileError> {
        if !is_own(&file) {
            return Ok(Err(ProjectError::OfOthers));
        }
        Ok(understood(&input::text_of(file)?))
    };
    match read(file) {
        Ok(Ok(asked)) => Ok(Project { path, asked }),
        Ok(Err(error)) => Err(Failure::Project { path, error }),
        Err(error) => Err(Failure::File { path, error }),
    }
}

/// Whether nobody else can change it. Many systems give each user a group of the same number, alone in it.
#[cfg(unix)]
fn is_own(file: &File) -> bool {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    let Ok(there) = file.metadata() else { return false };
    let (user, mode) = (rustix::process::geteuid().as_raw(), there.permissions().mode());
    let own_group = there.gid() == user && there.gid() == rustix::process::getegid().as_raw();
    let by_others = mode & 0o002 != 0 || (mode & 0o020 != 0 && !own_group);
    [user, 0].contains(&there.uid()) && !by_others
}

/// On Windows the rights of the folder say it.
#[cfg(not(unix))]
fn is_own(_: &File) -> bool {
    true
}

fn understood(text: &str) -> Result<Asked, ProjectError> {
    // What the parser says of an error would repeat the line, and a key could stand there.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        ProjectError::NotToml(1 + before.matches('\n').count())
    })?;
    let mut asked = Asked { with: Vec::new(), services: Vec::new() };
    for (member, value) in table {
        match member.as_str() {
            "with" => asked.with = texts("with", value)?,
            "services" => asked.services = texts("services", value)?,
            _ if is_secret(&member) => return Err(ProjectError::Secret),
            _ => return Err(ProjectError::Unknown(member)),
        }
    }
    if asked.with.is_empty() && asked.services.is_empty() { Err(ProjectError::Empty) } else { Ok(asked) }
}

fn texts(member: &'static str, value: toml::Value) -> Result<Vec<String>, ProjectError> {
    let toml::Value::Array(values) = value else { return Err(ProjectError::NotTexts(member)) };
    let text = |value| match value {
        toml::Value::String(text) if has_secret(&text) => Err(ProjectError::Secret),
        toml::Value::String(text) => Ok(text),
        _ => Err(ProjectError::NotTexts(member)),
    };
    values.into_iter().map(text).collect()
}

/// Whether a key stands where names belong.
fn has_secret(text: &str) -> bool {
    let parts = match asked::taken_apart(text) {
        Some((name, field, variable)) => [name, field.unwrap_or_default(), variable],
        None => [text, "", ""],
    };
    // After a provider, too.
    parts.into_iter().any(|part| is_secret(part) || part.split('/').skip(1).any(is_secret))
}

fn is_secret(text: &str) -> bool {
    // Most names are shorter, and need no look at every shape there is.
    if text.len() < SHORTEST {
        return false;
    }
    match recognise(text) {
        Recognition::Unknown => false,
        // An id of a credential has the shape of some providers' keys.
        Recognition::Candidates(_) => text.parse::<RecordId>().is_err(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn error(text: &str) -> ProjectError {
        understood(text).err().unwrap()
    }

    fn sample(provider: &str) -> &'static str {
        let provider = keymoor_providers::provider(provider).unwrap();
        &provider.recognise.iter().find(|shape| !shape.ambiguous).unwrap().samples[0]
    }

    #[test]
    fn names_and_services_are_read_and_nothing_else() {
        let text =
            "# for the app\nwith = [\"work\", \"aws/prod\", \"github=GH_TOKEN\"]\nservices = [\"ga4\"]\n";
        let asked = understood(text).unwrap();
        assert_eq!(asked.with, ["work", "aws/prod", "github=GH_TOKEN"]);
        assert_eq!(asked.services, ["ga4"]);
        let id = "with = [\"01890a5d-ac96-774b-bcce-b302099a8057\"]";
        assert_eq!(understood(id).unwrap().with.len(), 1, "an id is a name, too");

        assert_eq!(
            error("with = [\"work\"]\nservice = [\"ga4\"]"),
            ProjectError::Unknown("service".to_owned())
        );
        assert_eq!(error("with = [\"work\"]\n\nservices = [\"ga4"), ProjectError::NotToml(3));
        assert_eq!(error("with = \"work\""), ProjectError::NotTexts("with"));
        assert_eq!(error("services = [1]"), ProjectError::NotTexts("services"));
        for empty in ["", "with = []"] {
            assert_eq!(error(empty), ProjectError::Empty);
        }
    }

    #[test]
    fn a_secret_is_refused_wherever_it_stands() {
        let (openai, github) = (sample("openai"), sample("github"));
        for text in [
            format!("with = [\"{openai}\"]"),
            format!("with = [\"openai/{openai}\"]"),
            format!("with = [\"github={github}\"]"),
            format!("with = [\"github=token:{github}\"]"),
            format!("services = [\"openai\", \"{openai}\"]"),
            format!("{openai} = 1"),
        ] {
            assert_eq!(error(&text), ProjectError::Secret);
        }
    }

    #[test]
    fn no_key_is_too_short_to_be_looked_at() {
        let samples = keymoor_providers::providers()
            .flat_map(|provider| &provider.recognise)
            .flat_map(|shape| &shape.samples);
        let shortest = samples.map(String::len).min().unwrap();
        assert!(shortest >= SHORTEST, "{shortest}");
    }

    #[test]
    fn the_nearest_counts_also_if_it_is_of_no_use() {
        let place = tempfile::tempdir().unwrap();
        let inner = place.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let from = |folder: &Path| nearest(folder).unwrap().map(|project| project.asked.with);
        fs::write(place.path().join(NAME), "with = [\"outer\"]").unwrap();
        assert_eq!(from(&inner).unwrap(), ["outer"]);
        fs::write(place.path().join("a").join(NAME), "with = [\"inner\"]").unwrap();
        assert_eq!(from(&inner).unwrap(), ["inner"]);
        fs::write(inner.join(NAME), "").unwrap();
        let failed = nearest(&inner).err();
        assert!(matches!(failed, Some(Failure::Project { error: ProjectError::Empty, .. })), "{failed:?}");
    }

    #[cfg(unix)]
    #[test]
    fn what_others_may_write_is_not_followed() {
        use std::os::unix::fs::PermissionsExt as _;

        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(NAME);
        fs::write(&path, "with = [\"work\"]").unwrap();
        for (mode, followed) in [(0o644, true), (0o600, true), (0o646, false), (0o666, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let failed = nearest(place.path()).err();
            let refused = matches!(failed, Some(Failure::Project { error: ProjectError::OfOthers, .. }));
            assert_eq!(refused, !followed, "{mode:o}: {failed:?}");
        }
    }
}
