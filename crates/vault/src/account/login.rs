//! Logging in with a password when nobody says by which profile it was stretched.

use keymoor_protocol::api::Session;
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, DeviceId};
use keymoor_remote::{Error as Refusal, Remote};
use keymoor_sealing::keys::stretch;
use keymoor_sealing::{Profile, SecretKey, UnlockKey};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::Error;

/// Logs in, and returns the unlock key that goes with the password.
///
/// The profile stands in the keys document, which a device gets after a login and not before, and the server is not asked: it
/// could name a weak one. So the password is tried by every profile that this version has, `first` and then newest first.
///
/// # Errors
/// [`Error::WrongPassword`] if the server refuses it in every form, or does not know the account.
pub(crate) fn by_password(
    remote: &Remote,
    (account, secret_key): (AccountId, &SecretKey),
    device: DeviceId,
    password: &SecretString,
    first: Option<Profile>,
) -> Result<(Session, UnlockKey), Error> {
    let others = Profile::ALL.iter().copied().filter(|profile| Some(*profile) != first);
    for profile in first.into_iter().chain(others) {
        // Exposed to be stretched.
        let (auth, unlock) = stretch(password.expose_secret(), secret_key, account, profile);
        match remote.log_in(account, LoginKind::Password, device, auth.expose()) {
            Err(Refusal::LoginRefused) => {}
            answer => return Ok((answer?, unlock)),
        }
    }
    Err(Error::WrongPassword)
}
