use keymoor_protocol::api::NewKeys;
use keymoor_protocol::limits::Limits;
use keymoor_protocol::{Cursor, RecordId};
use keymoor_server::store::{Store, StoreError};

use crate::author::{Edit, record, started};

pub(super) async fn reading_is_never_blocked<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let ids: Vec<_> = (0..4).map(|_| RecordId::generate()).collect();
    let all: Vec<_> = ids.iter().map(|id| Edit::Put(*id, 1000)).collect();
    for _ in 0..3 {
        store.push(author.account, author.write(&all), 2).await.unwrap();
    }
    drop(store);
    // Far over all four limits.
    let store = open(Limits { records: 0, bytes: 0, ..Limits::default() });
    let more = author.draft(&[Edit::Put(ids[0], 1001)]);
    assert_eq!(store.push(author.account, more.push(), 3).await, Err(StoreError::OverQuota));
    let account = author.account;
    assert_eq!(store.pull(account, Cursor::START).await.unwrap().commits.len(), 3);
    assert_eq!(store.chain(account, 1).await.unwrap().commits.len(), 3);
    assert_eq!(store.snapshot(account, None).await.unwrap().records.len(), 4);
    assert_eq!(store.history(account, ids[0]).await.unwrap().versions.len(), 3);
    assert_eq!(store.keys(account).await.unwrap(), author.keys(1, 1));
    let changed = NewKeys { expected: 1, keys: author.keys(2, 1) };
    store.put_keys(account, changed).await.unwrap();
}

pub(super) async fn an_account_holds_so_many_records_and_bytes<S: Store>(open: impl Fn(Limits) -> S) {
    let one = record(RecordId::generate(), 1, false, 1000).size() as u64;
    let limits = Limits { records: 3, bytes: 2 * one + one / 2, ..Limits::default() };
    let store = open(limits);
    let mut author = started(&store).await;
    let (a, b) = (RecordId::generate(), RecordId::generate());
    store.push(author.account, author.write(&[Edit::Put(a, 1000), Edit::Put(b, 1000)]), 2).await.unwrap();
    let third = author.draft(&[Edit::Put(RecordId::generate(), 1000)]);
    assert_eq!(store.push(author.account, third.push(), 2).await, Err(StoreError::OverQuota), "bytes");
    let small: Vec<_> = (0..2).map(|_| Edit::Put(RecordId::generate(), 1)).collect();
    let fourth = author.draft(&small);
    assert_eq!(store.push(author.account, fourth.push(), 2).await, Err(StoreError::OverQuota), "records");
    // The trash does not count, and an edit counts as what it comes to.
    store.push(author.account, author.write(&[Edit::Delete(a), Edit::Put(b, 900)]), 2).await.unwrap();
    store.push(author.account, author.write(&[Edit::Put(RecordId::generate(), 1000)]), 2).await.unwrap();
    let restored = author.draft(&[Edit::Put(a, 1000)]);
    assert_eq!(store.push(author.account, restored.push(), 2).await, Err(StoreError::OverQuota));
    assert_eq!(
        store.snapshot(author.account, None).await.unwrap().records.len(),
        3,
        "reading is never blocked"
    );
}

pub(super) async fn deletes_pass_over_quota<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let ids: Vec<_> = (0..4).map(|_| RecordId::generate()).collect();
    let all: Vec<_> = ids.iter().map(|id| Edit::Put(*id, 1000)).collect();
    store.push(author.account, author.write(&all), 2).await.unwrap();
    drop(store);
    // The operator gave less than the account holds already.
    let store = open(Limits { records: 2, bytes: 4000, ..Limits::default() });
    let more = author.draft(&[Edit::Put(ids[0], 1001)]);
    assert_eq!(store.push(author.account, more.push(), 3).await, Err(StoreError::OverQuota));
    store.push(author.account, author.write(&[Edit::Delete(ids[0])]), 3).await.unwrap();
    store.push(author.account, author.write(&[Edit::Put(ids[1], 1000)]), 3).await.unwrap();
    store.push(author.account, author.write(&[Edit::Forget(ids[0]), Edit::Delete(ids[2])]), 3).await.unwrap();
}

