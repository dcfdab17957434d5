//! A later version of Keymoor, invented for tests: what it adds to a record is there wherever it could be.
//!
//! With the feature `newer-schema`, `KEYMOOR_PAYLOAD_SCHEMA=2` makes this program write, and understand, records of schema 2.
//! `KEYMOOR_INVENTED` is some JSON that its actions add: as a member of the record where there is none yet, as a field,
//! beside each value that they write, and beside each secret of these. Without the variables it is this version.

use std::collections::BTreeSet;

use crate::content::{Carried, Entry, Meta, Stamp, Value, payload::SCHEMA};

#[cfg(not(debug_assertions))]
compile_error!("newer-schema writes records that no version reads: it is for test builds only");

/// The name of the member, and of the field.
const INVENTED: &str = "invented";

/// The schema that this program writes.
pub(crate) fn schema() -> u16 {
    let set = std::env::var("KEYMOOR_PAYLOAD_SCHEMA").ok();
    set.and_then(|number| number.parse().ok()).unwrap_or(SCHEMA)
}

/// Adds to the action of this stamp what only the later version knows.
pub(crate) fn invent(meta: &mut Meta, stamp: Stamp) {
    let set = std::env::var("KEYMOOR_INVENTED").ok();
    let Some(json) = set.and_then(|text| serde_json::from_str(&text).ok()) else { return };
    for entries in meta.fields.values_mut() {
        let all = std::mem::take(entries).into_iter();
        *entries = all.map(|entry| if entry.stamp == stamp { beside(entry, &json) } else { entry }).collect();
    }
    let value = Value::Other(Carried(json.clone()));
    meta.fields.insert(INVENTED.to_owned(), BTreeSet::from([Entry { stamp, value }]));
    meta.unknown.entry(INVENTED.to_owned()).or_insert(json); // a member has no stamp, so none is ever changed
}

fn beside(entry: Entry, json: &serde_json::Value) -> Entry {
    let more = vec![Carried(json.clone())];
    let mut value = entry.value.parts().0.clone();
    if let Value::Key(parts) = &mut value {
        parts.values_mut().for_each(|shadow| shadow.more = more.clone());
    }
    Entry { value: value.with(more), ..entry }
}
