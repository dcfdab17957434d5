//! Sync with nothing new, the first sync of a large vault, and reading from it.

use std::time::Duration;

use super::{
    Bench,
    account::{Account, NO_KEYCHAIN},
    figure::Figure,
    read, record,
    sample::{alternating, time},
};
use crate::Outcome;

const ROUNDS: usize = 21;
const SMALL: usize = 100;
const LARGE: usize = 10_000;

/// `keymoor sync` with nothing new, against `keymoor get`.
pub(super) fn idle(bench: &Bench<'_>) -> Outcome {
    let measured = || -> Outcome {
        let account = Account::create(bench, "idle", SMALL, &[])?;
        let device = &account.device;
        let mut get = |round| time(device.keymoor_command(&["get", &record(round, SMALL)]), "");
        let mut sync = |_| time(device.keymoor_command(&["sync"]), "");
        let [get, sync] = alternating(ROUNDS, [&mut get, &mut sync])?;
        Figure::new(format!("get, {SMALL} records, with an account"), get).print();
        Figure::new("sync with nothing new", sync).against("get", get).goal(3.0).print();
        Ok(())
    };
    measured().map_err(|why| format!("sync with nothing new: {why}"))
}

/// A vault of ten thousand records: its first sync on a new device, and `get` there.
pub(super) fn large(bench: &Bench<'_>) -> Outcome {
    let measured = || -> Outcome {
        let empty = Account::create(bench, "empty", 0, &[NO_KEYCHAIN])?;
        let large = Account::create(bench, "large", LARGE, &[NO_KEYCHAIN])?;
        let mut login = |round| empty.join_time(bench, round);
        let mut join = |round| large.join_time(bench, round);
        let [login, join] = alternating(3, [&mut login, &mut join])?;
        Figure::new("join of an empty vault (the login)", login).print();
        Figure::new(format!("join of {LARGE} records"), join).against("login", login).print();
        Figure::new(format!("first sync of {LARGE} records (join - login)"), join.saturating_sub(login))
            .against("500 ms", Duration::from_millis(500))
            .goal(1.0)
            .print();
        read::read(&large.joined_device(bench)?, LARGE)
    };
    measured().map_err(|why| format!("{LARGE} records: {why}"))
}
