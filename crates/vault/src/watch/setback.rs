//! What an error means for the next try, and by how much tries are spread.

use std::time::Duration;

use super::pace::Setback;
use crate::error::{Error, ServerProblem};

/// `None` where the vault itself has to be opened anew.
pub(super) fn setback(error: &Error) -> Option<Setback> {
    use ServerProblem as Server;
    use keymoor_cache::Error as Cache;
    Some(match error {
        Error::Server(
            Server::Unreachable | Server::TimedOut | Server::NotOurs | Server::Tls | Server::Failed(_),
        ) => Setback::Away,
        Error::Server(Server::RateLimited(seconds)) => Setback::Busy(Duration::from_secs(*seconds)),
        Error::Server(Server::SignIn | Server::SessionStolen | Server::KeysBehind) => Setback::SignIn,
        Error::Cache(Cache::Full | Cache::ReadOnly | Cache::Busy | Cache::Record(_)) => Setback::Held,
        Error::Cache(_) | Error::Locked | Error::LockedEmpty | Error::NoAccount => return None,
        _ => Setback::Held,
    })
}

/// A number below 1. Without random numbers nothing is spread, and nothing else.
pub(super) fn luck() -> f64 {
    let mut bytes = [0; 4];
    let drawn = getrandom::fill(&mut bytes).is_ok();
    if drawn { f64::from(u32::from_be_bytes(bytes)) / (f64::from(u32::MAX) + 1.0) } else { 0.5 }
}
