//! Who waits for hints: one place for each stream of events, in memory.
//!
//! A place holds no more than the newest number, so a slow reader costs no more than a quick one and misses nothing that
//! still matters. It ends when its session does, when its device takes a place too many, and when the server stops.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use keymoor_protocol::{AccountId, DeviceId};
use tokio::sync::watch;

use crate::store::News;

/// Streams of one device: window and command line, and some to spare for connections that broke unnoticed.
const BY_DEVICE: usize = 4;
/// Streams of one account.
const BY_ACCOUNT: usize = 100;

/// Whose a stream is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whose {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    pub(crate) family: [u8; 16],
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// The account has as many streams as it may.
    Account,
    /// The server has, or it stops.
    Server,
}

/// All places. Clones are one and the same.
#[derive(Clone)]
pub(crate) struct Listeners {
    limit: usize,
    places: Arc<Mutex<Places>>,
}

#[derive(Default)]
struct Places {
    is_closed: bool,
    taken: u64,
    held: usize,
    by_account: HashMap<AccountId, Vec<Held>>,
}

/// Dropped, the stream ends.
struct Held {
    number: u64,
    device: DeviceId,
    family: [u8; 16],
    seq: watch::Sender<Option<u64>>,
}

impl Listeners {
    /// As many streams over all accounts: each is a connection, and calls need some, too.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, places: Arc::default() }
    }

    /// A place for a stream. The oldest of that device makes room.
    pub(crate) fn take(&self, whose: Whose) -> Result<Place, NoPlace> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let of_device = places.of(whose.account).filter(|held| held.device == whose.device);
        let oldest = of_device.map(|held| held.number).min();
        if places.of(whose.account).filter(|held| held.device == whose.device).count() >= BY_DEVICE {
            places.release(whose.account, |held| Some(held.number) == oldest);
        }
        if places.is_closed || places.held >= self.limit {
            return Err(NoPlace::Server);
        }
        if places.of(whose.account).count() >= BY_ACCOUNT {
            return Err(NoPlace::Account);
        }
        let (seq, told) = watch::channel(None);
        places.taken += 1;
        places.held += 1;
        let number = places.taken;
        let held = Held { number, device: whose.device, family: whose.family, seq };
        places.by_account.entry(whose.account).or_default().push(held);
        Ok(Place { listeners: self.clone(), account: whose.account, number, told })
    }

    /// Passes news on.
    pub(crate) fn tell(&self, news: &News) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        match news {
            News::Head(account, seq) => places.of(*account).for_each(|held| held.raise(*seq)),
            News::Ended(account, families) => {
                places.release(*account, |held| families.contains(&held.family));
            }
        }
    }

    /// Ends every stream; no other begins.
    pub(crate) fn close(&self) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        *places = Places { is_closed: true, ..Places::default() };
    }
}

impl Places {
    fn of(&self, account: AccountId) -> impl Iterator<Item = &Held> {
        self.by_account.get(&account).into_iter().flatten()
    }

    fn release(&mut self, account: AccountId, goes: impl Fn(&Held) -> bool) {
        let Some(of_account) = self.by_account.get_mut(&account) else { return };
        let before = of_account.len();
        of_account.retain(|held| !goes(held));
        self.held -= before - of_account.len();
        if of_account.is_empty() {
            self.by_account.remove(&account);
        }
    }
}

impl Held {
    /// A number that was read before a commit may arrive after that commit's.
    fn raise(&self, seq: u64) {
        self.seq.send_if_modified(|told| {
            let is_newer = told.is_none_or(|told| told < seq);
            if is_newer {
                *told = Some(seq);
            }
            is_newer
        });
    }
}

/// A stream's place, free again when dropped.
pub(crate) struct Place {
    listeners: Listeners,
    account: AccountId,
    number: u64,
    told: watch::Receiver<Option<u64>>,
}

impl Place {
    /// Says where the log was when the stream began.
    pub(crate) fn begin_at(&self, seq: u64) {
        let places = self.listeners.places.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = places.of(self.account).find(|held| held.number == self.number);
        mine.into_iter().for_each(|held| held.raise(seq));
    }

    /// The newest number, when there is one that was not told yet; `None` when the stream is over.
    pub(crate) async fn next(&mut self) -> Option<u64> {
        loop {
            self.told.changed().await.ok()?;
            if let Some(seq) = *self.told.borrow_and_update() {
                return Some(seq);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.listeners.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.release(self.account, |held| held.number == self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(account: u8, device: u8) -> Whose {
        Whose { account: AccountId([account; 16]), device: DeviceId([device; 16]), family: [device; 16] }
    }

    #[tokio::test]
    async fn whoever_does_not_listen_is_told_the_newest_number_alone() {
        let listeners = Listeners::new(10);
        let mut place = listeners.take(whose(1, 1)).unwrap();
        let mut other = listeners.take(whose(2, 1)).unwrap();
        (1..=1000).for_each(|seq| listeners.tell(&News::Head(AccountId([1; 16]), seq)));
        place.begin_at(5); // read before, and late
        assert_eq!(place.next().await, Some(1000));
        other.begin_at(0);
        assert_eq!(other.next().await, Some(0), "another account's log is another");
        listeners.close();
        assert_eq!((place.next().await, other.next().await), (None, None));
        assert_eq!(listeners.take(whose(1, 1)).err(), Some(NoPlace::Server));
    }

    #[tokio::test]
    async fn the_oldest_of_a_device_makes_room_and_an_account_has_so_many() {
        let listeners = Listeners::new(200);
        let mut places: Vec<_> = (0..=BY_DEVICE).map(|_| listeners.take(whose(1, 1)).unwrap()).collect();
        listeners.tell(&News::Head(AccountId([1; 16]), 7));
        assert_eq!(places[0].next().await, None);
        for place in &mut places[1..] {
            assert_eq!(place.next().await, Some(7));
        }
        let others: Vec<_> = (2..=97).map(|device| listeners.take(whose(1, device)).unwrap()).collect();
        assert_eq!(listeners.take(whose(1, 98)).err(), Some(NoPlace::Account));
        assert!(listeners.take(whose(1, 1)).is_ok(), "in the place of its own oldest");
        assert!(listeners.take(whose(2, 1)).is_ok());
        drop((places, others));
        assert!(listeners.places.lock().unwrap().by_account.is_empty());
        assert_eq!(listeners.places.lock().unwrap().held, 0);
    }

    #[tokio::test]
    async fn families_that_ended_hear_no_more_and_the_server_has_so_many_places() {
        let listeners = Listeners::new(2);
        let (mut one, mut two) = (listeners.take(whose(1, 1)).unwrap(), listeners.take(whose(1, 2)).unwrap());
        assert_eq!(listeners.take(whose(2, 1)).err(), Some(NoPlace::Server));
        listeners.tell(&News::Ended(AccountId([2; 16]), vec![[1; 16]]));
        listeners.tell(&News::Ended(AccountId([1; 16]), vec![[1; 16]]));
        listeners.tell(&News::Head(AccountId([1; 16]), 3));
        assert_eq!((one.next().await, two.next().await), (None, Some(3)));
        assert!(listeners.take(whose(2, 1)).is_ok(), "its place is free");
    }
}
