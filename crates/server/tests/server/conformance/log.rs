use std::collections::BTreeMap;

use keymoor_protocol::limits::Limits;
use keymoor_protocol::{AccountId, Cursor, Head, Kind, RecordId};
use keymoor_server::store::{Store, StoreError};

use crate::author::{Edit, started};

/// Pages are cut at about 3 MiB.
const PAGE: usize = 3 * 1024 * 1024 + 64 * 1024;
const DAY: i64 = 24 * 60 * 60 * 1000;

pub(super) async fn a_pull_brings_what_came_after<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let mut sent = Vec::new();
    let mut cursors = vec![Cursor::START];
    for _ in 0..5 {
        let push = author.write(&[Edit::Put(RecordId::generate(), 100)]);
        store.push(author.account, push.clone(), 2).await.unwrap();
        sent.push(push);
        cursors.push(author.cursor);
    }
    for (at, cursor) in cursors.iter().enumerate() {
        let page = store.pull(author.account, *cursor).await.unwrap();
        assert_eq!(page.commits, sent[at..]);
        assert_eq!((page.head, page.more), (author.cursor, false));
    }
    for unknown in [
        Cursor { seq: 3, head: cursors[2].head },
        Cursor { seq: 6, head: Head([1; 32]) },
        Cursor { seq: 0, head: Head([1; 32]) },
    ] {
        assert_eq!(store.pull(author.account, unknown).await, Err(StoreError::Diverged));
    }
}

pub(super) async fn a_pull_leaves_out_what_was_replaced<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let (kept, edited, gone) = (RecordId::generate(), RecordId::generate(), RecordId::generate());
    let first = [Edit::Put(kept, 10), Edit::Put(edited, 10), Edit::Put(gone, 10)];
    for edits in [first.as_slice(), &[Edit::Put(edited, 20)], &[Edit::Forget(gone)]] {
        store.push(author.account, author.write(edits), 2).await.unwrap();
    }
    let page = store.pull(author.account, Cursor::START).await.unwrap();
    let ids = |at: usize| page.commits[at].records.iter().map(|record| record.id).collect::<Vec<_>>();
    assert_eq!((ids(0), ids(1), ids(2)), (vec![kept], vec![edited], vec![]));
}

pub(super) async fn the_chain_is_whole<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let id = RecordId::generate();
    let mut sent = Vec::new();
    for size in 0..6 {
        let push = author.write(&[Edit::Put(id, size)]);
        store.push(author.account, push.clone(), 2).await.unwrap();
        sent.push(push.signed);
    }
    for from in 0..8_u64 {
        let chain = store.chain(author.account, from).await.unwrap();
        let skipped = usize::try_from(from.saturating_sub(1)).unwrap().min(sent.len());
        assert_eq!(chain.commits, sent[skipped..], "from {from}");
        assert_eq!((chain.head, chain.more), (author.cursor, false));
    }
}

pub(super) async fn the_chain_comes_in_pages_of_bounded_size<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    // Ids that were never there may be forgotten: large commits without records.
    for _ in 0..300 {
        let edits: Vec<_> = (0..200).map(|_| Edit::Forget(RecordId::generate())).collect();
        store.push(author.account, author.write(&edits), 2).await.unwrap();
    }
    let (mut commits, mut pages, mut from) = (Vec::new(), 0, 1);
    loop {
        let chain = store.chain(author.account, from).await.unwrap();
        assert!(chain.commits.iter().map(|signed| signed.bytes.len()).sum::<usize>() <= PAGE);
        assert_eq!(chain.head, author.cursor);
        commits.extend(chain.commits);
        (pages, from) = (pages + 1, commits.len() as u64 + 1);
        if !chain.more {
            break;
        }
    }
    assert_eq!((pages, commits.len()), (2, 300));
    assert_eq!(commits.last().unwrap().head(), author.cursor.head);
}

pub(super) async fn a_snapshot_comes_in_pages_of_bounded_size<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    for _ in 0..25 {
        let push = author.write(&[Edit::Put(RecordId::generate(), 400_000)]);
        store.push(author.account, push, 2).await.unwrap();
    }
    let (mut records, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.snapshot(author.account, after).await.unwrap();
        assert!(page.records.iter().map(|placed| placed.record.size()).sum::<usize>() <= PAGE);
        assert_eq!(page.head, author.cursor);
        records.extend(page.records.into_iter().map(|placed| placed.record));
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, 4, "10 MB in pages of 3 MiB");
    assert_eq!(records, author.set.values().cloned().collect::<Vec<_>>());
    // Pulling is cut alike, and goes on where it stopped.
    let (mut cursor, mut pulled) = (Cursor::START, 0);
    loop {
        let page = store.pull(author.account, cursor).await.unwrap();
        let size =
            page.commits.iter().flat_map(|push| &push.records).map(|record| record.size()).sum::<usize>();
        assert!(size <= PAGE && !page.commits.is_empty());
        pulled += page.commits.len();
        let last = page.commits.last().unwrap();
        cursor = Cursor { seq: last.signed.commit().unwrap().seq, head: last.signed.head() };
        if !page.more {
            break;
        }
    }
    assert_eq!((pulled, cursor), (25, author.cursor));
}

