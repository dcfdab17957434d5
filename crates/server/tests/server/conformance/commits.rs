use keymoor_protocol::api::NewAccount;
use keymoor_protocol::limits::Limits;
use keymoor_protocol::state::StateHash;
use keymoor_protocol::{Cursor, Digest, Head, Kind, RecordId, VaultId};
use keymoor_server::store::{Store, StoreError};

use crate::author::{Author, Draft, Edit, record, started};

type Spoil = fn(&mut Draft);

pub(super) async fn the_same_push_is_answered_again<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let first = author.write(&[Edit::Put(RecordId::generate(), 100)]);
    let expected = author.cursor;
    for _ in 0..3 {
        assert_eq!(store.push(author.account, first.clone(), 2).await, Ok(expected));
    }
    let second = author.write(&[]);
    assert_eq!(store.push(author.account, second, 2).await, Ok(author.cursor));
    assert_eq!(store.push(author.account, first, 2).await, Err(StoreError::HeadMoved(author.cursor)));
    assert_eq!(store.chain(author.account, 1).await.unwrap().commits.len(), 2, "nothing was appended twice");
}

pub(super) async fn each_wrong_commit_is_refused_and_leaves_nothing<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let old = RecordId::generate();
    store.push(author.account, author.write(&[Edit::Put(old, 100)]), 2).await.unwrap();
    let right = author.draft(&[Edit::Put(old, 200), Edit::Put(RecordId::generate(), 100)]);
    let spoil: &[(&str, Spoil)] = &[
        ("another vault", |draft| draft.commit.vault = VaultId::generate()),
        ("a number left out", |draft| draft.commit.seq += 1),
        ("the same number again", |draft| draft.commit.seq -= 1),
        ("a number beyond counting", |draft| draft.commit.seq = u64::MAX),
        ("an epoch that falls", |draft| draft.commit.epoch = 0),
        ("an epoch without keys", |draft| draft.commit.epoch = 2),
        ("an older keys document", |draft| draft.commit.document_version = 0),
        ("a keys document that is not there", |draft| draft.commit.document_version = 2),
        ("one beyond counting", |draft| draft.commit.document_version = u64::MAX),
        ("another state", |draft| draft.commit.state = StateHash([0; 32])),
        ("a version left out", |draft| {
            draft.commit.changes[0].version += 1;
            draft.settle();
        }),
        ("another digest", |draft| {
            draft.commit.changes[0].digest = Digest([9; 32]);
            draft.settle();
        }),
        ("a kind that the state denies", |draft| draft.commit.changes[0].kind = Kind::Deleted),
        ("another kind", |draft| {
            draft.commit.changes[0].kind = Kind::Deleted;
            draft.settle();
        }),
        ("a record missing", |draft| drop(draft.records.pop())),
        ("a record too many", |draft| draft.records.push(record(RecordId::generate(), 1, false, 64))),
        ("records in another order", |draft| draft.records.reverse()),
        ("a record without a change", |draft| draft.commit.changes.truncate(1)),
        ("a record's version", |draft| draft.records[0].version += 1),
        ("envelopes swapped", |draft| {
            let record = &mut draft.records[0];
            std::mem::swap(&mut record.meta, &mut record.secret);
            draft.commit.changes[0].digest = record.digest();
            draft.settle();
        }),
        ("version 2 of a record that is new", |draft| {
            let at = draft.records.iter().position(|record| record.version == 1).unwrap();
            let id = draft.records[at].id;
            draft.records[at] = record(id, 2, false, 64);
            draft.commit.changes[at].version = 2;
            draft.commit.changes[at].digest = draft.records[at].digest();
            draft.settle();
        }),
    ];
    for (what, spoil) in spoil {
        let mut draft = right.clone();
        spoil(&mut draft);
        let refused = store.push(author.account, draft.push(), 3).await;
        assert_eq!(refused, Err(StoreError::InvalidCommit), "{what}");
    }
    let mut cut = right.push();
    cut.signed.bytes.pop();
    assert_eq!(store.push(author.account, cut, 3).await, Err(StoreError::InvalidCommit));
    let page = store.pull(author.account, Cursor::START).await.unwrap();
    assert_eq!((page.head, page.commits.len()), (author.cursor, 1));
    assert_eq!(page.commits[0].records, [author.set[&old].clone()]);
    assert_eq!(store.history(author.account, old).await.unwrap().versions.len(), 1);
    store.push(author.account, right.push(), 3).await.unwrap();
}

