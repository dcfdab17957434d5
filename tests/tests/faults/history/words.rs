//! What the tally calls things.

use keymoor_journeys::Fate;

/// What only comes about now and then.
pub(super) fn is_rare(point: &str) -> bool {
    !matches!(died_at(point), "died in a save" | "died in a sync")
}

/// What a death at a point is called in the tally.
pub(super) fn died_at(point: &str) -> &'static str {
    match point.split('.').next().unwrap_or_default() {
        "erase" => "died in an erasure",
        "refresh" | "session" => "died in a refresh",
        "reconcile" | "snapshot" | "stage" => "died in a snapshot",
        "save" => "died in a save",
        _ => "died in a sync",
    }
}

/// What a fate is called in the tally.
pub(crate) fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Answered => "answered",
        Fate::Refused => "a connection refused",
        Fate::Dropped => "a request dropped",
        Fate::RequestCut => "a request cut",
        Fate::AnswerLost => "an answer lost",
        Fate::AnswerCut => "an answer cut",
        Fate::Repeated => "a request repeated",
        Fate::Delayed => "a request delayed",
        Fate::Late => "a request late",
        Fate::Killed => "the server killed",
        Fate::Silent => "an answer without an end",
    }
}
