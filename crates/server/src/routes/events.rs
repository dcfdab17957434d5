//! Server-sent events: where the log is, when a stream begins and after each commit.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, KeepAliveStream, Sse};
use futures_core::Stream;
use keymoor_protocol::VaultId;
use keymoor_protocol::api::{Code, HEAD_EVENT, Hint};
use tokio::time::Instant;

use crate::answer::Refusal;
use crate::app::Shared;
use crate::auth::AnySession;
use crate::clock::now;
use crate::listeners::{NoPlace, Place, Whose};
use crate::store::Store;

/// Between two hints of one stream: whoever is told of one commit need not hear of each of a thousand.
const PACE: Duration = Duration::from_millis(10);
/// Seconds after which a client may try again that found no place.
const LATER_S: u64 = 60;
/// Proxies that read this pass each hint on at once.
const NOT_BUFFERED: (&str, &str) = ("x-accel-buffering", "no");

pub(crate) async fn events<S: Store>(
    State(app): State<Shared<S>>,
    session: AnySession,
) -> Result<([(&'static str, &'static str); 1], Sse<KeepAliveStream<Hints>>), Refusal> {
    session.must_be_password()?;
    let info = session.info;
    let whose = Whose { account: info.account, device: info.device, family: session.family };
    let place = app.listeners.take(whose).map_err(|none| match none {
        NoPlace::Account => Refusal::later(LATER_S),
        NoPlace::Server => Refusal::busy(LATER_S),
    })?;
    // The place first: what is committed after this is told, and so is a session that ends.
    place.begin_at(app.store.head(session.family).await?);
    let left = u64::try_from(info.expires_at - now()).map_err(|_| Refusal::new(Code::TokenExpired))?;
    let expires = Instant::now() + Duration::from_millis(left);
    let keep_alive = Duration::from_secs(app.limits.keep_alive_seconds);
    let listening = Listening { place, vault: info.vault, expires };
    let keep_alive = KeepAlive::new().interval(keep_alive).text("keep-alive");
    Ok(([NOT_BUFFERED], Sse::new(Hints(Box::pin(listening.next()))).keep_alive(keep_alive)))
}

/// One end of a stream of hints.
struct Listening {
    place: Place,
    vault: VaultId,
    expires: Instant,
}

impl Listening {
    /// The next hint, and what listens on; `None` when the token has expired or the session is over.
    async fn next(mut self) -> Next {
        let seq = tokio::time::timeout_at(self.expires, self.place.next()).await.ok()??;
        Some((Hint { vault: self.vault, seq }, self))
    }

    async fn next_but_not_at_once(self) -> Next {
        tokio::time::sleep(PACE).await;
        self.next().await
    }
}

type Next = Option<(Hint, Listening)>;

/// Hints as they come.
pub(crate) struct Hints(Pin<Box<dyn Future<Output = Next> + Send>>);

impl Stream for Hints {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Poll::Ready(next) = self.0.as_mut().poll(context) else { return Poll::Pending };
        let Some((hint, listening)) = next else {
            self.0 = Box::pin(std::future::ready(None)); // asked again, it is still over
            return Poll::Ready(None);
        };
        self.0 = Box::pin(listening.next_but_not_at_once());
        // Ids and numbers always make JSON; a comment is what would stand in for them.
        let event = Event::default().event(HEAD_EVENT).json_data(hint);
        Poll::Ready(Some(Ok(event.unwrap_or_else(|_| Event::default().comment("")))))
    }
}