pub(super) async fn what_was_pushed_as_deleted_is_kept_up_to_a_limit<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits { bytes: 10_000, ..Limits::default() });
    let mut author = started(&store).await;
    let live = RecordId::generate();
    store.push(author.account, author.write(&[Edit::Put(live, 1000)]), 2).await.unwrap();
    let mut tombstones = Vec::new();
    let refused = loop {
        let id = RecordId::generate();
        let draft = author.draft(&[Edit::Delete(id)]);
        match store.push(author.account, draft.push(), 2).await {
            Ok(_) => {
                author.taken(draft);
                tombstones.push(id);
            }
            Err(refused) => break refused,
        }
        assert!(tombstones.len() < 100, "there is no limit");
    };
    assert_eq!(refused, StoreError::OverQuota);
    assert!(tombstones.len() > 10, "{}", tombstones.len());
    let again = author.draft(&[Edit::Delete(tombstones[0])]);
    assert_eq!(
        store.push(author.account, again.push(), 2).await,
        Err(StoreError::OverQuota),
        "deleted again"
    );
    // What is known can be deleted, whatever is kept; and what is erased makes room.
    store.push(author.account, author.write(&[Edit::Delete(live)]), 2).await.unwrap();
    let next = author.draft(&[Edit::Put(RecordId::generate(), 1000)]);
    assert_eq!(store.push(author.account, next.push(), 2).await, Err(StoreError::OverQuota));
    let erased: Vec<_> = tombstones[..5].iter().map(|id| Edit::Forget(*id)).collect();
    store.push(author.account, author.write(&erased), 2).await.unwrap();
    store.push(author.account, author.write(&[Edit::Put(RecordId::generate(), 1000)]), 2).await.unwrap();

    let few = Limits { records: 2, ..Limits::default() };
    drop(store);
    let store = open(few);
    let mut author = started(&store).await;
    let eight: Vec<_> = (0..8).map(|_| Edit::Delete(RecordId::generate())).collect();
    store.push(author.account, author.write(&eight), 2).await.unwrap();
    let ninth = author.draft(&[Edit::Delete(RecordId::generate())]);
    assert_eq!(store.push(author.account, ninth.push(), 2).await, Err(StoreError::OverQuota));
}

pub(super) async fn old_versions_make_room_beyond_the_newest<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits { bytes: 40_000, ..Limits::default() });
    let mut author = started(&store).await;
    let (busy, quiet) = (RecordId::generate(), RecordId::generate());
    for _ in 0..15 {
        store.push(author.account, author.write(&[Edit::Put(quiet, 1000)]), 2).await.unwrap();
    }
    for _ in 0..150 {
        store.push(author.account, author.write(&[Edit::Put(busy, 1000)]), 3).await.unwrap();
    }
    let account = author.account;
    let versions = async |id| -> Vec<u64> {
        let history = store.history(account, id).await.unwrap();
        history.versions.iter().map(|placed| placed.record.version).collect()
    };
    assert_eq!(versions(quiet).await, (1..=15).rev().collect::<Vec<_>>(), "up to 20 stay, however old");
    let kept = versions(busy).await;
    assert!((21..80).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept, (151 - kept.len() as u64..=150).rev().collect::<Vec<_>>(), "the newest");
    // Where only the newest are left, nothing is given up for more.
    let mut others = Vec::new();
    let refused = loop {
        let id = RecordId::generate();
        let edits = [Edit::Put(id, 1000), Edit::Delete(*others.last().unwrap_or(&id))];
        let draft = author.draft(if others.is_empty() { &edits[..1] } else { &edits });
        match store.push(author.account, draft.push(), 4).await {
            Ok(_) => {
                author.taken(draft);
                others.push(id);
            }
            Err(refused) => break refused,
        }
        assert!(others.len() < 200, "there is no limit");
    };
    assert_eq!(refused, StoreError::OverQuota);
    let kept = versions(busy).await;
    assert_eq!(kept, (130..=150).rev().collect::<Vec<_>>());
}

/// A server that was put back from a copy knows none of these records: their deletes come as new to it.
pub(super) async fn a_server_that_lost_deletes_takes_them_back<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits { records: 10, bytes: 20_000, ..Limits::default() });
    let (mut before, mut after) = (started(&store).await, started(&store).await);
    let mut deleted = Vec::new();
    loop {
        let id = RecordId::generate();
        let put = before.draft(&[Edit::Put(id, 1000)]);
        if store.push(before.account, put.push(), 2).await.is_err() {
            break;
        }
        before.taken(put);
        deleted.push(id);
        if deleted.len() % 8 == 0 {
            let all: Vec<_> = deleted.iter().rev().take(8).map(|id| Edit::Delete(*id)).collect();
            store.push(before.account, before.write(&all), 2).await.unwrap();
        }
    }
    assert!(deleted.len() > 20, "the account is full: {}", deleted.len());
    for id in deleted {
        store.push(after.account, after.write(&[Edit::Delete(id)]), 2).await.unwrap();
    }
}
