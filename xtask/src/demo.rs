//! `cargo xtask run --demo`: the main job played in the terminal, with the real programs and real keychains.
//!
//! Everything lies in one temporary folder and ends with this command.

use std::{
    fs,
    hash::{BuildHasher as _, RandomState},
    path::Path,
    time::Instant,
};

use crate::{
    Outcome,
    device::Device,
    local_server::LocalServer,
    setup::{self, Purpose},
    workspace::Profile,
};

const NAME: &str = "Demo key";

/// A key saved on one device is on the next, and comes back after its cache is gone.
pub(crate) fn demo(profile: Profile) -> Outcome {
    setup::prepare(Purpose::Terminal)?;
    profile.build("programs", &["--package", "keymoor-cli", "--package", "keymoor-server"])?;
    let temporary = tempfile::Builder::new()
        .prefix("keymoor-demo-")
        .tempdir()
        .map_err(|error| format!("no temporary folder: {error}"))?;
    println!("\nOne server and two devices, each with a keychain and a data directory of its own:");
    let started = Instant::now();
    play(profile, temporary.path())?;
    println!("Done in {:.1} s. Everything was stopped and removed.", started.elapsed().as_secs_f64());
    Ok(())
}

fn play(profile: Profile, folder: &Path) -> Outcome {
    let secret = format!("sk-proj-{}", made_up());
    let file = |name: &str| folder.join(name).display().to_string();
    let (password, kit, recovery) = (file("password"), file("join-kit"), file("recovery"));
    fs::write(&password, made_up()).map_err(|error| format!("{password}: {error}"))?;
    let keymoor = profile.program("keymoor");

    let server =
        step("a sync server starts", || LocalServer::start(&profile.program("keymoor-server"), folder))?;
    let url = server.url();
    let (a, b) = step("devices A and B start, each with its own keychain", || {
        Ok((Device::start("a", folder, &keymoor)?, Device::start("b", folder, &keymoor)?))
    })?;
    step("A saves a key", || a.keymoor(&["add", "openai", "--name", NAME, "--stdin"], &secret))?;
    step("A makes an account at the server; join kit and recovery file are written", || {
        let create = ["account", "create", "--server", &url, "--password-file", &password];
        a.keymoor(&[&create[..], &["--kit", &kit, "--recovery", &recovery]].concat(), "")
    })?;
    step("A syncs", || a.keymoor(&["sync"], ""))?;
    step("B joins with the kit and the password", || {
        b.keymoor(&["account", "join", "--kit", &kit, "--password-file", &password], "")
    })?;
    step("B syncs", || b.keymoor(&["sync"], ""))?;
    step("B has the key, byte for byte", || same(&secret, &b))?;
    step("A's cache is deleted", || delete_cache(&a.home()))?;
    step("A has the key back, byte for byte", || same(&secret, &a))
}

/// One line a step, printed when it is done.
fn step<T>(words: &str, act: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let started = Instant::now();
    let done = act().map_err(|why| format!("{words}: this failed. {why}"))?;
    println!("  {words:<75} {:>5.2} s", started.elapsed().as_secs_f64());
    Ok(done)
}

fn same(secret: &str, device: &Device) -> Outcome {
    let got = device.keymoor(&["get", NAME, "--raw"], "")?;
    if got == secret { Ok(()) } else { Err("another value came back".into()) }
}

/// Removes every SQLite file of a data directory, told by its first bytes, with its companions.
fn delete_cache(home: &Path) -> Outcome {
    let remove = || -> std::io::Result<usize> {
        let mut removed = 0;
        for entry in fs::read_dir(home)? {
            let path = entry?.path();
            if path.is_file() && fs::read(&path)?.starts_with(b"SQLite format 3\0") {
                for companion in ["", "-wal", "-shm"] {
                    let mut name = path.clone().into_os_string();
                    name.push(companion);
                    if fs::exists(&name)? {
                        fs::remove_file(&name)?;
                        removed += 1;
                    }
                }
            }
        }
        Ok(removed)
    };
    match remove() {
        Ok(0) => Err(format!("there is no SQLite file in {}", home.display())),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("{}: {error}", home.display())),
    }
}

/// 32 letters, other ones each time. They guard nothing.
fn made_up() -> String {
    format!("{:016x}{:016x}", RandomState::new().hash_one(1), RandomState::new().hash_one(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sqlite_files_are_deleted() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::write(at("cache.sqlite"), b"SQLite format 3\0rest").unwrap();
        fs::write(at("cache.sqlite-wal"), b"log").unwrap();
        fs::write(at("other"), b"stays").unwrap();
        delete_cache(home.path()).unwrap();
        assert!(!at("cache.sqlite").exists() && !at("cache.sqlite-wal").exists() && at("other").exists());
        assert!(delete_cache(home.path()).is_err());
    }
}
