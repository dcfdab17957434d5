//! What a database says of each record: read from the sealed rows themselves, past the program that is tested.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use keymoor_protocol::{ActorId, Class, Envelope, RecordId, base64url};
use keymoor_sealing::{Context, VaultKey, open};
use rusqlite::Connection;
use serde_json::Value;

/// One value of a field, with the stamp that it was written by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    pub(crate) record: RecordId,
    pub(crate) field: String,
    pub(crate) counter: u64,
    pub(crate) actor: ActorId,
    /// The text; of a secret its last four characters, which each secret of a history has for its own.
    pub(crate) value: String,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) stamps: BTreeSet<Stamp>,
    pub(crate) deleted: bool,
    pub(crate) digest: Vec<u8>,
}

pub(crate) type Contents = BTreeMap<RecordId, Content>;

/// Opens the records of one account.
pub(crate) struct Lens {
    pub(crate) key: VaultKey,
    pub(crate) context: Context,
}

impl Lens {
    /// What the server has.
    pub(crate) fn server(&self, database: &Connection) -> Contents {
        self.table(database, "record", "record_id")
    }

    /// What a cache has: the base, and the drafts.
    pub(crate) fn cache(&self, home: &Path) -> (Contents, Contents) {
        let cache = Connection::open(home.join("keymoor.db")).unwrap();
        (self.table(&cache, "base", "id"), self.table(&cache, "draft", "id"))
    }

    fn table(&self, database: &Connection, table: &str, id: &str) -> Contents {
        let sql = format!("SELECT {id}, version, deleted, digest, meta FROM {table}");
        let mut rows = database.prepare(&sql).unwrap();
        let rows = rows.query_map([], |row| {
            Ok((
                RecordId(row.get(0)?),
                row.get::<_, i64>(1)? as u64,
                row.get(2)?,
                row.get(3)?,
                row.get::<_, Vec<u8>>(4)?,
            ))
        });
        rows.unwrap()
            .map(|row| {
                let (id, version, deleted, digest, meta) = row.unwrap();
                let envelope = Envelope::try_from(meta).unwrap();
                let context = Context { class: Class::Meta, id: id.0, version, ..self.context };
                let text = open(&self.key, &context, &envelope).expect("a sealed record opens");
                let stamps = stamps(id, &serde_json::from_slice(&text).unwrap());
                (id, Content { stamps, deleted, digest })
            })
            .collect()
    }
}

/// The values of a meta payload.
fn stamps(record: RecordId, payload: &Value) -> BTreeSet<Stamp> {
    let actor = |index: &Value| {
        let text = payload["actors"][index.as_u64().unwrap() as usize].as_str().unwrap();
        ActorId(base64url::decode(text).unwrap().try_into().unwrap())
    };
    let fields = payload["fields"].as_object().unwrap();
    let entries = fields
        .iter()
        .flat_map(|(field, entries)| entries.as_array().unwrap().iter().map(move |entry| (field, entry)));
    entries
        .map(|(field, entry)| Stamp {
            record,
            field: field.clone(),
            counter: entry[0].as_u64().unwrap(),
            actor: actor(&entry[1]),
            value: match &entry[2] {
                Value::String(text) => text.clone(),
                parts => parts["secret"][0].as_str().unwrap_or_default().to_owned(),
            },
        })
        .collect()
}

/// What a device shows: its drafts, and the base where there is none.
pub(crate) fn shown((base, draft): (Contents, Contents)) -> Contents {
    let mut shown = base;
    shown.extend(draft);
    shown
}
