//! What was done, and which homes hold it.

use std::path::Path;

use keymoor_vault::{Erased, Kept, KeychainProblem, Kits, RecordId, Saved, SyncReport};

use super::{differences::differences, keychain};
use crate::{
    output::{argument, counted, grouped, plain, quoted},
    prompt,
};

/// After an edit that changes nothing.
pub(crate) const NOTHING_CHANGED: &str = "Nothing changed.";

/// After a save.
pub(crate) fn saved(saved: &Saved) -> String {
    if !saved.changed {
        return NOTHING_CHANGED.to_owned();
    }
    let mut text = kept(&format!("{}, version {}", plain(&full_name(saved)), saved.version), saved);
    if let [only] = &saved.settled[..] {
        text.push_str(&format!("\nThis settled: {}. The other value stays in the history.", plain(only)));
    } else if !saved.settled.is_empty() {
        let fields = plain(&saved.settled.join(", ")).into_owned();
        text.push_str(&format!("\nThis settled: {fields}. The other values stay in the history."));
    }
    text
}

/// After a move to the trash.
pub(crate) fn trashed(saved: &Saved) -> String {
    let name = full_name(saved);
    let text = kept(&format!("{} is in the trash", plain(&name)), saved);
    format!("{text}\nTo have it back: keymoor restore {}", argument(&name))
}

/// Beside a value that was asked for, where another device gave the field another one.
pub(crate) fn in_conflict(id: RecordId, field: &str) -> String {
    // The id names it also where two credentials share provider and name.
    format!(
        "Two devices changed {} at the same time; this is the value in use. keymoor show {id} lists them, keymoor settle {id} {} CHOICE picks one.",
        plain(field),
        quoted(field)
    )
}

fn full_name(saved: &Saved) -> String {
    format!("{}/{}", saved.provider, saved.name)
}

/// "Saved on this device" is said only when every home on this device holds it.
fn kept(what: &str, saved: &Saved) -> String {
    let mut text = match saved.keychain {
        Kept::Yes => format!("Saved on this device: {what}."),
        Kept::Off => format!("Saved on this device: {what}. (No keychain is in use.)"),
        Kept::Failed(problem) => format!(
            "Saved in the cache on this disk, not in the keychain: {what}.\n{} The next save or sync tries again.",
            keychain::sentence(problem)
        ),
    };
    if saved.waiting > 0 {
        text.push_str(&format!(
            "\n{} for the next sync.",
            counted(saved.waiting, "change waits", "changes wait")
        ));
    }
    text
}

/// After an erasure: which homes have yet to follow.
pub(crate) fn erased(name: &str, erased: &Erased) -> String {
    let mut text = match erased.on_server {
        true => {
            format!("Erased on this device: {}. The server still has it, until the next sync.", plain(name))
        }
        false => format!("Erased: {}.", plain(name)),
    };
    if let Kept::Failed(problem) = erased.keychain {
        let left = match erased.on_server {
            true => "Its copy there does not say so yet; the next save or sync sees to it.",
            false => "Its copy there goes with the next save or sync.",
        };
        text.push_str(&format!("\n{} {left}", keychain::sentence(problem)));
    }
    text
}

/// After a sync.
pub(crate) fn synced(report: &SyncReport) -> String {
    let mut moved = Vec::new();
    if report.pulled > 0 {
        moved.push(format!("{} received", counted(report.pulled, "change", "changes")));
    }
    if report.pushed > 0 {
        moved.push(format!("{} sent", counted(report.pushed, "change", "changes")));
    }
    let mut text = match moved.is_empty() {
        true if report.erased > 0 => "Synced.".to_owned(),
        true => "Synced: nothing was new.".to_owned(),
        false => format!("Synced: {}.", moved.join(", ")),
    };
    for (number, what) in [(report.trashed, "moved to the trash"), (report.erased, "erased")] {
        if number > 0 {
            let who = counted(number, "credential was", "credentials were");
            text.push_str(&format!("\n{who} {what} on another device; keymoor activity names which."));
        }
    }
    if report.conflicts > 0 {
        text.push_str(&format!(
            "\n{} changed on two devices at the same time; nothing is lost, keymoor list shows which.",
            counted(report.conflicts, "credential was", "credentials were")
        ));
    }
    for line in differences(&report.differences) {
        text.push('\n');
        text.push_str(&line);
    }
    text
}