pub(super) async fn a_snapshot_read_while_commits_come_in_between_is_made_whole_by_a_pull<S: Store>(
    open: impl Fn(Limits) -> S,
) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    for _ in 0..25 {
        let push = author.write(&[Edit::Put(RecordId::generate(), 400_000)]);
        store.push(author.account, push, 2).await.unwrap();
    }
    let before = author.cursor;
    let (mut staged, mut after) = (BTreeMap::new(), None);
    loop {
        let page = store.snapshot(author.account, after).await.unwrap();
        assert_eq!(page.head, author.cursor);
        for placed in page.records {
            assert!(staged.insert(placed.record.id, placed.record).is_none(), "twice");
        }
        after = page.next;
        let Some(here) = after else { break };
        // On both sides of the page's end: a record edited, one gone, one new.
        let (behind, ahead): (Vec<_>, Vec<_>) = author.set.keys().copied().partition(|id| *id <= here);
        let new = |first: u8| {
            let mut id = RecordId::generate();
            id.0[0] = first;
            Edit::Put(id, 10)
        };
        let edits = [
            Edit::Put(behind[0], 20),
            Edit::Forget(behind[1]),
            Edit::Put(ahead[0], 20),
            Edit::Forget(ahead[1]),
            new(0),
            new(255),
        ];
        store.push(author.account, author.write(&edits), 3).await.unwrap();
    }
    assert_ne!(author.cursor, before);
    let page = store.pull(author.account, before).await.unwrap();
    for push in page.commits {
        for change in push.signed.commit().unwrap().changes {
            let stays = change.kind != Kind::Forgotten;
            staged.retain(|id, _| stays || *id != change.record);
        }
        staged.extend(push.records.into_iter().map(|record| (record.id, record)));
    }
    assert_eq!(staged, author.set);
}

pub(super) async fn history_keeps_versions_until_the_record_is_forgotten<S: Store>(
    open: impl Fn(Limits) -> S,
) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let (id, account) = (RecordId::generate(), author.account);
    // 15 versions long ago, 15 now: 20 older ones stay by number, the recent ones by age.
    for version in 1..=30 {
        let now = if version <= 15 { DAY } else { 200 * DAY };
        store.push(author.account, author.write(&[Edit::Put(id, 10)]), now).await.unwrap();
    }
    let versions = async || -> Vec<u64> {
        let history = store.history(account, id).await.unwrap();
        history.versions.iter().map(|placed| placed.record.version).collect()
    };
    assert_eq!(versions().await, (10..=30).rev().collect::<Vec<_>>());
    for _ in 31..=60 {
        store.push(author.account, author.write(&[Edit::Put(id, 10)]), 250 * DAY).await.unwrap();
    }
    // Those of day 1 are gone now; those since day 200 are younger than 90 days, and more than 20.
    assert_eq!(versions().await, (15..=60).rev().collect::<Vec<_>>());
    store.push(author.account, author.write(&[Edit::Forget(id)]), 250 * DAY).await.unwrap();
    assert_eq!(store.history(author.account, id).await, Err(StoreError::NotFound));
    assert!(store.snapshot(author.account, None).await.unwrap().records.is_empty());
}

pub(super) async fn a_history_of_large_versions_is_bounded<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let id = RecordId::generate();
    for _ in 0..12 {
        store.push(author.account, author.write(&[Edit::Put(id, 500_000)]), 2).await.unwrap();
    }
    let history = store.history(author.account, id).await.unwrap();
    let versions: Vec<_> = history.versions.iter().map(|placed| placed.record.version).collect();
    assert_eq!(versions, [12, 11, 10, 9, 8, 7], "the newest that fit in 3 MiB");
    assert!(history.more, "and says so");
    let small = RecordId::generate();
    for count in [100, 101] {
        while author.set.get(&small).is_none_or(|record| record.version < count) {
            store.push(author.account, author.write(&[Edit::Put(small, 10)]), 2).await.unwrap();
        }
        let history = store.history(author.account, small).await.unwrap();
        assert_eq!((history.versions.len(), history.more), (100, count > 100));
    }
}

pub(super) async fn accounts_see_nothing_of_each_other<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let (mut one, mut two) = (started(&store).await, started(&store).await);
    let shared_id = RecordId::generate();
    let mine = one.write(&[Edit::Put(shared_id, 100)]);
    store.push(one.account, mine.clone(), 2).await.unwrap();
    assert_eq!(store.push(two.account, mine, 2).await, Err(StoreError::InvalidCommit), "another vault");
    assert_eq!(store.pull(two.account, one.cursor).await, Err(StoreError::Diverged));
    assert_eq!(store.pull(two.account, Cursor::START).await.unwrap().commits, []);
    assert_eq!(store.snapshot(two.account, None).await.unwrap().records, []);
    assert_eq!(store.chain(two.account, 1).await.unwrap().commits, []);
    assert_eq!(store.history(two.account, shared_id).await, Err(StoreError::NotFound));
    // The same record id in both: each has its own, and forgetting the one leaves the other.
    store.push(two.account, two.write(&[Edit::Put(shared_id, 100)]), 2).await.unwrap();
    store.push(two.account, two.write(&[Edit::Forget(shared_id)]), 2).await.unwrap();
    assert_eq!(store.history(one.account, shared_id).await.unwrap().versions.len(), 1);
    let nobody = AccountId::generate();
    assert_eq!(store.pull(nobody, Cursor::START).await, Err(StoreError::NotFound));
    assert_eq!(store.keys(nobody).await, Err(StoreError::NotFound));
}