pub(super) async fn an_old_parent_is_told_where_the_head_is<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let mut unborn = author.draft(&[]);
    unborn.commit.parent = Head([5; 32]);
    let refused = store.push(author.account, unborn.push(), 2).await;
    assert_eq!(refused, Err(StoreError::HeadMoved(Cursor::START)));
    let late = author.draft(&[Edit::Put(RecordId::generate(), 100)]);
    store.push(author.account, author.write(&[Edit::Put(RecordId::generate(), 100)]), 2).await.unwrap();
    let refused = store.push(author.account, late.push(), 2).await;
    assert_eq!(refused, Err(StoreError::HeadMoved(author.cursor)));
}

pub(super) async fn epoch_and_document_version_follow_the_keys_document<S: Store>(
    open: impl Fn(Limits) -> S,
) {
    let store = open(Limits::default());
    let mut author = Author::new();
    let account = NewAccount { keys: author.keys(4, 3), ..author.new_account() };
    store.create_account(account, 1).await.unwrap();
    let with = |author: &Author, epoch, document_version| {
        let mut draft = author.draft(&[]);
        (draft.commit.epoch, draft.commit.document_version) = (epoch, document_version);
        draft
    };
    for (epoch, version) in [(4, 4), (3, 5)] {
        let draft = with(&author, epoch, version);
        let refused = store.push(author.account, draft.push(), 2).await;
        assert_eq!(refused, Err(StoreError::InvalidCommit), "ahead: {epoch} {version}");
    }
    let draft = with(&author, 2, 3);
    store.push(author.account, draft.push(), 2).await.unwrap();
    author.taken(draft);
    for (epoch, version) in [(1, 3), (2, 2), (2, 1)] {
        let draft = with(&author, epoch, version);
        let refused = store.push(author.account, draft.push(), 2).await;
        assert_eq!(refused, Err(StoreError::InvalidCommit), "behind: {epoch} {version}");
    }
    store.push(author.account, with(&author, 3, 4).push(), 2).await.unwrap();
}

pub(super) async fn of_pushes_at_once_exactly_one_wins<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    for _ in 0..20 {
        let drafts: Vec<_> = (0..16).map(|_| author.draft(&[Edit::Put(RecordId::generate(), 100)])).collect();
        let pushes = drafts.iter().map(|draft| {
            let (store, account, push) = (store.clone(), author.account, draft.push());
            tokio::spawn(async move { store.push(account, push, 2).await })
        });
        let pushes: Vec<_> = pushes.collect();
        let mut answers = Vec::new();
        for push in pushes {
            answers.push(push.await.unwrap());
        }
        let won: Vec<_> = (0..16).filter(|at| answers[*at].is_ok()).collect();
        assert_eq!(won.len(), 1);
        let winner = author.taken(drafts[won[0]].clone());
        let lost = answers.iter().filter(|answer| **answer == Err(StoreError::HeadMoved(winner)));
        assert_eq!(lost.count(), 15);
    }
    assert_eq!(store.chain(author.account, 1).await.unwrap().commits.len(), 20);
}

pub(super) async fn a_forgotten_id_is_never_used_again<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let id = RecordId::generate();
    for edit in [Edit::Put(id, 100), Edit::Delete(id), Edit::Forget(id)] {
        store.push(author.account, author.write(&[edit]), 2).await.unwrap();
    }
    let again = author.draft(&[Edit::Put(id, 100)]);
    assert_eq!(store.push(author.account, again.push(), 3).await, Err(StoreError::InvalidCommit));
    let never_there = author.draft(&[Edit::Put(RecordId::generate(), 100)]);
    store.push(author.account, never_there.push(), 3).await.unwrap();
}

pub(super) async fn a_commit_beyond_the_limits_is_too_large<S: Store>(open: impl Fn(Limits) -> S) {
    let limits = Limits { record_bytes: 4000, commit_bytes: 5000, commit_changes: 3, ..Limits::default() };
    let store = open(limits);
    let author = started(&store).await;
    let put = |sizes: &[usize]| {
        let edits: Vec<_> = sizes.iter().map(|size| Edit::Put(RecordId::generate(), *size)).collect();
        store.push(author.account, author.draft(&edits).push(), 2)
    };
    assert_eq!(put(&[4000]).await, Err(StoreError::TooLarge), "one record");
    assert_eq!(put(&[2500, 2500]).await, Err(StoreError::TooLarge), "the commit");
    assert_eq!(put(&[100; 4]).await, Err(StoreError::TooLarge), "the changes");
    put(&[3000]).await.unwrap();
}
