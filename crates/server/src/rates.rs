//! Rate limits: one token bucket an account, and one a client address for calls without a session. In memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Buckets that are kept; full ones are dropped first when there are more.
const KEPT: usize = 100_000;

/// Token buckets by key.
pub(crate) struct Rates<K> {
    /// Tokens a second.
    rate: f64,
    /// Tokens of a full bucket.
    burst: f64,
    buckets: Mutex<HashMap<K, (f64, Instant)>>,
}

impl<K: Hash + Eq> Rates<K> {
    pub(crate) fn new(rate: f64, burst: f64) -> Self {
        Self { rate, burst, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one token; `Err` with the seconds until there is one.
    pub(crate) fn take(&self, key: K) -> Result<(), u64> {
        self.left(key, 1.0)
    }

    /// Whether there is a token; none is taken, and a key that never was seen is not remembered.
    pub(crate) fn look(&self, key: &K) -> Result<(), u64>
    where
        K: Copy,
    {
        let is_full = !self.buckets.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key);
        if is_full { Ok(()) } else { self.left(*key, 0.0) }
    }

    fn left(&self, key: K, taken: f64) -> Result<(), u64> {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEPT {
            let (rate, burst) = (self.rate, self.burst);
            buckets.retain(|_, (tokens, since)| *tokens + since.elapsed().as_secs_f64() * rate < burst);
        }
        let (tokens, since) = buckets.entry(key).or_insert((self.burst, now));
        *tokens = (*tokens + now.duration_since(*since).as_secs_f64() * self.rate).min(self.burst);
        *since = now;
        if *tokens < 1.0 {
            return Err(((1.0 - *tokens) / self.rate).ceil() as u64);
        }
        *tokens -= taken;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_counts_for_each_key_alone() {
        let rates = Rates::new(0.1, 3.0);
        assert!((0..3).all(|_| rates.take("a").is_ok()));
        let wait = rates.take("a").unwrap_err();
        assert!((9..=10).contains(&wait), "{wait}");
        assert!(rates.take("b").is_ok());
    }
}
