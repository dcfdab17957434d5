//! What the server does without being asked: it forgets what was kept long enough.

use std::time::Duration;

use keymoor_protocol::limits::Limits;

use crate::app::Shared;
use crate::clock::now;
use crate::store::Store;

/// Between two looks at logins that were begun and never finished.
const LOGINS: Duration = Duration::from_secs(60);
/// Between two purges of the database, at most.
const PURGES: Duration = Duration::from_secs(24 * 60 * 60);

/// After one that failed, because too much waited to be written or the disk was full.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// Never ends by itself.
pub(crate) async fn keep_up<S: Store>(app: Shared<S>) {
    let logins = async {
        loop {
            tokio::time::sleep(LOGINS).await;
            app.logins.expire();
        }
    };
    let purges = async {
        loop {
            let usual = interval(&app.limits);
            let pause = match app.store.purge(now()).await {
                Ok(purged) => {
                    tracing::info!(?purged, "what was kept long enough is gone");
                    usual
                }
                Err(error) => {
                    tracing::warn!(%error, "purging stopped; it is tried again");
                    usual.min(AGAIN)
                }
            };
            tokio::time::sleep(pause).await;
        }
    };
    tokio::join!(logins, purges);
}

/// Daily, or as often as what is kept for less asks for.
fn interval(limits: &Limits) -> Duration {
    let shortest = Duration::from_secs(limits.log_seconds.min(limits.history_seconds));
    shortest.clamp(Duration::from_secs(1), PURGES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purge_is_daily_unless_things_are_kept_for_less() {
        let every = |log_seconds, history_seconds| {
            interval(&Limits { log_seconds, history_seconds, ..Limits::default() }).as_secs()
        };
        assert_eq!(interval(&Limits::default()).as_secs(), 24 * 60 * 60);
        assert_eq!((every(u64::MAX, 3600), every(7, 3600), every(0, 0)), (3600, 7, 1));
    }
}
