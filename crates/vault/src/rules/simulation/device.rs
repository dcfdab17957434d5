//! A device: its cache and its keychain, and what the rules decide, done to them. Each function that takes `&mut Cache` is
//! within one local transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use keymoor_protocol::api::{Placed, Push};
use keymoor_protocol::{ActorId, Cursor, Head, Record, RecordId, SignedCommit};

use super::world::World;
use crate::content::Content;
use crate::rules::accepted::{After, after};
use crate::rules::gone::{Forgotten, forgotten};
use crate::rules::life;
use crate::rules::take::{self, Draft, Here};

/// What the server acknowledged or sent, and the commit that wrote it.
#[derive(Clone)]
pub(super) struct Base {
    pub(super) record: Record,
    pub(super) seq: u64,
}

#[derive(Clone)]
pub(super) struct Cache {
    pub(super) actor: ActorId,
    /// Actors of before it was put back.
    pub(super) former: Vec<ActorId>,
    /// It is an older copy, and the keychain still to be read; these actors may have stamped before that was noticed.
    pub(super) unread: Option<Vec<ActorId>>,
    /// It is an older copy and does not know it: what it stamps may have been given before.
    pub(super) blind: bool,
    pub(super) cursor: Cursor,
    pub(super) rebuilt: bool,
    pub(super) base: BTreeMap<RecordId, Base>,
    pub(super) drafts: BTreeMap<RecordId, Record>,
    pub(super) erased: BTreeSet<RecordId>,
    /// What the server lost and others may have.
    pub(super) elsewhere: BTreeSet<RecordId>,
    pub(super) frozen: Option<Push>,
    /// What is known of the log; without their bytes where a mark alone states them.
    pub(super) heads: BTreeMap<u64, Head>,
    pub(super) chain: BTreeMap<u64, SignedCommit>,
    pub(super) staged: BTreeMap<RecordId, Placed>,
    /// How far staging is: the head, and the record after which the next page begins; none after the last page.
    pub(super) staging: Option<(Cursor, Option<RecordId>)>,
    /// The keychain's mark that this cache wrote or met.
    pub(super) mark: Option<Cursor>,
    pub(super) unmirrored: BTreeSet<RecordId>,
    /// Since which day this device holds a record as deleted.
    pub(super) held: BTreeMap<RecordId, u64>,
    /// Earlier contents, for reverts.
    pub(super) past: BTreeMap<RecordId, Vec<Rc<Content>>>,
}

/// A keychain's copy of a record.
#[derive(Clone)]
pub(super) struct Copy {
    pub(super) base: Option<Base>,
    pub(super) draft: Option<Record>,
    pub(super) erased: bool,
}

#[derive(Default)]
pub(super) struct Keychain {
    pub(super) copies: BTreeMap<RecordId, Copy>,
    pub(super) mark: Option<Cursor>,
}

pub(super) struct Device {
    pub(super) cache: Cache,
    pub(super) keychain: Keychain,
    /// An older copy of the cache, such as a disk image has.
    pub(super) image: Option<Cache>,
    /// How wrong its clock goes, in days.
    pub(super) skew: i64,
}

impl Cache {
    pub(super) fn new(actor: ActorId) -> Self {
        Self {
            actor,
            former: Vec::new(),
            unread: None,
            blind: false,
            cursor: Cursor::START,
            rebuilt: false,
            base: BTreeMap::new(),
            drafts: BTreeMap::new(),
            erased: BTreeSet::new(),
            elsewhere: BTreeSet::new(),
            frozen: None,
            heads: BTreeMap::new(),
            chain: BTreeMap::new(),
            staged: BTreeMap::new(),
            staging: None,
            mark: None,
            unmirrored: BTreeSet::new(),
            held: BTreeMap::new(),
            past: BTreeMap::new(),
        }
    }

    /// What is shown of a record.
    pub(super) fn current(&self, id: RecordId) -> Option<&Record> {
        self.drafts.get(&id).or(self.base.get(&id).map(|base| &base.record))
    }

    pub(super) fn ids(&self) -> BTreeSet<RecordId> {
        self.base.keys().chain(self.drafts.keys()).copied().collect()
    }

    /// What a keychain has that is as old as this cache.
    pub(super) fn copies(&self) -> BTreeMap<RecordId, Copy> {
        let copy = |id: RecordId| Copy {
            base: self.base.get(&id).cloned(),
            draft: self.drafts.get(&id).cloned(),
            erased: self.erased.contains(&id),
        };
        self.ids().into_iter().map(|id| (id, copy(id))).collect()
    }

    pub(super) fn put_draft(&mut self, world: &mut World, id: RecordId, content: &Content) {
        if let Some(before) = self.current(id) {
            let before = world.sealer.open(before);
            self.past.entry(id).or_default().push(before);
        }
        let version = self.base.get(&id).map_or(1, |base| base.record.version + 1);
        self.drafts.insert(id, world.sealer.seal(id, version, content));
        self.unmirrored.insert(id);
    }

