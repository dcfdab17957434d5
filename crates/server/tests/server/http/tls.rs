//! TLS by the server's own certificate, which devices pin.

use keymoor_protocol::RecordId;
use keymoor_remote::{Error, Remote};
use keymoor_server::Tls;

use super::running::Running;
use crate::author::Edit;

#[test]
fn a_self_made_certificate_stays_the_same_over_restarts_and_is_pinned() {
    let server = Running::start(|config| config.tls = Tls::SelfMade);
    let fingerprint = server.fingerprint.unwrap();
    let url = format!("https://{}", server.address);
    assert_eq!(Remote::fingerprint(&url), Ok(Some(fingerprint)));
    let mut member = server.account();
    let push = member.author.write(&[Edit::Put(RecordId::generate(), 300_000)]);
    member.server().push(member.author.vault, &push).unwrap();
    let another = Remote::new(&url, Some([7; 32])).unwrap();
    assert_eq!(another.health(), Err(Error::WrongPin));

    let server = server.restart();
    assert_eq!(server.fingerprint, Some(fingerprint));
    member.remote = server.remote();
    member.server().devices().unwrap();
}

#[test]
fn another_server_has_another_certificate_and_files_may_be_given() {
    let first = Running::start(|config| config.tls = Tls::SelfMade);
    let second = Running::start(|config| config.tls = Tls::SelfMade);
    assert_ne!(first.fingerprint, second.fingerprint);
    let database = first.config.database.display();
    let certificate = format!("{database}.cert.pem").into();
    let key = format!("{database}.key.pem").into();
    let third = Running::start(|config| config.tls = Tls::Files { certificate, key });
    assert_eq!(third.fingerprint, first.fingerprint);
    third.remote().health().unwrap();
}

#[test]
fn a_client_that_never_shakes_hands_holds_nobody_up() {
    let server = Running::start(|config| config.tls = Tls::SelfMade);
    let _silent: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(server.address).unwrap()).collect();
    server.remote().health().unwrap();
}
