//! Why nothing is lent. Names of credentials, fields and variables, never a value.

use crate::error::{Error, Kind};

/// Everything that lending can end with.
#[derive(Debug, thiserror::Error)]
pub enum LendError {
    /// The credential, `provider/name`, is switched off.
    #[error("the credential is switched off")]
    SwitchedOff(String),
    /// The catalogue names no variable for any secret of the credential.
    #[error("no variable is known for it")]
    NoVariable {
        /// `provider/name`.
        credential: String,
        /// Its secret fields.
        fields: Vec<String>,
    },
    /// Two claim one variable, and their values differ.
    #[error("two claim the variable {variable}")]
    VariableTwice {
        /// Its name.
        variable: String,
        /// One of them.
        one: Source,
        /// The other.
        other: Source,
    },
    /// A value has a character, NUL, at which a variable would end.
    #[error("the value for {variable} has a NUL in it")]
    Nul {
        /// Its name.
        variable: String,
        /// Whose value.
        of: Source,
    },
    /// The credential has several secret fields, and none was named.
    #[error("which field?")]
    WhichField {
        /// `provider/name`.
        credential: String,
        /// Its secret fields.
        fields: Vec<String>,
    },
    /// The credential has no such field.
    #[error("no such field")]
    NoSuchField {
        /// `provider/name`.
        credential: String,
        /// Those that it has.
        fields: Vec<String>,
    },
    /// The service cannot say which credential it uses.
    #[error("the service {service}: {error}")]
    Service {
        /// As it was asked for.
        service: String,
        /// [`Error::NoSuchService`], [`Error::ServiceOff`], [`Error::NothingToUse`] or [`Error::WhichCredential`].
        error: Error,
    },
    /// The service is of no use without these settings.
    #[error("settings of {service} are missing")]
    SettingsMissing {
        /// Its id.
        service: String,
        /// Their names.
        settings: Vec<String>,
    },
    /// The vault.
    #[error(transparent)]
    Vault(#[from] Error),
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A credential, `provider/name`.
    Credential(String),
    /// A setting of a service.
    Setting {
        /// The service's id.
        service: String,
        /// The setting's name.
        setting: String,
    },
}

impl LendError {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NoVariable { .. }
            | Self::VariableTwice { .. }
            | Self::Nul { .. }
            | Self::WhichField { .. } => Kind::Usage,
            Self::NoSuchField { .. } => Kind::NotFound,
            Self::SwitchedOff(_) | Self::SettingsMissing { .. } => Kind::Conflict,
            Self::Service { error, .. } | Self::Vault(error) => error.kind(),
        }
    }
}
