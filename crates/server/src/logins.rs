//! Logins under way: the server's OPAQUE state between the two calls. In memory, for one minute and one try.

use std::collections::{HashMap, VecDeque};
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
pub(crate) struct Logins(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    logins: HashMap<String, Login>,
    /// Their names, the oldest first; some were taken out already.
    ages: VecDeque<(Instant, String)>,
}

impl Kept {
    fn expire(&mut self, life: Duration) {
        while let Some((_, name)) = self.ages.pop_front_if(|(since, _)| since.elapsed() >= life) {
            self.logins.remove(&name);
        }
    }
}

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
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.expire(LIFE);
        if kept.ages.len() >= KEPT {
            return None;
        }
        let since = Instant::now();
        kept.ages.push_back((since, name.clone()));
        kept.logins.insert(name.clone(), Login { account, kind, state, since });
        Some(name)
    }

    /// Forgets those that were not finished in time. They go as well when another begins.
    pub(crate) fn expire(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).expire(LIFE);
    }

    /// Takes a login out: each is good for one try.
    pub(crate) fn take(&self, name: &str) -> Option<Login> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.logins.remove(name).filter(|login| login.since.elapsed() < LIFE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_goes_by_its_age_without_being_asked_for() {
        let logins = Logins::default();
        let keep = || logins.keep(AccountId([1; 16]), LoginKind::Password, Zeroizing::new(vec![1])).unwrap();
        let (first, second) = (keep(), keep());
        assert!(logins.take(&first).is_some());
        assert!(logins.take(&first).is_none(), "good for one try");
        let mut kept = logins.0.lock().unwrap();
        kept.expire(LIFE);
        assert!(kept.logins.contains_key(&second));
        kept.expire(Duration::ZERO);
        assert!(kept.logins.is_empty() && kept.ages.is_empty());
    }
}
