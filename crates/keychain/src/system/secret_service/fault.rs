//! Errors of the bus, told apart by variant and by their D-Bus name, never by their words.

use std::io::ErrorKind;

use zbus::DBusError as _;

use crate::{error::Error, system::Fault};

/// Of the first calls, which connect.
pub(super) fn connecting(error: &zbus::Error) -> Fault {
    match named(error) {
        Some(fault) => fault,
        None => match error {
            // A bus that is there and was too busy for one more, as when many programs start at once.
            zbus::Error::Connection(error, _) | zbus::Error::InputOutput(error)
                if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
            {
                Fault::Stale("the session bus did not take the connection")
            }
            zbus::Error::Handshake(_) => Fault::Stale("the session bus broke off its greeting"),
            _ => Fault::Final(Error::NotAvailable),
        },
    }
}

/// Of every later call.
pub(super) fn calling(error: &zbus::Error) -> Fault {
    named(error).unwrap_or(Fault::Stale("the connection to the session bus failed"))
}

/// What the service or the bus answered, if it was one of them.
fn named(error: &zbus::Error) -> Option<Fault> {
    match error {
        zbus::Error::MethodError(name, ..) => Some(meaning(name.as_str())),
        zbus::Error::FDO(error) => Some(meaning(error.name().as_str())),
        _ => None,
    }
}

fn meaning(name: &str) -> Fault {
    match name {
        "org.freedesktop.Secret.Error.IsLocked" => Fault::Final(Error::Locked),
        "org.freedesktop.DBus.Error.ServiceUnknown" | "org.freedesktop.DBus.Error.NameHasNoOwner" => {
            Fault::Final(Error::NotAvailable)
        }
        name if name.starts_with("org.freedesktop.DBus.Error.Spawn.") => Fault::Final(Error::NotAvailable),
        "org.freedesktop.Secret.Error.NoSession" => Fault::Stale("the session has ended"),
        "org.freedesktop.Secret.Error.NoSuchObject" => Fault::Stale("an item has vanished"),
        _ => Fault::Stale("the keychain refused the call"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart_by_variant_and_name() {
        let is =
            |fault: Fault, wanted: Error| assert!(matches!(fault, Fault::Final(error) if error == wanted));
        is(meaning("org.freedesktop.Secret.Error.IsLocked"), Error::Locked);
        is(meaning("org.freedesktop.DBus.Error.ServiceUnknown"), Error::NotAvailable);
        is(meaning("org.freedesktop.DBus.Error.Spawn.ExecFailed"), Error::NotAvailable);
        assert!(matches!(connecting(&zbus::Error::Handshake(String::new())), Fault::Stale(_)));
        is(connecting(&zbus::Error::Address(String::new())), Error::NotAvailable);
        let io = |kind: ErrorKind| zbus::Error::InputOutput(std::sync::Arc::new(kind.into()));
        let bus = || zbus::Address::try_from("unix:path=/run/user/1000/bus").unwrap();
        let socket = |kind: ErrorKind| zbus::Error::Connection(std::sync::Arc::new(kind.into()), bus());
        for refused in [ErrorKind::NotFound, ErrorKind::ConnectionRefused] {
            is(connecting(&io(refused)), Error::NotAvailable);
            is(connecting(&socket(refused)), Error::NotAvailable);
        }
        assert!(matches!(connecting(&io(ErrorKind::NotConnected)), Fault::Stale(_)));
        assert!(matches!(connecting(&socket(ErrorKind::NotConnected)), Fault::Stale(_)));
        let unknown = zbus::fdo::Error::ServiceUnknown(String::new());
        is(calling(&zbus::Error::FDO(Box::new(unknown))), Error::NotAvailable);
        assert!(matches!(meaning("org.freedesktop.Secret.Error.NoSession"), Fault::Stale(_)));
        assert!(matches!(calling(&zbus::Error::Handshake(String::new())), Fault::Stale(_)));
    }
}
