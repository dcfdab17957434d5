//! Whether there is a cache, and whether it is one.

use keymoor_cache::Cache;

use crate::config::Config;
use crate::error::Error;

/// What lies in the cache's place.
pub(super) enum There {
    /// Nothing, or a file that nobody has set up.
    Nothing,
    /// A cache, as far as opening it shows.
    Whole(Cache),
    /// No database, or one that is broken.
    Damaged,
}

/// Opens it, as far as it can be; the whole file is looked at only if something is odd.
pub(super) fn cache_of(config: &Config) -> Result<There, Error> {
    if !Cache::exists(config.home()) {
        return Ok(There::Nothing);
    }
    let opened = Cache::open(config.home()).and_then(|mut cache| {
        let device = cache.read(|view| view.device())?;
        Ok(device.map(|_| cache))
    });
    match opened {
        Ok(Some(cache)) => Ok(There::Whole(cache)),
        Ok(None) if Cache::is_whole(config.home())? => Ok(There::Nothing),
        Ok(None) | Err(keymoor_cache::Error::Damaged) => Ok(There::Damaged),
        // SQLite's other words for a schema that is not as it was left.
        Err(keymoor_cache::Error::Other(_)) if !Cache::is_whole(config.home())? => Ok(There::Damaged),
        Err(error) => Err(error.into()),
    }
}
