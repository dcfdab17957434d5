//! Where a vault lies: data directory, keychain and the name of its entries.

use std::path::{Path, PathBuf};

/// Where the keys of the vault are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The keychain of the operating system.
    System,
    /// None: a password unlocks the vault each time.
    None,
}

impl Backend {
    /// As the cache remembers it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::None => "none",
        }
    }
}

/// Where a vault lies.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data directory.
    pub home: PathBuf,
    /// Where its keys are kept.
    pub keychain: Backend,
    /// The service name of its keychain entries, so that several vaults can live beside each other.
    pub keychain_service: String,
}

/// An environment variable that cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// `KEYMOOR_KEYCHAIN` is neither `system` nor `none`.
    #[error("KEYMOOR_KEYCHAIN must be system or none")]
    Keychain,
    /// `KEYMOOR_KEYCHAIN_SERVICE` is empty or has characters other than letters, digits, `-`, `_` and `.`.
    #[error("KEYMOOR_KEYCHAIN_SERVICE has characters that are not allowed")]
    Service,
    /// Neither `KEYMOOR_HOME` nor the user's home directory is known.
    #[error("no data directory is known")]
    Home,
}

impl Config {
    /// From `KEYMOOR_HOME`, `KEYMOOR_KEYCHAIN` and `KEYMOOR_KEYCHAIN_SERVICE`.
    ///
    /// # Errors
    /// A variable has a value that cannot be followed; nothing is guessed.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let keychain = match set("KEYMOOR_KEYCHAIN") {
            None => Backend::System,
            Some(value) if value == "system" => Backend::System,
            Some(value) if value == "none" => Backend::None,
            Some(_) => return Err(ConfigError::Keychain),
        };
        let service = match set("KEYMOOR_KEYCHAIN_SERVICE") {
            None => "keymoor".to_owned(),
            Some(value) => value.into_string().map_err(|_| ConfigError::Service)?,
        };
        if service.len() > 64 || !service.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
            return Err(ConfigError::Service);
        }
        let home = match set("KEYMOOR_HOME") {
            Some(home) => PathBuf::from(home),
            None => default_home().ok_or(ConfigError::Home)?,
        };
        Ok(Self { home, keychain, keychain_service: service })
    }

    /// The Secret Key's file, which exists only without a keychain.
    pub(crate) fn secret_key_file(&self) -> PathBuf {
        self.home.join("secret-key")
    }

    /// Held by whoever makes or rebuilds a vault, or syncs it.
    pub(crate) fn lock_file(&self, what: &str) -> PathBuf {
        self.home.join(format!("{what}.lock"))
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }
}

/// The platform's place for an application's data.
fn default_home() -> Option<PathBuf> {
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    if cfg!(target_os = "macos") {
        return Some(home?.join("Library/Application Support/Keymoor"));
    }
    if cfg!(windows) {
        return Some(PathBuf::from(std::env::var_os("APPDATA")?).join("Keymoor"));
    }
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    data.or_else(|| Some(home?.join(".local/share"))).map(|data| data.join("keymoor"))
}
