//! What happened on this device, one sentence each.

use keymoor_vault::{Activity, Alarm, Event, GrantScope, Subject, Who};

use super::alarm;
use super::notice::{back, cache_rebuilt, cache_was_older, healed, only_trashed, quarantined, set_aside};
use super::verification::verdict;
use crate::output::{counted, plain};

/// An entry of the activity: what happened, and who had it done.
pub(crate) fn activity(entry: &Activity) -> String {
    let text = happened(&entry.event);
    let Some(by) = entry.by.as_ref().map(by) else { return text };
    // Behind what was done, and before what came of it.
    let (done, rest) = match text.split_once(": ") {
        Some((done, came)) if matches!(entry.event, Event::Verified { .. }) => (done, format!(": {came}")),
        _ => (text.strip_suffix('.').unwrap_or(&text), ".".to_owned()),
    };
    format!("{done} {by}{rest}")
}

fn by(who: &Who) -> String {
    match who {
        Who::CommandLine => "at the command line".to_owned(),
        Who::Window => "in the window".to_owned(),
        Who::Program(name) => format!("by {}", plain(name)),
    }
}

fn happened(event: &Event) -> String {
    match event {
        Event::Added(subject) => format!("{} was added.", name(subject)),
        Event::Edited(subject) => format!("{} was changed.", name(subject)),
        Event::Deleted(subject) => format!("{} was moved to the trash.", name(subject)),
        Event::Restored(subject) => format!("{} was taken out of the trash.", name(subject)),
        Event::Reverted(subject) => format!("{} got the values of an earlier version.", name(subject)),
        Event::Settled(subject) => {
            format!("{}: what two devices had changed at once was settled.", name(subject))
        }
        Event::Rotated(subject) => format!("{} has a new key.", name(subject)),
        Event::Revoked { subject, done: true } => format!("{} was revoked at its provider.", name(subject)),
        Event::Revoked { subject, done: false } => {
            format!("{} could not be revoked at its provider.", name(subject))
        }
        Event::ServiceEnabled { service, credential: None } => {
            format!("The service {} was enabled.", plain(service))
        }
        Event::ServiceEnabled { service, credential: Some(credential) } => {
            format!("The service {} was enabled with {}.", plain(service), plain(credential))
        }
        Event::ServiceDisabled { service } => format!("The service {} was disabled.", plain(service)),
        Event::ServiceSet { service, settings } => {
            let settings: Vec<_> = settings.iter().map(|setting| plain(setting)).collect();
            format!("{} of the service {} was set.", settings.join(", "), plain(service))
        }
        Event::PolicySet { policy: of, days } => {
            let days = counted((*days).into(), "day", "days");
            format!("{} was set to {days}.", policy(of))
        }
        Event::PolicyRemoved { policy: of } => format!("{} was removed.", policy(of)),
        Event::Erased(subject) => format!("{} was erased.", name(subject)),
        Event::DeletedElsewhere(subject) => {
            format!("{} was moved to the trash on another device.", name(subject))
        }
        Event::ErasedElsewhere(subject) => format!("{} was erased on another device.", name(subject)),
        Event::OnlyTrashed { name } => only_trashed(name),
        Event::Revealed { subject, field, copied } => {
            let field = field.as_deref().map(|field| format!(", {}", plain(field))).unwrap_or_default();
            let how = if *copied { "copied" } else { "shown" };
            format!("{}{field} was {how}.", name(subject))
        }
        Event::Lent { subject, program } => format!("{} was lent to {}.", name(subject), plain(program)),
        Event::Verified { subject, verdict: said, why } => {
            let why = why.as_ref().and_then(|why| why.reason());
            format!("{} was verified: {}.", name(subject), verdict(*said, why.as_ref(), None))
        }
        Event::Synced { pulled, pushed, deleted } => {
            let mut text = format!("Synced: {} came, {} went.", grouped(*pulled), grouped(*pushed));
            if *deleted > 0 {
                let what = counted(*deleted, "credential was", "credentials were");
                text.push_str(&format!(" {what} deleted elsewhere."));
            }
            text
        }
        Event::Conflict(subject) => {
            format!("{} was changed on two devices at once; both values are kept.", name(subject))
        }
        Event::ConflictOver(subject) => {
            format!("{}: another device settled what two had changed at once.", name(subject))
        }
        Event::Forgotten { count } => format!(
            "{} in the trash for 180 days and gone for good now.",
            counted(*count, "credential was", "credentials were")
        ),
        Event::Alarm { alarm: raised } => match raised {
            Alarm::PutBack | Alarm::SessionStolen => alarm(*raised).to_owned(),
            _ => format!("{} Sync stopped; what is on this device was not touched.", alarm(*raised)),
        },
        Event::AlarmOver { alarm: raised } => {
            format!("Sync adds up again. What was wrong before: {}", alarm(*raised))
        }
        Event::Healed { id, from } => healed(*id, *from),
        Event::Quarantined { id } => quarantined(*id),
        Event::Back { name, erased, here } => back(name, *erased, *here),
        Event::CacheRebuilt { records } => cache_rebuilt(*records),
        Event::CacheWasOlder { taken } => cache_was_older(*taken),
        Event::CacheSetAside { path, taken, whole } => set_aside(path, *taken, *whole),
        Event::Granted { program, scope, limited } => {
            let may = match scope {
                GrantScope::Read => "look",
                GrantScope::Write => "look and change",
            };
            let which = if *limited { ", at some credentials only" } else { "" };
            format!("{} was let in at keymoor serve. It may {may}{which}.", plain(program))
        }
        Event::GrantRevoked { program } => format!("{} was shut out of keymoor serve.", plain(program)),
        Event::SignedIn => "This device signed in with the password.".to_owned(),
        Event::AccountCreated { server } => format!("The account was made at {}.", plain(server)),
        Event::Joined { server } => format!("This device joined the account at {}.", plain(server)),
        Event::PasswordWaits => "The new password holds here and waits for the server.".to_owned(),
        Event::PasswordChanged => "The password of the account was changed on another device.".to_owned(),
        Event::Linked { taken: 0 } => LINKED.to_owned(),
        Event::Linked { taken } => {
            format!(
                "{LINKED} {} from before, taken as they were.",
                counted(*taken, "entry is", "entries are")
            )
        }
        Event::ActivityBroken => {
            "Entries from before this one are missing or were changed, and not by Keymoor. What is \
                                  left counts from here on."
                .to_owned()
        }
        Event::Unknown => "Something that only a newer version of Keymoor can tell.".to_owned(),
    }
}

