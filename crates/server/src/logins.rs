//! Logins under way: the server's OPAQUE state between the two calls. In memory, for one minute and one try.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, base64url};
use zeroize::Zeroizing;

const LIFE: Duration = Duration::from_secs(60);
/// Logins under way at once, over all accounts.
const KEPT: usize = 10_000;

/// One login between its two calls.
pub(crate) struct Login {
    pub(crate) account: AccountId,
    pub(crate) kind: LoginKind,
    pub(crate) state: Zeroizing<Vec<u8>>,
    since: Instant,
}

#[derive(Default)]
pub(crate) struct Logins(Mutex<HashMap<String, Login>>);

impl Logins {
    /// Keeps a login; `None` if too many are under way.
    pub(crate) fn keep(
        &self,
        account: AccountId,
        kind: LoginKind,
        state: Zeroizing<Vec<u8>>,
    ) -> Option<String> {
        let mut name = [0; 16];
        getrandom::fill(&mut name).ok()?;
        let name = base64url::encode(&name);
        let mut logins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if logins.len() >= KEPT {
            logins.retain(|_, login| login.since.elapsed() < LIFE);
        }
        if logins.len() >= KEPT {
            return None;
        }
        logins.insert(name.clone(), Login { account, kind, state, since: Instant::now() });
        Some(name)
    }

    /// Takes a login out: each is good for one try.
    pub(crate) fn take(&self, name: &str) -> Option<Login> {
        let mut logins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logins.remove(name).filter(|login| login.since.elapsed() < LIFE)
    }
}
