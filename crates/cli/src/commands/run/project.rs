//! `keymoor.toml`: what the programs of a project are lent. Names only, so that it can lie among its sources.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use super::{asked::Asked, secret};
use crate::{input, words::Failure};

const NAME: &str = "keymoor.toml";

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
    /// The same of its folder: whoever could change that would put another of the user's files there.
    FolderOfOthers,
    /// It is a link, which could lead to another project's, or no file at all.
    NoFile,
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
        match open(&path) {
            Ok(file) => return read(path, folder, file).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if is_link(&error) => {
                return Err(Failure::Project { path, error: ProjectError::NoFile });
            }
            Err(error) => return Err(Failure::File { path, error: error.kind().into() }),
        }
    }
    Ok(None)
}

fn read(path: PathBuf, folder: &Path, file: File) -> Result<Project, Failure> {
    let read = |file: File| -> Result<Result<Asked, ProjectError>, input::FileError> {
        let there = file.metadata().map_err(|error| error.kind())?;
        let around = fs::metadata(folder).map_err(|error| error.kind())?;
        if !there.is_file() {
            return Ok(Err(ProjectError::NoFile));
        }
        if !is_own(&there) {
            return Ok(Err(ProjectError::OfOthers));
        }
        if !is_own_folder(&around) {
            return Ok(Err(ProjectError::FolderOfOthers));
        }
        Ok(understood(&input::text_of(file)?))
    };
    match read(file) {
        Ok(Ok(asked)) => Ok(Project { path, asked }),
        Ok(Err(error)) => Err(Failure::Project { path, error }),
        Err(error) => Err(Failure::File { path, error }),
    }
}

/// No link is followed, and a pipe of that name is not waited for.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;

    use rustix::fs::OFlags;

    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)
}

#[cfg(unix)]
fn is_link(error: &io::Error) -> bool {
    use rustix::io::Errno;

    [Errno::LOOP, Errno::MLINK].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Whether nobody else can change it.
#[cfg(unix)]
fn is_own(there: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    [rustix::process::geteuid().as_raw(), 0].contains(&there.uid()) && !is_open_to_others(there)
}

/// Whether nobody else can put a file there that is not theirs. Where everybody may put their own, as among the temporary
/// files, whose it is says it.
#[cfg(unix)]
fn is_own_folder(there: &fs::Metadata) -> bool {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    let sticky = there.permissions().mode() & 0o1000 != 0;
    let by_user = [rustix::process::geteuid().as_raw(), 0].contains(&there.uid());
    by_user && (sticky || !is_open_to_others(there))
}

/// Many systems give each user a group of the same number, alone in it.
#[cfg(unix)]
fn is_open_to_others(there: &fs::Metadata) -> bool {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    let (user, mode) = (rustix::process::geteuid().as_raw(), there.permissions().mode());
    let own_group = there.gid() == user && there.gid() == rustix::process::getegid().as_raw();
    mode & 0o002 != 0 || (mode & 0o020 != 0 && !own_group)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(not(unix))]
fn is_link(_: &io::Error) -> bool {
    false
}

/// On Windows the rights of the folder say it.
#[cfg(not(unix))]
fn is_own(_: &fs::Metadata) -> bool {
    true
}

#[cfg(not(unix))]
fn is_own_folder(_: &fs::Metadata) -> bool {
    true
}

fn understood(text: &str) -> Result<Asked, ProjectError> {
    // In comments, too, and in what is not understood: whoever put it there has to hear of that first.
    if secret::is_in_text(text) {
        return Err(ProjectError::Secret);
    }
    // What the parser says of an error would repeat the line, and a key could stand there.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        ProjectError::NotToml(1 + before.matches('\n').count())
    })?;
    if table.iter().any(|(member, value)| secret::could_be_one(member) || has_secret(value)) {
        return Err(ProjectError::Secret);
    }
    let mut asked = Asked { with: Vec::new(), services: Vec::new() };
    for (member, value) in table {
        match member.as_str() {
            "with" => asked.with = texts("with", value)?,
            "services" => asked.services = texts("services", value)?,
            _ => return Err(ProjectError::Unknown(member)),
        }
    }
    if asked.with.is_empty() && asked.services.is_empty() { Err(ProjectError::Empty) } else { Ok(asked) }
}

fn texts(member: &'static str, value: toml::Value) -> Result<Vec<String>, ProjectError> {
    let toml::Value::Array(values) = value else { return Err(ProjectError::NotTexts(member)) };
    let text = |value| match value {
        toml::Value::String(text) => Ok(text),
        _ => Err(ProjectError::NotTexts(member)),
    };
    values.into_iter().map(text).collect()
}

/// Whether a key stands where names belong.
fn has_secret(value: &toml::Value) -> bool {
    match value {
        toml::Value::String(text) => secret::is_in_name(text),
        toml::Value::Array(values) => values.iter().any(has_secret),
        toml::Value::Table(table) => table.values().any(has_secret),
        _ => false,
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
            format!("token = \"{github}\""),
            format!("with = \"{openai}\""),
            format!("with = [\"work\"] # {openai}"),
            format!("# for tests: OPENAI_API_KEY={openai}\nwith = [\"work\"]"),
            format!("with = [\"work\" {github}"),
        ] {
            assert_eq!(error(&text), ProjectError::Secret);
        }
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
    fn no_link_is_followed_and_no_pipe_waited_for() {
        use rustix::fs::{FileType, Mode, mknodat};

        let place = tempfile::tempdir().unwrap();
        let (mine, path) = (place.path().join("mine"), place.path().join(NAME));
        fs::write(&mine, "with = [\"work\"]").unwrap();
        let is_refused = || {
            let failed = nearest(place.path()).err();
            assert!(
                matches!(failed, Some(Failure::Project { error: ProjectError::NoFile, .. })),
                "{failed:?}"
            );
            fs::remove_file(&path).or_else(|_| fs::remove_dir(&path)).unwrap();
        };
        std::os::unix::fs::symlink(&mine, &path).unwrap();
        is_refused();
        fs::create_dir(&path).unwrap();
        is_refused();
        mknodat(rustix::fs::CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        is_refused();
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_in_which_others_may_put_files_says_nothing() {
        use std::os::unix::fs::PermissionsExt as _;

        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join(NAME), "with = [\"work\"]").unwrap();
        for (mode, followed) in [(0o755, true), (0o777, false), (0o757, false), (0o1777, true)] {
            fs::set_permissions(place.path(), fs::Permissions::from_mode(mode)).unwrap();
            let failed = nearest(place.path()).err();
            let refused =
                matches!(failed, Some(Failure::Project { error: ProjectError::FolderOfOthers, .. }));
            assert_eq!(refused, !followed, "{mode:o}: {failed:?}");
        }
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
