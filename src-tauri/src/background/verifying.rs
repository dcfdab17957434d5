//! Verifying at a calm rate while the window is open. When and which is decided by [`keymoor_vault::pace`]; this does it.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use keymoor_vault::pace::{PAUSE_MS, Pace, Step, is_offline};
use keymoor_vault::{Asked, Error, Questions, Vault};

use crate::desk::Desk;
use crate::verifying::{answers, options};

/// A window that was just opened, and a vault that is being changed, have other things to do.
const CALM: Duration = Duration::from_millis(2 * PAUSE_MS);
/// How often to look again at the clock on the wall: it goes on while the machine sleeps.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Goes on until the program ends.
pub(crate) fn start(desk: Desk) {
    thread::spawn(move || {
        let (mut pace, mut seen) = (Pace::default(), 0);
        thread::sleep(CALM);
        loop {
            let rest = match desk.unasked(|vault| Ok(choose(&mut pace, vault, now())?)) {
                Ok(Some(Turn::Ask(questions))) => {
                    let asked = answers(questions, &options(false));
                    let said = weigh(&mut pace, asked);
                    // What cannot be written now is asked about again later.
                    let _ = desk.unasked(|vault| Ok(vault.heard(&said)?));
                    thread::sleep(Duration::from_millis(PAUSE_MS));
                    continue;
                }
                Ok(Some(Turn::Wait(pause))) => pause,
                Ok(None) => None, // opening a vault ends the rest
                Err(_) => Some(CALM),
            };
            let before = seen;
            seen = desk.rest(seen, rest);
            if seen != before {
                thread::sleep(CALM);
            }
        }
    });
}

/// What is to be done now.
enum Turn {
    Ask(Questions),
    /// Nothing before so long; `None`: nothing, unless something changes.
    Wait(Option<Duration>),
}

/// Takes out what is to be asked about, if it is time and switched on.
fn choose(pace: &mut Pace, vault: &mut Vault, now: u64) -> Result<Turn, Error> {
    if !vault.habits()?.in_background {
        return Ok(Turn::Wait(None));
    }
    let candidates = vault.candidates()?;
    match pace.next(&candidates, now) {
        Step::Wait(ms) => Ok(Turn::Wait(Some(Duration::from_millis(ms).min(LONGEST)))),
        Step::Ask(id) => {
            pace.asks(id, now);
            Ok(Turn::Ask(vault.questions(&[id])?))
        }
    }
}

/// What is worth putting down: that this device is offline says nothing of a key.
fn weigh(pace: &mut Pace, asked: Vec<Asked>) -> Vec<Asked> {
    asked.iter().for_each(|asked| pace.heard(asked.id, &asked.report));
    asked.into_iter().filter(|asked| !is_offline(&asked.report)).collect()
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use keymoor_providers::verify::{Bases, Options};
    use keymoor_vault::{
        Backend, CheckStatus, Config, Field, Filter, Habits, NewCredential, Patience, Value, VerifyOptions,
    };

    use super::*;

    /// A provider on this machine that accepts whatever comes.
    fn provider() -> VerifyOptions {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{\"data\":[]}",
                );
            }
        });
        at(&address)
    }

    fn at(address: &str) -> VerifyOptions {
        let variables = [("KEYMOOR_PROVIDER_BASE_OPENAI".to_owned(), address.to_owned())];
        let ask = Options { bases: Bases::from_variables(variables).unwrap(), ..Options::default() };
        VerifyOptions { ask, ..VerifyOptions::default() }
    }

    fn vault(home: &std::path::Path) -> Vault {
        let config = Config {
            home: home.to_owned(),
            keychain: Backend::None,
            keychain_service: "keymoor-test".to_owned(),
        };
        let mut vault =
            Vault::open(config, Patience::default(), &mut |_| Some("correct horse battery".into())).unwrap();
        for name in ["one", "two"] {
            let secret = Field { name: "secret".into(), value: Value::Secret(format!("sk-{name}").into()) };
            let (provider, name) = ("openai".to_owned(), name.to_owned());
            vault
                .add(NewCredential { provider, name, fields: vec![secret], ..NewCredential::default() })
                .unwrap();
        }
        vault
    }

    fn statuses(vault: &mut Vault) -> Vec<CheckStatus> {
        vault.list(&Filter::default()).unwrap().iter().map(|listing| listing.status).collect()
    }

    /// One turn, as the thread takes it; the pause if there was nothing to do.
    fn turn(
        pace: &mut Pace,
        vault: &mut Vault,
        options: &VerifyOptions,
        now: u64,
    ) -> Option<Option<Duration>> {
        match choose(pace, vault, now).unwrap() {
            Turn::Wait(pause) => Some(pause),
            Turn::Ask(questions) => {
                let said = weigh(pace, answers(questions, options));
                vault.heard(&said).unwrap();
                None
            }
        }
    }

    #[test]
    fn one_after_the_other_is_asked_about_and_what_was_said_is_kept() {
        let home = tempfile::tempdir().unwrap();
        let (mut vault, mut pace, options) = (vault(home.path()), Pace::default(), provider());
        let start = now();
        assert_eq!(turn(&mut pace, &mut vault, &options, start), None);
        assert_eq!(statuses(&mut vault).iter().filter(|it| **it == CheckStatus::Connected).count(), 1);
        assert!(turn(&mut pace, &mut vault, &options, start).is_some(), "not two at once");
        assert_eq!(turn(&mut pace, &mut vault, &options, start + PAUSE_MS), None);
        assert_eq!(statuses(&mut vault), [CheckStatus::Connected; 2]);
        assert_eq!(turn(&mut pace, &mut vault, &options, start + 2 * PAUSE_MS), Some(Some(LONGEST)));
    }

    #[test]
    fn offline_nothing_is_put_down_and_switched_off_nothing_is_asked() {
        let home = tempfile::tempdir().unwrap();
        let (mut vault, mut pace) = (vault(home.path()), Pace::default());
        assert_eq!(turn(&mut pace, &mut vault, &at("http://127.0.0.1:9"), now()), None);
        let listed = vault.list(&Filter::default()).unwrap();
        assert!(listed.iter().all(|listing| listing.verification.is_none()), "{listed:?}");
        vault.set_habits(Habits { on_save: true, in_background: false }).unwrap();
        let mut fresh = Pace::default();
        assert_eq!(turn(&mut fresh, &mut vault, &provider(), now()), Some(None));
    }
}
