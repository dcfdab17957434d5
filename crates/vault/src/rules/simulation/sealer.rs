//! What stands for sealed bytes: an envelope with a number in it, and a table of what it holds. The seals themselves have
//! tests of their own; here only who knows which bytes matters, and that nobody opens what he never got.

use std::collections::HashMap;
use std::rc::Rc;

use keymoor_protocol::envelope::Header;
use keymoor_protocol::{Class, Digest, Envelope, Record, RecordId};

use crate::content::Content;

#[derive(Default)]
pub(super) struct Sealer {
    contents: HashMap<Digest, Rc<Content>>,
    count: u64,
}

impl Sealer {
    pub(super) fn seal(&mut self, id: RecordId, version: u64, content: &Content) -> Record {
        assert!(content.is_whole(), "a secret of {id} was lost");
        self.count += 1;
        let mut salt = [0; 32];
        salt[..8].copy_from_slice(&self.count.to_be_bytes());
        let envelope = |class| {
            let header = Header { class, id: id.0, version, epoch: 1, schema: 1 };
            Envelope::new(header, &salt, &[0; 32], &[0; 32])
        };
        let (meta, secret) = (envelope(Class::Meta), envelope(Class::Secret));
        let record = Record { id, version, deleted: content.meta.deleted(), meta, secret };
        self.contents.insert(record.digest(), Rc::new(content.clone()));
        record
    }

    pub(super) fn open(&self, record: &Record) -> Rc<Content> {
        Rc::clone(&self.contents[&record.digest()])
    }
}
