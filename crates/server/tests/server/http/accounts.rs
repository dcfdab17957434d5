//! Accounts: registered, apart from each other, still there after a restart.

use keymoor_protocol::api::{Code, DeviceUpdate, Keys, NewKeys};
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, Class, Cursor, RecordId, VaultId, base64url};
use keymoor_remote::Error;
use keymoor_server::Registration;

use super::running::Running;
use crate::author::{Author, Edit, envelope};

#[test]
fn an_account_reaches_its_own_vault_and_no_other() {
    let server = Running::start(|_| {});
    let (mut one, two) = (server.account(), server.account());
    let id = RecordId::generate();
    let push = one.author.write(&[Edit::Put(id, 100)]);
    one.server().push(one.author.vault, &push).unwrap();
    let absent = Error::Refused(Code::NotFound);
    for vault in [one.author.vault, VaultId::generate()] {
        let server = two.server();
        assert_eq!(server.pull(vault, Cursor::START), Err(absent));
        assert_eq!(server.chain(vault, 1), Err(absent));
        assert_eq!(server.snapshot(vault, None), Err(absent));
        assert_eq!(server.history(vault, id), Err(absent));
        assert_eq!(server.push(vault, &push), Err(absent));
    }
    assert_eq!(two.server().history(two.author.vault, id), Err(absent));
    let foreign = two.server().push(two.author.vault, &push);
    assert_eq!(foreign, Err(Error::Refused(Code::InvalidCommit)), "a foreign commit through the own door");
    assert_eq!(two.server().revoke_device(one.author.device, None), Err(absent));
    assert_eq!(one.server().devices().unwrap().len(), 1);
    assert_eq!(two.server().keys(None).unwrap(), two.author.keys(1, 1));
}

#[test]
fn what_was_answered_is_there_after_a_restart() {
    let server = Running::start(|_| {});
    let mut member = server.account();
    let first = member.author.write(&[Edit::Put(RecordId::generate(), 100)]);
    member.server().push(member.author.vault, &first).unwrap();
    let server = server.restart();
    member.remote = server.remote();
    let page = member.server().pull(member.author.vault, Cursor::START).unwrap();
    assert_eq!((page.commits, page.head), (vec![first.clone()], member.author.cursor));
    // An answer that was lost with the old server.
    assert_eq!(member.server().push(member.author.vault, &first), Ok(member.author.cursor));
    let second = member.author.write(&[]);
    assert_eq!(member.server().push(member.author.vault, &second), Ok(member.author.cursor));
    let again =
        member.remote.log_in(member.author.account, LoginKind::Password, member.author.device, b"password");
    again.unwrap();
}

#[test]
fn a_keys_document_that_is_not_what_is_said_is_refused() {
    let server = Running::start(|_| {});
    let member = server.account();
    let (author, stranger) = (&member.author, Author::new());
    let refused = Err(Error::Refused(Code::InvalidKeys));
    let right = author.keys(2, 1);
    let wrong = [
        ("no document", Keys { document: vec![1, 2, 3], ..right.clone() }),
        ("another account's", stranger.keys(2, 1)),
        ("another vault's", Author { vault: stranger.vault, ..author.clone() }.keys(2, 1)),
        ("another version", Keys { version: 3, ..right.clone() }),
        ("another epoch", Keys { epoch: 2, ..right.clone() }),
        ("beyond counting", author.keys(u64::MAX, 1)),
    ];
    for (what, keys) in wrong {
        let new = NewKeys { expected: 1, keys };
        assert_eq!(member.server().put_keys(None, &new), refused, "{what}");
    }
    let mut account = stranger.new_account();
    let remote = server.remote();
    account.password = remote.register(stranger.account, LoginKind::Password, b"password").unwrap();
    account.recovery = remote.register(stranger.account, LoginKind::Recovery, b"recovery").unwrap();
    account.keys = right.clone();
    assert_eq!(remote.create_account(&account), refused, "another account's");
    assert_eq!(member.server().keys(None).unwrap(), author.keys(1, 1));
    member.server().put_keys(None, &NewKeys { expected: 1, keys: right }).unwrap();
    let stale = NewKeys { expected: 1, keys: author.keys(3, 1) };
    assert_eq!(member.server().put_keys(None, &stale), Err(Error::KeysMoved));
}

#[test]
fn a_device_writes_its_own_record_and_only_such_a_one() {
    let server = Running::start(|_| {});
    let member = server.account();
    let (author, session) = (&member.author, member.server());
    let update = |class| {
        let sealed = envelope(class, author.device.0, 1, 100);
        DeviceUpdate { sealed: base64url::encode(sealed.as_bytes()) }
    };
    let bad = Err(Error::Refused(Code::BadRequest));
    assert_eq!(session.put_device(author.device, &update(Class::Meta)), bad);
    assert_eq!(session.put_device(author.device, &DeviceUpdate { sealed: "AAAA".to_owned() }), bad);
    let other = keymoor_protocol::DeviceId::generate();
    let forbidden = Err(Error::Refused(Code::Forbidden));
    assert_eq!(session.put_device(other, &update(Class::Device)), forbidden);
    session.put_device(author.device, &update(Class::Device)).unwrap();
    let devices = session.devices().unwrap();
    assert_eq!(devices[0].sealed.as_ref(), Some(&update(Class::Device).sealed));
    assert!(devices[0].current && devices[0].id == author.device);
}

#[test]
fn a_closed_server_takes_no_accounts_and_nobody_learns_which_it_has() {
    let server = Running::start(|config| config.registration = Registration::Closed);
    let (author, remote) = (Author::new(), server.remote());
    let mut account = author.new_account();
    account.password = remote.register(author.account, LoginKind::Password, b"password").unwrap();
    account.recovery = remote.register(author.account, LoginKind::Recovery, b"recovery").unwrap();
    assert_eq!(remote.create_account(&account), Err(Error::Refused(Code::RegistrationClosed)));
    let server = Running::start(|_| {});
    let member = server.account();
    for account in [member.author.account, AccountId::generate()] {
        let guess = member.remote.log_in(account, LoginKind::Password, member.author.device, b"guess");
        assert_eq!(guess.map(drop), Err(Error::LoginRefused));
    }
}
