//! When a server does not add up.

use keymoor_vault::Alarm;

use super::Words;

const SAFE: &str = "Sync has stopped. Everything on this device can be read as before.";

pub(super) fn words(alarm_: Alarm) -> Words {
    let words = Words::new(alarm(alarm_)).safe(SAFE);
    match alarm_ {
        Alarm::RolledBack => words.hint(
            "The server may have been put back from a copy, or it is not honest. Ask whoever runs it.\n\
             If it lost its data: keymoor account create --server URL, on a device that has the keys, fills it again.",
        ),
        Alarm::KeysDocument => words.hint(
            "The server may have been put back from before a new password, or it is not honest. Ask whoever runs it.\n\
             keymoor sync, on a device that has the new password, puts that back; without such a device:\n\
             keymoor unlock --recovery FILE, with a new password",
        ),
        _ => words.hint(
            "The server may have been put back from a copy, or it is not honest. Ask whoever runs it.\n\
             keymoor status shows the alarms.",
        ),
    }
}

/// The alarm in one sentence.
pub(crate) fn alarm(alarm: Alarm) -> &'static str {
    match alarm {
        Alarm::ChainBroken => {
            "A change on the server was not made by any of your devices, or its order is wrong."
        }
        Alarm::StateWrong => "What the server holds does not add up to what your devices stored there.",
        Alarm::KeysDocument => "The server gives out an older or a foreign list of keys.",
        Alarm::RolledBack => "The server holds less than it held before, and its log does not explain it.",
        Alarm::SessionStolen => {
            "The server ended a session of this device: an old ticket of it was used again. If you did not restore a copy of \
             this device, look at your other devices and rotate the keys that were on a stolen one."
        }
        Alarm::PutBack => {
            "The server had lost its newest state; what it lacked comes back from your devices."
        }
    }
}
