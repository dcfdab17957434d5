//! Many values in one call (`GetSecrets`), which the store does not offer.

use std::collections::HashMap;

use zbus::{
    blocking::Connection,
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value},
};
use zeroize::Zeroizing;

use super::exchange::Exchange;

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const INTERFACE: &str = "org.freedesktop.Secret.Service";

/// Values a call: each is at most 2.4 kB, and a message must not grow without bound.
const BATCH: usize = 500;

/// Session, initialisation vector, ciphertext, content type.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// Gives `found` the value of every item that is there and unlocked. Items that have gone since are left out.
pub(super) fn secrets(paths: &[String], mut found: impl FnMut(Zeroizing<Vec<u8>>)) -> zbus::Result<()> {
    if paths.is_empty() {
        return Ok(());
    }
    let bus = Connection::session()?;
    let exchange = Exchange::new()?;
    let (theirs, session): (OwnedValue, OwnedObjectPath) = bus
        .call_method(
            Some(NAME),
            PATH,
            Some(INTERFACE),
            "OpenSession",
            &("dh-ietf1024-sha256-aes128-cbc-pkcs7", Value::from(exchange.public())),
        )?
        .body()
        .deserialize()?;
    let key = exchange.agree(&Vec::<u8>::try_from(theirs)?);
    for batch in paths.chunks(BATCH) {
        let batch =
            batch.iter().map(|path| ObjectPath::try_from(path.as_str())).collect::<Result<Vec<_>, _>>()?;
        let answer = bus.call_method(Some(NAME), PATH, Some(INTERFACE), "GetSecrets", &(batch, &session))?;
        let secrets: HashMap<OwnedObjectPath, Secret> = answer.body().deserialize()?;
        for (_, iv, ciphertext, _) in secrets.into_values() {
            // Undecipherable is the same as not ours: it is not a part of anything.
            if let Some(value) = key.decrypt(&iv, &ciphertext) {
                found(value);
            }
        }
    }
    Ok(())
}
