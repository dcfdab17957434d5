use keymoor_protocol::limits::Limits;
use keymoor_protocol::{Cursor, Head, RecordId};
use keymoor_server::store::{Purged, Store, StoreError};

use crate::author::{Author, Edit, started};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Pushes one commit a moment, and returns where the log was after each.
async fn written<S: Store>(store: &S, author: &mut Author, edit: Edit, times: &[i64]) -> Vec<Cursor> {
    let mut cursors = vec![Cursor::START];
    for now in times {
        store.push(author.account, author.write(&[edit]), *now).await.unwrap();
        cursors.push(author.cursor);
    }
    cursors
}

pub(super) async fn commits_that_were_kept_long_enough_are_not_paged<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let edit = Edit::Put(RecordId::generate(), 10);
    let cursors = written(&store, &mut author, edit, &[0, 0, 100 * DAY, 200 * DAY]).await;
    let account = author.account;
    let pulled = async |cursor| store.pull(account, cursor).await.map(|page| page.commits.len());

    assert_eq!(store.purge(180 * DAY).await.unwrap(), Purged::default(), "not a day early");
    assert_eq!(pulled(Cursor::START).await, Ok(4));
    let purged = store.purge(180 * DAY + 1).await.unwrap();
    assert_eq!(purged, Purged { commits: 2, ..Purged::default() });
    assert_eq!(store.purge(180 * DAY + 2).await.unwrap(), Purged::default(), "once");

    for cursor in &cursors[..2] {
        assert_eq!(pulled(*cursor).await, Err(StoreError::BelowFloor));
    }
    for (cursor, left) in cursors[2..].iter().zip([2, 1, 0]) {
        assert_eq!(pulled(*cursor).await, Ok(left));
    }
    let unknown = Cursor { seq: 1, head: Head([1; 32]) };
    assert_eq!(pulled(unknown).await, Err(StoreError::Diverged), "which is the more there is to say");
    let chain = store.chain(account, 1).await.unwrap();
    assert_eq!((chain.commits.len(), chain.head, chain.more), (4, author.cursor, false));
    assert_eq!(store.history(account, edit_id(edit)).await.unwrap().versions.len(), 4);

    // A log that nobody wrote to for as long is one that only its head continues.
    store.purge(400 * DAY).await.unwrap();
    assert_eq!((pulled(cursors[3]).await, pulled(author.cursor).await), (Err(StoreError::BelowFloor), Ok(0)));
    let snapshot = store.snapshot(account, None).await.unwrap();
    assert_eq!((snapshot.head, snapshot.records.len()), (author.cursor, 1));
    written(&store, &mut author, edit, &[401 * DAY]).await;
    assert_eq!(pulled(cursors[4]).await, Ok(1));
}

fn edit_id(edit: Edit) -> RecordId {
    let (Edit::Put(id, _) | Edit::Delete(id) | Edit::Forget(id)) = edit;
    id
}

pub(super) async fn a_log_much_longer_than_its_live_set_is_not_paged_from_its_beginning<S: Store>(
    open: impl Fn(Limits) -> S,
) {
    let store = open(Limits { log_commits: 10, ..Limits::default() });
    let mut author = started(&store).await;
    let three = [(); 3].map(|()| Edit::Put(RecordId::generate(), 10));
    store.push(author.account, author.write(&three), 1).await.unwrap();
    let cursors = written(&store, &mut author, three[0], &[1; 29]).await;
    assert_eq!(store.purge(2).await.unwrap().commits, 30 - 12, "four times three records");
    assert_eq!(store.pull(author.account, Cursor::START).await, Err(StoreError::BelowFloor));
    assert_eq!(store.pull(author.account, cursors[17]).await.unwrap().commits.len(), 12);

    let mut small = started(&store).await;
    written(&store, &mut small, Edit::Put(RecordId::generate(), 10), &[1; 12]).await;
    assert_eq!(store.purge(2).await.unwrap().commits, 2, "ten can be pulled, however few records there are");
}

pub(super) async fn a_clock_that_was_wrong_for_a_while_takes_nothing_away<S: Store>(
    open: impl Fn(Limits) -> S,
) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let edit = Edit::Put(RecordId::generate(), 10);
    written(&store, &mut author, edit, &[1000 * DAY, 5 * DAY, 1001 * DAY]).await;
    assert_eq!(store.purge(1002 * DAY).await.unwrap(), Purged::default());
    assert_eq!(store.pull(author.account, Cursor::START).await.unwrap().commits.len(), 3);
}

pub(super) async fn history_that_nobody_adds_to_is_thinned_by_age<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let (busy, quiet) = (RecordId::generate(), RecordId::generate());
    written(&store, &mut author, Edit::Put(busy, 10), &[DAY; 30]).await;
    written(&store, &mut author, Edit::Put(quiet, 10), &[DAY; 21]).await;
    let account = author.account;
    let versions = async |id| -> Vec<u64> {
        let history = store.history(account, id).await.unwrap();
        history.versions.iter().map(|placed| placed.record.version).collect()
    };
    assert_eq!(store.purge(91 * DAY).await.unwrap(), Purged::default(), "not a day early");
    assert_eq!(versions(busy).await, (1..=30).rev().collect::<Vec<_>>());
    let purged = store.purge(91 * DAY + 1).await.unwrap();
    assert_eq!(purged, Purged { versions: 9, ..Purged::default() });
    assert_eq!(versions(busy).await, (10..=30).rev().collect::<Vec<_>>(), "the newest and 20 earlier ones");
    assert_eq!(versions(quiet).await, (1..=21).rev().collect::<Vec<_>>(), "however old");
    assert_eq!(author.set.len(), store.snapshot(account, None).await.unwrap().records.len());
}

pub(super) async fn a_purge_reaches_every_account_and_every_commit<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut commits = 0;
    for _ in 0..102 {
        let mut author = started(&store).await;
        written(&store, &mut author, Edit::Put(RecordId::generate(), 10), &[1]).await;
        commits += 1;
    }
    let mut author = started(&store).await;
    let long = written(&store, &mut author, Edit::Put(RecordId::generate(), 1), &[1; 520]).await;
    for _ in 0..22 {
        let id = RecordId::generate();
        written(&store, &mut author, Edit::Put(id, 1), &[1; 22]).await;
        commits += 22;
    }
    let purged = store.purge(300 * DAY).await.unwrap();
    assert_eq!(purged, Purged { commits: commits + 520, versions: 520 - 21 + 22, sessions: 0 });
    assert_eq!(store.pull(author.account, long[519]).await, Err(StoreError::BelowFloor));
}

pub(super) async fn a_push_and_a_snapshot_do_not_notice_a_purge<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let id = RecordId::generate();
    written(&store, &mut author, Edit::Put(id, 10), &[1; 50]).await;
    let first = store.snapshot(author.account, None).await.unwrap();
    let planned = author.draft(&[Edit::Put(id, 20)]);
    store.purge(300 * DAY).await.unwrap();
    assert_eq!(store.snapshot(author.account, None).await.unwrap(), first);
    store.push(author.account, planned.push(), 300 * DAY).await.unwrap();
    let page = store.pull(author.account, first.head).await.unwrap();
    assert_eq!(page.commits, [planned.push()], "a snapshot's head is never below the floor");
}