const LINKED: &str = "From here on it is noticed when entries are missing or were changed.";

fn policy(of: &str) -> String {
    match of.split_once(':') {
        Some(("label", label)) => format!("The policy for the label {}", plain(label)),
        Some((_, provider)) => format!("The policy for {}", plain(provider)),
        None => "The policy for all credentials".to_owned(),
    }
}

fn name(subject: &Subject) -> String {
    match subject.name.as_str() {
        "" => format!("Credential {}", subject.id),
        name => plain(name).into_owned(),
    }
}

fn grouped(records: u64) -> String {
    counted(records, "record", "records")
}

#[cfg(test)]
mod tests {
    use keymoor_providers::Verdict;

    use super::*;

    fn said(event: Event, by: Option<Who>) -> String {
        activity(&Activity { at: 0, by, event })
    }

    #[test]
    fn who_it_was_stands_behind_what_was_done() {
        let subject = || Subject {
            id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            name: "a/b".to_owned(),
        };
        let verified = || Event::Verified { subject: subject(), verdict: Verdict::Valid, why: None };
        let lent = Event::Lent { subject: subject(), program: "python".to_owned() };
        for (event, by, text) in [
            (Event::Added(subject()), None, "a/b was added."),
            (Event::Added(subject()), Some(Who::Window), "a/b was added in the window."),
            (lent, Some(Who::CommandLine), "a/b was lent to python at the command line."),
            (verified(), None, "a/b was verified: accepted."),
            (
                verified(),
                Some(Who::Program("python app".to_owned())),
                "a/b was verified by python app: accepted.",
            ),
        ] {
            assert_eq!(said(event, by), text);
        }
    }
}