    fn put_base(&mut self, world: &World, record: &Record, seq: u64) {
        if record.deleted {
            self.held.entry(record.id).or_insert(world.day);
        } else {
            self.held.remove(&record.id);
        }
        self.elsewhere.remove(&record.id);
        self.base.insert(record.id, Base { record: record.clone(), seq });
        self.unmirrored.insert(record.id);
    }

    pub(super) fn forget_all(&mut self, id: RecordId) {
        self.base.remove(&id);
        self.drafts.remove(&id);
        self.erased.remove(&id);
        self.elsewhere.remove(&id);
        self.held.remove(&id);
        self.past.remove(&id);
        self.unmirrored.insert(id);
    }

    /// It is an older copy of itself: it goes on as another actor. Returns who it was.
    pub(super) fn new_actor(&mut self, world: &mut World) -> ActorId {
        let old = std::mem::replace(&mut self.actor, ActorId(world.dice.id()));
        self.former.push(old);
        self.blind = false;
        old
    }

    /// A record arrived.
    pub(super) fn take(&mut self, world: &mut World, record: &Record, seq: u64) {
        let id = record.id;
        let incoming = world.sealer.open(record);
        let base = self.base.get(&id).map(|base| world.sealer.open(&base.record));
        let mut draft = self.drafts.get(&id).map(|draft| world.sealer.open(draft));
        let live = self.current(id).is_some_and(|current| !current.deleted);
        if life::gave_twice(self.actor, base.as_deref(), draft.as_deref(), &incoming) {
            world.tally.add("put back caches noticed by their stamps");
            self.new_actor(world);
        }
        if let Some(mine) = &mut draft {
            for former in &self.former {
                if life::gave_twice(*former, base.as_deref(), Some(mine), &incoming) {
                    let anew = life::restamp(mine, base.as_deref(), &incoming, *former, self.actor);
                    world.book.doubts(id);
                    world.book.renamed((id, mine), (id, &anew));
                    *mine = Rc::new(anew);
                }
            }
        }
        let erased = self.erased.contains(&id);
        let here = Here { base: base.as_deref(), draft: draft.as_deref(), live, erased, unread: false };
        let taken = take::take(here, &incoming);
        self.put_base(world, record, seq);
        if taken.unerase {
            self.erased.remove(&id);
        }
        match &taken.draft {
            Draft::Goes => drop(self.drafts.remove(&id)),
            Draft::Stays => {}
            Draft::Becomes(content) => self.put_draft(world, id, content),
        }
        if taken.back.is_some() {
            world.tally.add("deletes met by edits");
        }
        if taken.conflict {
            world.tally.add("conflicts");
        }
    }

    /// A record left the set for good.
    pub(super) fn forget(&mut self, world: &mut World, id: RecordId) {
        let draft = self.drafts.get(&id).map(|draft| world.sealer.open(draft));
        let base = self.base.get(&id).map(|base| world.sealer.open(&base.record));
        if let Forgotten::Anew(anew) = forgotten(draft.as_deref(), base.as_deref(), self.actor) {
            world.tally.add("edits that outlived an erasure");
            let new = RecordId(world.dice.id());
            if let Some(draft) = &draft {
                world.book.renamed((id, draft), (new, &anew));
            }
            self.put_draft(world, new, &anew);
        }
        self.forget_all(id);
    }

    /// The frozen commit was accepted.
    pub(super) fn accept(&mut self, world: &mut World) {
        let Some(push) = self.frozen.take() else { return };
        let commit = push.signed.commit().unwrap();
        for record in &push.records {
            if self.base.get(&record.id).is_none_or(|base| base.seq <= commit.seq) {
                self.put_base(world, record, commit.seq);
            }
            let Some(draft) = self.drafts.get(&record.id) else { continue };
            let (draft, accepted) = (world.sealer.open(draft), world.sealer.open(record));
            match after(&draft, &accepted) {
                After::Goes => drop(self.drafts.remove(&record.id)),
                After::GoesOn => self.put_draft(world, record.id, &draft),
            }
        }
        for change in
            commit.changes.iter().filter(|change| !push.records.iter().any(|r| r.id == change.record))
        {
            self.forget(world, change.record); // restored while the commit was on its way, it comes as a new record
        }
        self.link(Cursor { seq: commit.seq, head: push.signed.head() }, push.signed);
    }

    /// The log goes on.
    pub(super) fn link(&mut self, cursor: Cursor, signed: SignedCommit) {
        self.heads.insert(cursor.seq, cursor.head);
        self.chain.insert(cursor.seq, signed);
        self.cursor = cursor;
    }
}
