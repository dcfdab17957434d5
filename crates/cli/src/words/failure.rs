//! Why a command ends without having done its work.

use std::{io, path::PathBuf};

use keymoor_providers::{Flaw, Provider, Service};
use keymoor_vault::{CacheError, ConfigError, Error, KitError, LendError, Place, ServerProblem};

use crate::{
    clipboard::ClipboardError,
    commands::run::{NotRun, ProjectError},
    input::{FileError, InputError},
};

/// Why a command ends without having done its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The vault could not do it.
    Vault(Error),
    /// An environment variable cannot be followed.
    Config(ConfigError),
    /// A kit's text is not right.
    Kit {
        /// Where it was read from.
        path: PathBuf,
        /// What is wrong with it.
        error: KitError,
    },
    /// What was entered cannot be a secret, or not a field.
    Input(InputError),
    /// A file that was named could not be used.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: FileError,
    },
    /// The clipboard could not be used.
    Clipboard(ClipboardError),
    /// A provider's base in the environment is not on this machine.
    TestProvider,
    /// No name was said, and there is nobody to be asked.
    NoName {
        /// The provider, if it was said.
        provider: Option<String>,
    },
    /// No provider was named, and the secret does not tell: none of the catalogue's, or one of these.
    WhichProvider(Vec<&'static Provider>),
    /// No provider was named, and the secret looks like one of this, with a typo.
    Typo(&'static Provider, Flaw),
    /// Several credentials at once.
    SeveralCredentials(Vec<&'static Provider>),
    /// Fields without which a credential of this provider is of no use.
    FieldsMissing(&'static Provider, Vec<&'static str>),
    /// Nothing is lent.
    Lend(LendError),
    /// Neither the arguments nor a project file say what to lend.
    NothingToLend,
    /// A project file that is not followed.
    Project {
        /// Which.
        path: PathBuf,
        /// Why.
        error: ProjectError,
    },
    /// What follows a `=` is no name of a variable.
    NotAVariable,
    /// What goes into this variable says what programs load and run.
    Governing(String),
    /// A key stands where a name belongs.
    KeyNamed,
    /// The program does not run.
    NotRun {
        /// As it was typed.
        program: String,
        /// Why.
        why: NotRun,
        /// Whether the activity has it already that the program was lent something.
        noted: bool,
    },
    /// No credential has or had this key.
    NobodysKey {
        /// How many could not be looked at.
        unread: u64,
    },
    /// What was to be set of a service cannot be.
    Setting {
        /// The service.
        service: &'static Service,
        /// What is wrong with it.
        wrong: WrongSetting,
    },
    /// The vault could not do it with this service.
    Service {
        /// The service, as it was typed.
        id: String,
        /// Why.
        error: Error,
    },
    /// The catalogue has no such template.
    NoTemplate,
    /// Nothing but blanks, where a key was to be looked for.
    NothingToLookFor,
    /// More text than is looked through, which is so many bytes.
    TooMuchToLookThrough(usize),
    /// No kit was named.
    NoKit,
    /// Nothing has that name.
    NoSuchName {
        /// The name that was given.
        name: String,
        /// Where it was looked for.
        place: Place,
        /// Whether it is in the other place.
        elsewhere: bool,
    },
    /// The name is taken.
    NameTaken {
        /// The provider, where it is known.
        provider: Option<String>,
        /// The name that was wanted.
        name: String,
    },
    /// The name of an earlier version is now another credential's.
    RevertedNameTaken,
    /// A password is needed and there is no way to ask for it.
    NoPassword,
    /// The two passwords typed differ.
    PasswordsDiffer,
    /// The password that was typed is no text, or is too long.
    PasswordUnreadable,
    /// The cache was damaged, and is good again; what was entered has to be entered again.
    Mended,
    /// Programs cannot be served there.
    Serve(keymoor_loopback::Error),
    /// The person gave up at a prompt.
    Cancelled,
    /// Standard output took no more.
    Output(io::Error),
}

/// What is wrong with something that was to be set of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrongSetting {
    /// It is not KEY=VALUE.
    Form,
    /// The service has no setting of that name.
    Name,
    /// The setting cannot have that value.
    Value,
}

impl Failure {
    /// Whether the cache file turned out to be damaged: [`crate::session::Session::mend`] may help.
    pub(crate) fn is_damage(&self) -> bool {
        let (Self::Vault(error) | Self::Service { error, .. }) = self else { return false };
        matches!(error, Error::Cache(CacheError::Damaged | CacheError::Other(_)))
    }

    /// Whether the account is full at the server.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self, Self::Vault(Error::Server(ServerProblem::OverQuota)))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Vault(error)
    }
}

impl From<LendError> for Failure {
    fn from(error: LendError) -> Self {
        match error {
            LendError::Vault(error) => Self::Vault(error),
            error => Self::Lend(error),
        }
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Self::Input(error)
    }
}

impl From<ClipboardError> for Failure {
    fn from(error: ClipboardError) -> Self {
        Self::Clipboard(error)
    }
}
