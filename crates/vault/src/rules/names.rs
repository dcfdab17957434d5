//! Names that two devices gave unseen of each other (rule 16).

use keymoor_protocol::RecordId;

/// The name as shown: the smallest id keeps it, the others show as `name (2)`, computed alike on every device.
pub(crate) fn display(name: &str, id: RecordId, holders: &[RecordId]) -> String {
    let place = holders.iter().filter(|other| **other < id).count();
    if place == 0 { name.to_owned() } else { format!("{name} ({})", place + 1) }
}

/// Whether a record other than `except` has the name. Asked inside the user's own write transaction.
pub(crate) fn is_taken(holders: &[RecordId], except: Option<RecordId>) -> bool {
    holders.iter().any(|id| Some(*id) != except)
}
