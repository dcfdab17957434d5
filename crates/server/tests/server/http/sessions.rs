//! Sessions over the wire: rotation, reuse, what a recovery session may do, and what needs the account proof.

use keymoor_protocol::api::{Code, NewKeys, NewPassword, Refresh, Session};
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{Cursor, DeviceId};
use keymoor_remote::{Error, Remote};

use super::running::Running;
use crate::author::PROOF;

fn refresh(remote: &Remote, session: &Session, id: u8) -> Result<Session, Error> {
    let refresh_token = session.refresh_token.clone();
    remote.refresh(&Refresh { refresh_token, refresh_id: [id; 16] })
}

#[test]
fn a_refresh_may_be_repeated_until_its_successor_is_used_and_then_ends_the_family() {
    let server = Running::start(|_| {});
    let member = server.account();
    let (remote, first) = (&member.remote, &member.session);
    let second = refresh(remote, first, 1).unwrap();
    let again = refresh(remote, first, 1).unwrap();
    assert_eq!((&again.access_token, &again.refresh_token), (&second.access_token, &second.refresh_token));
    assert_ne!(first.access_token, second.access_token);
    // The other program of this device still holds the first token.
    member.server().devices().unwrap();
    remote.with_token(&second.access_token).devices().unwrap();
    assert_eq!(member.server().devices().map(drop), Err(Error::TokenExpired));
    let third = refresh(remote, &second, 2).unwrap();
    remote.with_token(&third.access_token).devices().unwrap();
    assert_eq!(remote.with_token(&first.access_token).devices().map(drop), Err(Error::TokenExpired));
    assert_eq!(refresh(remote, first, 1).map(drop), Err(Error::RefreshReused), "two rotations old");
    assert_eq!(remote.with_token(&third.access_token).devices().map(drop), Err(Error::Unauthenticated));
    assert_eq!(refresh(remote, &third, 3).map(drop), Err(Error::Unauthenticated));
}

#[test]
fn a_session_ends_and_expires() {
    let server = Running::start(|_| {});
    let member = server.account();
    server.alter("UPDATE session SET access_expires_at = 1");
    assert_eq!(member.server().devices().map(drop), Err(Error::TokenExpired));
    let next = refresh(&member.remote, &member.session, 1).unwrap();
    let session = member.remote.with_token(&next.access_token);
    session.devices().unwrap();
    session.log_out().unwrap();
    assert_eq!(session.devices().map(drop), Err(Error::Unauthenticated));
    assert_eq!(refresh(&member.remote, &next, 2).map(drop), Err(Error::Unauthenticated));
}

#[test]
fn without_a_recent_login_the_account_proof_is_needed() {
    let server = Running::start(|_| {});
    let member = server.account();
    let session = member.server();
    let author = &member.author;
    let other = DeviceId::generate();
    member.remote.log_in(author.account, LoginKind::Password, other, b"password").unwrap();
    session.keys(None).unwrap();
    server.alter("UPDATE session SET logged_in_at = logged_in_at - 5 * 60 * 1000 - 1");
    let password = member.remote.register(author.account, LoginKind::Password, b"new").unwrap();
    let new_keys = NewKeys { expected: 1, keys: author.keys(2, 1) };
    let new_password = NewPassword { password, recovery: None, keys: new_keys.clone() };
    let needed = Error::ProofRequired;
    for wrong in [None, Some([0; 32])] {
        let proof = wrong.as_ref();
        assert_eq!(session.keys(proof), Err(needed));
        assert_eq!(session.put_keys(proof, &new_keys), Err(needed));
        assert_eq!(session.set_password(proof, &new_password), Err(needed));
        assert_eq!(session.revoke_device(other, proof), Err(needed));
    }
    assert_eq!(session.devices().unwrap().len(), 2, "syncing and looking need no proof");
    session.pull(author.vault, Cursor::START).unwrap();
    session.keys(Some(&PROOF)).unwrap();
    session.revoke_device(other, Some(&PROOF)).unwrap();
    session.set_password(Some(&PROOF), &new_password).unwrap();
    let log_in = |secret| member.remote.log_in(author.account, LoginKind::Password, author.device, secret);
    assert_eq!(log_in(b"password".as_slice()).map(drop), Err(Error::LoginRefused));
    log_in(b"new").unwrap();
}

#[test]
fn a_recovery_session_may_fetch_the_keys_and_set_a_password_and_nothing_else() {
    let server = Running::start(|_| {});
    let member = server.account();
    let (author, session) = (&member.author, member.recover());
    let forbidden = Error::Refused(Code::Forbidden);
    let mut other = author.clone();
    let push = other.write(&[]);
    let keys = |version| NewKeys { expected: version - 1, keys: author.keys(version, 1) };
    assert_eq!(session.push(author.vault, &push), Err(forbidden));
    assert_eq!(session.pull(author.vault, Cursor::START), Err(forbidden));
    assert_eq!(session.chain(author.vault, 1), Err(forbidden));
    assert_eq!(session.snapshot(author.vault, None), Err(forbidden));
    assert_eq!(session.devices().map(drop), Err(forbidden));
    assert_eq!(session.revoke_device(author.device, Some(&PROOF)), Err(forbidden));
    assert_eq!(session.put_keys(Some(&PROOF), &keys(2)), Err(forbidden));
    let password = member.remote.register(author.account, LoginKind::Password, b"new").unwrap();
    let new = NewPassword { recovery: Some(password.clone()), password: password.clone(), keys: keys(2) };
    assert_eq!(session.set_password(None, &new), Err(forbidden), "not another recovery key");
    assert_eq!(session.keys(None).unwrap(), author.keys(1, 1));
    session.set_password(None, &NewPassword { recovery: None, ..new }).unwrap();
    member.remote.log_in(author.account, LoginKind::Password, author.device, b"new").unwrap();
    let wrong_kind = member.remote.log_in(author.account, LoginKind::Recovery, author.device, b"new");
    assert_eq!(wrong_kind.map(drop), Err(Error::LoginRefused));
}
