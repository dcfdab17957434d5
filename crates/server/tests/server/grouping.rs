//! What waits is committed together, and nobody is answered before.

use std::time::Duration;

use keymoor_protocol::RecordId;
use keymoor_protocol::limits::Limits;
use keymoor_server::store::Store as _;
use keymoor_server::store::sqlite::Sqlite;
use rusqlite::{Connection, OpenFlags};

use crate::author::{Author, Edit};

const PUSHES: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_pushes_share_a_transaction_and_are_answered_after_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("s.db");
    let store = Sqlite::open(&path, Limits::default()).unwrap();
    let mut authors: Vec<_> = (0..PUSHES).map(|_| Author::new()).collect();
    for author in &authors {
        store.create_account(author.new_account(), 1).await.unwrap();
    }
    let before = store.grouped();
    assert_eq!(before, (PUSHES as u64, PUSHES as u64), "one after the other, nothing is grouped");

    // Somebody else writes, so the writer has to wait, and the pushes behind it.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let pushes: Vec<_> = authors
        .iter_mut()
        .map(|author| {
            let (store, path) = (store.clone(), path.clone());
            let (account, push) = (author.account, author.write(&[Edit::Put(RecordId::generate(), 100)]));
            tokio::spawn(async move {
                store.push(account, push, 2).await.unwrap();
                is_committed(&path, account.0)
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(pushes.iter().all(|push| !push.is_finished()), "answered before the commit");
    other.execute_batch("ROLLBACK").unwrap();
    for push in pushes {
        assert!(push.await.unwrap(), "another connection does not see what was answered");
    }
    let (transactions, works) = store.grouped();
    assert_eq!(works - before.1, PUSHES as u64);
    assert!(transactions - before.0 <= 3, "{} transactions for {PUSHES} pushes", transactions - before.0);
}

fn is_committed(path: &std::path::Path, account: [u8; 16]) -> bool {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let sql = "SELECT count(*) FROM commits WHERE account_id = ?1 AND seq = 1";
    connection.query_row(sql, [account], |row| row.get::<_, i64>(0)).unwrap() == 1
}
