//! Measures how long a change takes to another device: `keymoor-echo HOME COUNT`.
//!
//! It saves on the device of this environment, as a window would, and looks into the cache of the other one, whose data
//! directory is HOME. Both devices have to sync by themselves meanwhile. The clock starts when a save is asked for: the sync
//! does not wait for the keychain, so a change is often there before its save is acknowledged. It stops when the other cache
//! has that version, which it is asked every fifth of a millisecond. Prints a line for each change, in microseconds.
#![allow(clippy::print_stderr, clippy::print_stdout)] // A program for a terminal.

use std::{
    env,
    error::Error,
    fs,
    path::Path,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use keymoor_vault::{Config, Edit, Field, NewCredential, Patience, RecordId, Value, Vault};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use secrecy::SecretString;

/// Changes before the first that counts.
const WARM_UP: u64 = 10;
const LOOK: Duration = Duration::from_micros(200);
const PATIENCE: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [home, count] = &arguments[..] else {
        eprintln!("usage: keymoor-echo HOME COUNT");
        return ExitCode::from(2);
    };
    match count.parse().map_err(Into::into).and_then(|count| echo(Path::new(home), count)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keymoor-echo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn echo(home: &Path, count: u64) -> Result<(), Box<dyn Error>> {
    let mut vault = Vault::open(Config::from_environment()?, Patience::default(), &mut |_| password())?;
    let mut other = Connection::open_with_flags(home.join("keymoor.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let secret = |i: u64| Value::Secret(SecretString::from(format!("sk-echo-{i:048}")));
    let added = vault.add(NewCredential {
        provider: "openai".into(),
        name: "echo".into(),
        fields: vec![Field { name: "key".into(), value: secret(0) }],
        ..NewCredential::default()
    })?;
    seen(&other, added.id, added.version)?;
    let mut version = added.version;
    for i in 1..=WARM_UP + count {
        // Changes come at any time, also while the copies of the one before are being written.
        thread::sleep(Duration::from_millis(i * 7919 % 200));
        let fields = vec![Field { name: "key".into(), value: secret(i) }];
        version += 1;
        let asked = Instant::now();
        // Looked for meanwhile: it may be there before the save is acknowledged.
        let (saved, there) = thread::scope(|scope| {
            let other = &mut other;
            let there = scope.spawn(move || {
                seen(other, added.id, version).map(|()| asked.elapsed()).map_err(|error| error.to_string())
            });
            (vault.edit(added.id, Edit { fields, ..Edit::default() }), there.join())
        });
        if saved?.version != version {
            return Err("somebody else saves here, too".into());
        }
        let took = there.map_err(|_| "the look at the other device failed")??;
        if i > WARM_UP {
            println!("{}", took.as_micros());
        }
    }
    Ok(())
}

/// The first line of the file that `KEYMOOR_PASSWORD_FILE` names.
fn password() -> Option<SecretString> {
    let text = fs::read_to_string(env::var_os("KEYMOOR_PASSWORD_FILE")?).ok()?;
    Some(text.lines().next()?.into())
}

/// Waits until the other cache has this version.
fn seen(other: &Connection, id: RecordId, version: u64) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let mut look = other.prepare_cached("SELECT version FROM base WHERE id = ?1")?;
    loop {
        let there: Option<i64> = look.query_row([id.0], |row| row.get(0)).optional()?;
        if there.is_some_and(|there| there.cast_unsigned() >= version) {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err("the other device did not see a change: do both sync by themselves?".into());
        }
        thread::sleep(LOOK);
    }
}
