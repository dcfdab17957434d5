//! Session families that are known, and a limit on asking for others.
//!
//! Whether a token is good takes a look into the database. Whoever sends made-up ones is slowed down by address, without
//! holding up the devices that share it: those that were good once are looked up all the same.

use std::collections::HashSet;
use std::future::Future;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::answer::Refusal;
use crate::rates::Rates;
use crate::store::StoreError;

/// Families that are remembered; beyond, all are forgotten and learnt anew.
const KEPT: usize = 100_000;
/// Refreshes of one family: one an hour is usual.
const REFRESHES_A_SECOND: f64 = 1.0;
const REFRESHES_AT_ONCE: f64 = 60.0;

pub(crate) struct Families {
    known: Mutex<HashSet<[u8; 16]>>,
    unknown_by_address: Rates<IpAddr>,
    refreshes: Rates<[u8; 16]>,
}

impl Families {
    /// So many unknown ones a second and at once from one address.
    pub(crate) fn new(rate: f64, burst: f64) -> Self {
        Self {
            known: Mutex::default(),
            unknown_by_address: Rates::new(rate, burst),
            refreshes: Rates::new(REFRESHES_A_SECOND, REFRESHES_AT_ONCE),
        }
    }

    /// Looks a family up, unless it is not known and its address has sent too many unknown ones.
    pub(crate) async fn look_up<T>(
        &self,
        family: [u8; 16],
        address: IpAddr,
        found: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, Refusal> {
        let is_known = self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(&family);
        if !is_known {
            self.unknown_by_address.look(&address).map_err(Refusal::later)?;
        }
        let found = found.await;
        match &found {
            Ok(_) if !is_known => self.learn(family),
            Err(StoreError::NoSession) => {
                self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&family);
                let _ = self.unknown_by_address.take(address);
            }
            _ => {}
        }
        Ok(found?)
    }

    /// Counts a refresh of a family that is known.
    pub(crate) fn count_refresh(&self, family: [u8; 16]) -> Result<(), Refusal> {
        self.refreshes.take(family).map_err(Refusal::later)
    }

    fn learn(&self, family: [u8; 16]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(family);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keymoor_protocol::api::Code;

    #[tokio::test]
    async fn made_up_families_are_limited_by_address_and_known_ones_are_not() {
        let families = Families::new(0.01, 3.0);
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let known = async || families.look_up([1; 16], here, async { Ok(()) }).await;
        let unknown = async |address| {
            families.look_up([2; 16], address, async { Err::<(), _>(StoreError::NoSession) }).await
        };
        known().await.unwrap();
        for _ in 0..3 {
            assert_eq!(unknown(here).await.unwrap_err().code, Code::Unauthenticated);
        }
        let asked = async { panic!("the database was asked") };
        let refused = families.look_up::<()>([3; 16], here, asked).await;
        assert_eq!(refused.unwrap_err().code, Code::RateLimited);
        known().await.unwrap();
        assert_eq!(unknown(there).await.unwrap_err().code, Code::Unauthenticated);
    }
}
