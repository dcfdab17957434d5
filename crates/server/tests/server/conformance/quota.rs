use keymoor_protocol::RecordId;
use keymoor_protocol::limits::Limits;
use keymoor_server::store::{Store, StoreError};

use crate::author::{Author, Edit, record};

async fn started<S: Store>(store: &S) -> Author {
    let author = Author::new();
    store.create_account(author.new_account(), 1).await.unwrap();
    author
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
    let store = open(Limits { records: 2, bytes: 1000, ..Limits::default() });
    let more = author.draft(&[Edit::Put(ids[0], 1001)]);
    assert_eq!(store.push(author.account, more.push(), 3).await, Err(StoreError::OverQuota));
    store.push(author.account, author.write(&[Edit::Delete(ids[0])]), 3).await.unwrap();
    store.push(author.account, author.write(&[Edit::Put(ids[1], 1000)]), 3).await.unwrap();
    store.push(author.account, author.write(&[Edit::Forget(ids[0]), Edit::Delete(ids[2])]), 3).await.unwrap();
}
