//! OPAQUE (RFC 9807) with ristretto255, Triple-DH, SHA-512 and no key stretching: the input is stretched already.
//!
//! This module is an island: `opaque-ke` stands on an older generation of hashes and random numbers, so everything here
//! speaks bytes. The export key is not offered: losing the server must not lose data.

use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialFinalization, CredentialRequest, CredentialResponse,
    Identifiers, RegistrationRequest, RegistrationResponse, RegistrationUpload, Ristretto255, ServerLogin,
    ServerLoginParameters, ServerRegistration, TripleDh,
};
use rand08::rngs::OsRng;
use zeroize::Zeroizing;

use crate::ids::AccountId;

/// The one OPAQUE configuration of API v1.
struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_010::Sha512>;
    type Ksf = opaque_ke::ksf::Identity;
}

const CONTEXT: &[u8] = b"keymoor/v1/login";
const SERVER: &[u8] = b"keymoor-server";

/// A message that does not fit, or a proof that does not hold. Deliberately one error: which it was helps only a guesser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the login proof does not hold")]
pub struct Refused;

/// Which secret logs in. Each has its own registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoginKind {
    /// Password and Secret Key.
    Password,
    /// The recovery key; its session may only fetch the keys document and set a new password.
    Recovery,
}

fn credential(account: AccountId, kind: LoginKind) -> Vec<u8> {
    let kind: &[u8] = match kind {
        LoginKind::Password => b"password:",
        LoginKind::Recovery => b"recovery:",
    };
    [kind, account.as_bytes()].concat()
}

fn identifiers(client: &[u8]) -> Identifiers<'_> {
    Identifiers { client: Some(client), server: Some(SERVER) }
}

/// A device's side of a registration under way.
pub struct Registering(ClientRegistration<Suite>);

/// Begins a registration; the bytes go to the server.
pub fn register(secret: &[u8]) -> Result<(Registering, Vec<u8>), Refused> {
    let started = ClientRegistration::<Suite>::start(&mut OsRng, secret).map_err(|_| Refused)?;
    Ok((Registering(started.state), started.message.serialize().to_vec()))
}

impl Registering {
    /// Ends it with the server's answer; the bytes are what the server keeps.
    pub fn finish(
        self,
        secret: &[u8],
        account: AccountId,
        kind: LoginKind,
        answer: &[u8],
    ) -> Result<Vec<u8>, Refused> {
        let answer = RegistrationResponse::deserialize(answer).map_err(|_| Refused)?;
        let client = credential(account, kind);
        let parameters = ClientRegistrationFinishParameters::new(identifiers(&client), None);
        let finished = self.0.finish(&mut OsRng, secret, answer, parameters).map_err(|_| Refused)?;
        Ok(finished.message.serialize().to_vec())
    }
}

/// A device's side of a login under way.
pub struct LoggingIn(ClientLogin<Suite>);

/// Begins a login; the bytes go to the server.
pub fn log_in(secret: &[u8]) -> Result<(LoggingIn, Vec<u8>), Refused> {
    let started = ClientLogin::<Suite>::start(&mut OsRng, secret).map_err(|_| Refused)?;
    Ok((LoggingIn(started.state), started.message.serialize().to_vec()))
}

impl LoggingIn {
    /// Ends it with the server's answer; the bytes prove the secret to the server. Fails when the secret is wrong.
    pub fn finish(
        self,
        secret: &[u8],
        account: AccountId,
        kind: LoginKind,
        answer: &[u8],
    ) -> Result<Vec<u8>, Refused> {
        let answer = CredentialResponse::deserialize(answer).map_err(|_| Refused)?;
        let client = credential(account, kind);
        let parameters = ClientLoginFinishParameters::new(Some(CONTEXT), identifiers(&client), None);
        let finished = self.0.finish(&mut OsRng, secret, answer, parameters).map_err(|_| Refused)?;
        Ok(finished.message.serialize().to_vec())
    }
}

/// The server's own key material. It lies apart from the database; with another one no login works.
pub struct ServerSetup(opaque_ke::ServerSetup<Suite>);

impl ServerSetup {
    /// New key material, for a new server.
    pub fn generate() -> Self {
        Self(opaque_ke::ServerSetup::new(&mut OsRng))
    }

