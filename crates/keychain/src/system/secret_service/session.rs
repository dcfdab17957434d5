//! A session at the service: one connection to the bus, and a key for the values that pass over it.

use std::collections::HashMap;

use serde::Serialize;
use zbus::{
    Message,
    blocking::Connection,
    zvariant::{DynamicType, ObjectPath, OwnedObjectPath, OwnedValue, Value},
};
use zeroize::Zeroizing;

use super::{
    ITEM,
    exchange::{Exchange, SessionKey},
};
use crate::error::Error;

const NAME: &str = "org.freedesktop.secrets";
pub(super) const PATH: ObjectPath<'static> =
    ObjectPath::from_static_str_unchecked("/org/freedesktop/secrets");
pub(super) const SERVICE: &str = "org.freedesktop.Secret.Service";
const ALGORITHM: &str = "dh-ietf1024-sha256-aes128-cbc-pkcs7";
/// Base64 text, for which there is no better name.
const CONTENT: &str = "application/octet-stream";

/// Values a call: each is at most 2.4 kB, and a message must not grow without bound.
const BATCH: usize = 500;

/// Session, initialisation vector, ciphertext, content type.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

pub(super) struct Session {
    pub(super) bus: Connection,
    path: OwnedObjectPath,
    key: SessionKey,
}

impl Session {
    /// Connects to the session bus and agrees on a key with the service.
    pub(super) fn open() -> zbus::Result<Self> {
        let bus = Connection::session()?;
        introduce(&bus);
        let exchange = Exchange::new()?;
        let public = Value::from(exchange.public());
        let answer = call(&bus, &PATH, SERVICE, "OpenSession", &(ALGORITHM, public))?;
        let (theirs, path): (OwnedValue, OwnedObjectPath) = answer.body().deserialize()?;
        let key = exchange
            .agree(&Vec::<u8>::try_from(theirs)?)
            .ok_or_else(|| zbus::Error::Failure("no public key".to_owned()))?;
        Ok(Self { bus, path, key })
    }

    pub(super) fn call<B: Serialize + DynamicType>(
        &self,
        path: &ObjectPath<'_>,
        interface: &'static str,
        method: &'static str,
        body: &B,
    ) -> zbus::Result<Message> {
        call(&self.bus, path, interface, method, body)
    }

    /// The value of one item. `None`: it cannot be decrypted.
    pub(super) fn secret(&self, item: &ObjectPath<'_>) -> zbus::Result<Option<Zeroizing<Vec<u8>>>> {
        let answer = self.call(item, ITEM, "GetSecret", &(&self.path,))?;
        let ((_, iv, ciphertext, _),): (Secret,) = answer.body().deserialize()?;
        Ok(self.key.decrypt(&iv, &ciphertext))
    }

    /// Gives `found` the value of every item that is there and unlocked. Items that have gone since are left out.
    pub(super) fn secrets(
        &self,
        items: &[OwnedObjectPath],
        mut found: impl FnMut(Zeroizing<Vec<u8>>),
    ) -> zbus::Result<()> {
        for batch in items.chunks(BATCH) {
            let answer = self.call(&PATH, SERVICE, "GetSecrets", &(batch, &self.path))?;
            let secrets: HashMap<OwnedObjectPath, Secret> = answer.body().deserialize()?;
            for (_, iv, ciphertext, _) in secrets.into_values() {
                // Undecipherable is the same as not ours: it is not a part of anything.
                if let Some(value) = self.key.decrypt(&iv, &ciphertext) {
                    found(value);
                }
            }
        }
        Ok(())
    }

    /// A value as it is sent.
    pub(super) fn seal(&self, value: &[u8]) -> Result<Secret, Error> {
        let (iv, ciphertext) =
            self.key.encrypt(value).ok_or(Error::Other("the system gave no random bytes"))?;
        Ok((self.path.clone(), iv.to_vec(), ciphertext, CONTENT.to_owned()))
    }
}

/// Makes us known to the service, with a call that asks for nothing.
///
/// gnome-keyring registers a client in its main loop when the client's first call has arrived, and now and then deals
/// with that call before (when it is busy at that moment, as when another client leaves). Where that call is
/// `OpenSession`, the daemon dies of it, and everybody's keychain is locked. An unknown alias needs no client, and its
/// answer says that the loop has come round.
fn introduce(bus: &Connection) {
    // Whatever is wrong here is wrong with the next call, too.
    let _ = call(bus, &PATH, SERVICE, "ReadAlias", &("keymoor",));
}

fn call<B: Serialize + DynamicType>(
    bus: &Connection,
    path: &ObjectPath<'_>,
    interface: &'static str,
    method: &'static str,
    body: &B,
) -> zbus::Result<Message> {
    bus.call_method(Some(NAME), path, Some(interface), method, body)
}
