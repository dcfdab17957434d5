//! The server's OPAQUE setup: a file of its own beside the database, to be backed up with it.
//!
//! With another setup no password opens anything, so the server refuses to start with the wrong one.

use std::io::Write as _;
use std::path::Path;

use keymoor_protocol::opaque::ServerSetup;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::serve::Error;
use crate::store::sqlite::Sqlite;

const KEY: &str = "opaque_setup";

/// Reads the setup that belongs to `store`; makes one for a database that never had one.
pub(crate) async fn setup(store: &Sqlite, path: &Path) -> Result<ServerSetup, Error> {
    let expected = store.meta(KEY).await.map_err(|_| Error::Database)?;
    match std::fs::read(path) {
        Ok(bytes) => {
            let bytes = Zeroizing::new(bytes);
            let setup = ServerSetup::from_bytes(&bytes).map_err(|_| Error::WrongSetup)?;
            match expected {
                Some(expected) if expected == Sha256::digest(&*bytes).as_slice() => Ok(setup),
                Some(_) => Err(Error::WrongSetup),
                // Written, and then killed before the database knew of it.
                None => remember(store, setup).await,
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if expected.is_some() {
                return Err(Error::MissingSetup);
            }
            let setup = ServerSetup::generate();
            write_private(path, &setup.to_bytes())?;
            remember(store, setup).await
        }
        Err(_) => Err(Error::File),
    }
}

/// Whether the setup that belongs to `store` lies at `path`; changes nothing.
pub(crate) async fn verify(store: &Sqlite, path: &Path) -> Result<(), Error> {
    let Some(expected) = store.meta(KEY).await.map_err(|_| Error::Database)? else {
        return Ok(()); // never served yet
    };
    match std::fs::read(path).map(Zeroizing::new) {
        Ok(bytes) if expected == Sha256::digest(&*bytes).as_slice() => Ok(()),
        Ok(_) => Err(Error::WrongSetup),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::MissingSetup),
        Err(_) => Err(Error::File),
    }
}

async fn remember(store: &Sqlite, setup: ServerSetup) -> Result<ServerSetup, Error> {
    let hash = Sha256::digest(&*setup.to_bytes()).to_vec();
    store.set_meta(KEY, hash).await.map_err(|_| Error::Database)?;
    Ok(setup)
}

/// Writes a file of mode 0600, whole or not at all.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let mut options = std::fs::OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
        std::fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|_: std::io::Error| Error::File)
}