/// After a sync that met a full account: what could pass has passed.
pub(crate) fn waiting_for_room(waiting: u64) -> String {
    format!("{} until there is room.", counted(waiting, "change waits", "changes wait"))
}

/// After an account was made or registered again.
pub(crate) fn created(kits: &Kits) -> String {
    let join = kits.join_kit.display().to_string();
    let join = plain(&join);
    let done = "The account is set up, and the server has everything that is here.";
    let moved = match &kits.moved_from {
        Some(before) => format!(
            "\nThis device syncs there from now on, and no longer at {}. The account's other devices follow with the same command.",
            plain(before)
        ),
        None => String::new(),
    };
    let done = format!("{done}{moved}");
    let certificate = match kits.certificate {
        Some(pin) => format!(
            "\nThe server made its certificate itself. Compare with what it printed when it started:\n  \
             certificate sha256:{}",
            pin.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        ),
        None => String::new(),
    };
    match &kits.recovery_kit {
        Some(recovery) => {
            let recovery = recovery.display().to_string();
            let recovery = plain(&recovery);
            let width = join.chars().count().max(recovery.chars().count());
            format!(
                "{done}\nTwo files were written:\n  \
                 {join:width$}  adds a device, together with the password\n  \
                 {recovery:width$}  opens everything, alone\n\
                 Print them or move them off this device, and keep them apart: whoever has the second reads every key.{certificate}"
            )
        }
        None => format!(
            "{done}\nA file was written:\n  {join}  adds a device, together with the password\n\
             The recovery kit made before stays good.{certificate}"
        ),
    }
}

/// After an account could not be made, where its kits were written already.
pub(crate) fn kits_stay(written: &[&Path]) -> String {
    let written: Vec<_> =
        written.iter().map(|path| plain(&path.display().to_string()).into_owned()).collect();
    format!(
        "Written all the same, and it stays good: {}\nThe same command, given again, makes the account that it is for.",
        written.join(", ")
    )
}

/// After a recovery kit was made for a vault without an account.
pub(crate) fn recovery_kit(path: &Path) -> String {
    let path = path.display().to_string();
    format!(
        "Written: {}\nIf the system's keychain is lost, it opens the cache on this disk, alone: keymoor unlock --recovery FILE\n\
         Print it or move it off this device. One that was made before opens nothing any more.",
        plain(&path)
    )
}

/// After the first credential of a vault that only the keychain can open.
pub(crate) const RECOVERY_KIT_OFFERED: &str =
    "Only this system's keychain can open the vault. A page that can, too: keymoor account kit";

/// After a join.
pub(crate) fn joined(report: &SyncReport) -> String {
    format!("This device belongs to the account now. {}", synced(report))
}

/// After an unlock.
pub(crate) fn unlocked(records: u64) -> String {
    format!("The vault is unlocked, with {}.", counted(records, "credential", "credentials"))
}

/// When the keychain gets many copies, which takes longer than anybody likes to wait without a word.
pub(crate) const MIRRORING: &str = "The keychain gets its copies now. Everything is usable meanwhile; interrupted, this goes on with the next sync.";

/// When the keychain takes no more copies; cache and server have everything.
pub(crate) fn mirror_stopped(problem: KeychainProblem) -> String {
    format!(
        "{} Not all copies are in it yet; the cache on this disk has everything, and the next sync goes on.",
        keychain::sentence(problem)
    )
}

/// Asks whether very many credentials may go; without a terminal nobody can say yes.
pub(crate) fn confirm_deletes(count: u64, of: u64) -> bool {
    let what = counted(of, "credential", "credentials");
    prompt::confirmed(&format!(
        "Another device deleted {} of {what} here. Delete them on this device, too?",
        grouped(count)
    ))
}
