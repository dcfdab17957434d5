//! Looking, which may be done twice: a cache that was taken away meanwhile is made anew, and nobody has to know.

use keymoor_vault::{Error, Vault};

use super::{Answer, Desk};

impl Desk {
    /// [`ask`](Self::ask) for what may be done twice: what it notes on the way is noted once, and what it heals is whole then.
    pub(crate) async fn look<T, F>(&self, act: F) -> Answer<T>
    where
        T: Send + 'static,
        F: Fn(&mut Vault) -> Result<T, Error> + Send + 'static,
    {
        self.blocking(move |desk| twice(|| desk.with(&desk.0.keys, |vault| Ok(act(vault)?)))).await
    }
}

/// Once more where the cache failed: each time begins with a look whether its file is still the one that was opened.
fn twice<T>(mut act: impl FnMut() -> Answer<T>) -> Answer<T> {
    match act() {
        Err(failure) if failure.is_cache_failure() => act(),
        answer => answer,
    }
}

#[cfg(test)]
mod tests {
    use keymoor_vault::CacheError;

    use super::*;
    use crate::failure::Failure;

    /// How often it was done, and how that ended, where each time fails so.
    fn failing(failure: impl Fn() -> Failure) -> (u32, &'static str) {
        let mut times = 0;
        let answer: Answer<()> = twice(|| {
            times += 1;
            Err(failure())
        });
        (times, answer.unwrap_err().code())
    }

    #[test]
    fn a_cache_that_was_taken_away_meanwhile_is_looked_at_once_more_and_nothing_else_is() {
        let replaced = || Failure::from(Error::Cache(CacheError::Replaced));
        let mut gone = Some(replaced());
        assert_eq!(twice(|| gone.take().map_or(Ok(7), Err)).unwrap(), 7);
        assert_eq!(failing(replaced), (2, "CACHE_FAILED"), "and no third time");
        assert_eq!(failing(|| Failure::new(Failure::NOT_FOUND)), (1, "NOT_FOUND"));
    }
}
