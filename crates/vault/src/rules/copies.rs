//! A cache that is rebuilt from the keychain's copies (rule 18).

use keymoor_protocol::{Cursor, Record};

use crate::rules::{Rule, kept};

/// What a rebuilt cache has of a record: what the server had acknowledged, with the commit that wrote it, and what the user
/// did since. Both as the copy says.
pub(crate) fn layers<'a>(
    acknowledged: Option<(&'a Record, u64)>,
    since: Option<&'a Record>,
) -> (Option<(&'a Record, u64)>, Option<&'a Record>) {
    if kept(Rule::CopiesSayAcknowledged) {
        return (acknowledged, since);
    }
    (None, since.or(acknowledged.map(|(record, _)| record)))
}

/// Where a rebuilt cache begins: at the keychain's mark. Its base may lag behind that, so the next sync takes a snapshot.
pub(crate) fn begins_at(mark: Option<Cursor>) -> Cursor {
    mark.unwrap_or(Cursor::START)
}