    /// As kept in a file.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.serialize().to_vec())
    }

    /// From a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refused> {
        opaque_ke::ServerSetup::deserialize(bytes).map(Self).map_err(|_| Refused)
    }

    /// Answers [`register`]. Nothing is kept.
    pub fn answer_registration(
        &self,
        account: AccountId,
        kind: LoginKind,
        request: &[u8],
    ) -> Result<Vec<u8>, Refused> {
        let request = RegistrationRequest::deserialize(request).map_err(|_| Refused)?;
        let answer = ServerRegistration::<Suite>::start(&self.0, request, &credential(account, kind))
            .map_err(|_| Refused)?;
        Ok(answer.message.serialize().to_vec())
    }

    /// Checks what [`Registering::finish`] sent and turns it into the bytes to keep.
    pub fn keep_registration(upload: &[u8]) -> Result<Vec<u8>, Refused> {
        let upload = RegistrationUpload::<Suite>::deserialize(upload).map_err(|_| Refused)?;
        Ok(ServerRegistration::finish(upload).serialize().to_vec())
    }

    /// Answers [`log_in`]; returns (state to keep until the proof comes, answer). An unknown account (`None`) gets an
    /// answer of the same form, so that nobody learns which accounts exist.
    pub fn answer_login(
        &self,
        account: AccountId,
        kind: LoginKind,
        kept: Option<&[u8]>,
        request: &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>), Refused> {
        let kept = kept.map(ServerRegistration::<Suite>::deserialize).transpose().map_err(|_| Refused)?;
        let request = CredentialRequest::deserialize(request).map_err(|_| Refused)?;
        let client = credential(account, kind);
        let started = ServerLogin::start(&mut OsRng, &self.0, kept, request, &client, parameters(&client))
            .map_err(|_| Refused)?;
        Ok((Zeroizing::new(started.state.serialize().to_vec()), started.message.serialize().to_vec()))
    }

    /// Checks the proof of [`LoggingIn::finish`].
    pub fn check_login(
        account: AccountId,
        kind: LoginKind,
        state: &[u8],
        proof: &[u8],
    ) -> Result<(), Refused> {
        let state = ServerLogin::<Suite>::deserialize(state).map_err(|_| Refused)?;
        let proof = CredentialFinalization::deserialize(proof).map_err(|_| Refused)?;
        let client = credential(account, kind);
        state.finish(proof, parameters(&client)).map(|_| ()).map_err(|_| Refused)
    }
}

fn parameters(client: &[u8]) -> ServerLoginParameters<'_, '_> {
    ServerLoginParameters { context: Some(CONTEXT), identifiers: identifiers(client) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId([1; 16]);

    fn registered(setup: &ServerSetup, secret: &[u8], kind: LoginKind) -> Vec<u8> {
        let (client, request) = register(secret).unwrap();
        let answer = setup.answer_registration(ACCOUNT, kind, &request).unwrap();
        ServerSetup::keep_registration(&client.finish(secret, ACCOUNT, kind, &answer).unwrap()).unwrap()
    }

    fn login(
        setup: &ServerSetup,
        kept: Option<&[u8]>,
        secret: &[u8],
        kind: LoginKind,
    ) -> Result<(), Refused> {
        let (client, request) = log_in(secret)?;
        let (state, answer) = setup.answer_login(ACCOUNT, kind, kept, &request)?;
        let proof = client.finish(secret, ACCOUNT, kind, &answer)?;
        ServerSetup::check_login(ACCOUNT, kind, &state, &proof)
    }

    #[test]
    fn the_right_secret_logs_in_also_after_a_restart() {
        let setup = ServerSetup::generate();
        let kept = registered(&setup, b"stretched", LoginKind::Password);
        let restarted = ServerSetup::from_bytes(&setup.to_bytes()).unwrap();
        assert_eq!(login(&restarted, Some(&kept), b"stretched", LoginKind::Password), Ok(()));
    }

    #[test]
    fn a_wrong_secret_another_kind_another_server_and_an_unknown_account_do_not() {
        let setup = ServerSetup::generate();
        let kept = registered(&setup, b"stretched", LoginKind::Password);
        let other = ServerSetup::generate();
        assert_eq!(login(&setup, Some(&kept), b"guessed", LoginKind::Password), Err(Refused));
        assert_eq!(login(&setup, Some(&kept), b"stretched", LoginKind::Recovery), Err(Refused));
        assert_eq!(login(&other, Some(&kept), b"stretched", LoginKind::Password), Err(Refused));
        assert_eq!(login(&setup, None, b"stretched", LoginKind::Password), Err(Refused));
    }

    #[test]
    fn an_unknown_account_gets_an_answer_of_the_same_length() {
        let setup = ServerSetup::generate();
        let kept = registered(&setup, b"stretched", LoginKind::Password);
        let (_, request) = log_in(b"stretched").unwrap();
        let known = setup.answer_login(ACCOUNT, LoginKind::Password, Some(&kept), &request).unwrap();
        let unknown = setup.answer_login(ACCOUNT, LoginKind::Password, None, &request).unwrap();
        assert_eq!(known.1.len(), unknown.1.len());
    }
}
