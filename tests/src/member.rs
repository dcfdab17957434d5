//! Somebody who belongs to an account and speaks the protocol by hand, as an older or a newer version would.

use std::path::Path;

use keymoor_protocol::{
    AccountId, DeviceId, KeysDocument,
    api::{Keys, NewKeys, NewPassword, Session},
    keys::WrapKind,
    opaque::LoginKind,
};
use keymoor_remote::{Authorised, Remote};
use keymoor_sealing::{Profile, RootKey, SecretKey, document, keys::stretch};

/// Whoever has the join kit and the password.
pub struct Member {
    /// Whose account.
    pub account: AccountId,
    /// The server in its name.
    pub line: Authorised,
    /// Its tokens.
    pub session: Session,
    /// The root key.
    pub root: RootKey,
    /// The keys document as the server had it.
    pub document: KeysDocument,
    remote: Remote,
    secret_key: SecretKey,
}

impl Member {
    /// Logs in at `url`.
    pub fn log_in(url: &str, join_kit: &Path, password: &str, profile: Profile) -> Self {
        let kit = std::fs::read_to_string(join_kit).unwrap();
        let line = |name: &str| {
            let line = kit.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.strip_prefix(": ").unwrap().to_owned()
        };
        let account: AccountId = line("account").parse().unwrap();
        let secret_key = SecretKey::from_text(&line("secret key")).unwrap();
        let remote = Remote::new(url, None).unwrap();
        let (auth, unlock) = stretch(password, &secret_key, account, profile);
        let device = DeviceId::generate();
        let session = remote.log_in(account, LoginKind::Password, device, auth.expose()).unwrap();
        let line = remote.with_token(&session.access_token);
        let document = KeysDocument::decode(&line.keys(None).unwrap().document).unwrap();
        let root = document::unlock(&document, account, WrapKind::Password, &unlock).unwrap();
        Self { account, line, session, root, document, remote, secret_key }
    }

    /// Sets a password, stretched by `profile`: at the server and in the keys document.
    pub fn set_password(&mut self, password: &str, profile: Profile) {
        let (auth, unlock) = stretch(password, &self.secret_key, self.account, profile);
        let mut wraps = self.document.wraps.clone();
        wraps.retain(|wrap| wrap.kind != WrapKind::Password);
        let kind = WrapKind::Password;
        wraps.push(document::wrap(&self.root, self.account, kind, Some(profile), &unlock).unwrap());
        let custody = document::custody(&self.document, &self.root).unwrap();
        let version = self.document.version;
        let next =
            document::rewrite(self.document.clone(), &self.root, version + 1, &custody, wraps).unwrap();
        let keys = Keys { version: next.version, epoch: next.epoch, document: next.encode() };
        let new = NewPassword {
            password: self.remote.register(self.account, LoginKind::Password, auth.expose()).unwrap(),
            recovery: None,
            keys: NewKeys { expected: version, keys },
        };
        self.line.set_password(Some(&self.root.account_proof()), &new).unwrap();
        self.document = next;
    }
}
