//! `kill -9` of the real program, while a device pushes: what was acknowledged is there afterwards.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{Cursor, RecordId};
use keymoor_remote::{Authorised, Error, Remote};

use crate::author::{Author, Edit};
use crate::program::Program;

const KILLS: u64 = 30;

#[test]
fn what_was_acknowledged_survives_every_kill() {
    let home = tempfile::tempdir().unwrap();
    let mut program = Program::start(home.path());
    let mut author = Author::new();
    let remote = Remote::new(&program.url, None).unwrap();
    let mut account = author.new_account();
    account.password = remote.register(author.account, LoginKind::Password, b"secret").unwrap();
    account.recovery = remote.register(author.account, LoginKind::Recovery, b"recovery").unwrap();
    remote.create_account(&account).unwrap();
    let session = remote.log_in(author.account, LoginKind::Password, author.device, b"secret").unwrap();

    let (mut acknowledged, mut in_flight) = (Vec::new(), 0);
    let id = RecordId::generate();
    for kill in 0..KILLS {
        let server = Remote::new(&program.url, None).unwrap().with_token(&session.access_token);
        // What was sent and never answered: it was taken or it was not, and the same bytes settle it.
        let is_sending = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let pushing = scope.spawn(|| push_until_cut(&server, &mut author, id, &is_sending));
            std::thread::sleep(Duration::from_micros(20_000 + 1_700 * kill));
            in_flight += u64::from(is_sending.load(Ordering::SeqCst));
            program.kill();
            acknowledged.extend(pushing.join().unwrap());
        });
        program = Program::start(home.path());
        let server = Remote::new(&program.url, None).unwrap().with_token(&session.access_token);
        let heads = heads(&server, &author);
        for cursor in &acknowledged {
            let seq = usize::try_from(cursor.seq).unwrap();
            assert_eq!(heads.get(seq - 1), Some(cursor), "kill {kill}: an acknowledged commit is gone");
        }
        // Nothing but the one push in flight may be there besides.
        assert!(heads.len() <= acknowledged.len() + 1, "kill {kill}");
    }
    println!("{KILLS} kills, {in_flight} of them while a push was under way, {} pushes", acknowledged.len());
    assert!(in_flight >= KILLS / 3 && acknowledged.len() as u64 >= KILLS);
    program.kill();
    let connection = rusqlite::Connection::open(home.path().join("s.db")).unwrap();
    let verdict: String = connection.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}

/// Pushes one commit after the other until the server is gone; returns what it has acknowledged.
fn push_until_cut(
    server: &Authorised,
    author: &mut Author,
    id: RecordId,
    is_sending: &AtomicBool,
) -> Vec<Cursor> {
    let mut acknowledged = Vec::new();
    loop {
        // The same content at the same place makes the same bytes: after a cut this is the frozen commit again.
        let draft = author.draft(&[Edit::Put(id, 2000)]);
        is_sending.store(true, Ordering::SeqCst);
        let answer = server.push(author.vault, &draft.push());
        is_sending.store(false, Ordering::SeqCst);
        match answer {
            Ok(cursor) => {
                assert_eq!(author.taken(draft), cursor);
                acknowledged.push(cursor);
            }
            Err(Error::Unreachable | Error::TimedOut | Error::NotOurs) => return acknowledged,
            Err(other) => panic!("{other}"),
        }
    }
}

/// The whole log, as cursors.
fn heads(server: &Authorised, author: &Author) -> Vec<Cursor> {
    let mut heads: Vec<Cursor> = Vec::new();
    loop {
        let chain = server.chain(author.vault, heads.len() as u64 + 1).unwrap();
        heads.extend(
            chain
                .commits
                .iter()
                .map(|commit| Cursor { seq: commit.commit().unwrap().seq, head: commit.head() }),
        );
        if !chain.more {
            assert_eq!(heads.last().copied().unwrap_or(Cursor::START), chain.head);
            return heads;
        }
    }
}
