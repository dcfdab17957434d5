//! Other places than the providers' own, for tests: on this machine only.

use std::{collections::BTreeMap, net::SocketAddr};

/// For each provider or service the address of a server on this machine that stands in for it. Path and query of a request
/// stay as they are, and its `Host` still names the provider's.
#[derive(Debug, Clone, Default)]
pub struct Bases(BTreeMap<String, Base>);

/// One such address. Port 0 stands for a host that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    address: SocketAddr,
    authority: String,
}

/// A base has to be `http://` with a loopback address and a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a test base is http://, a loopback address and a port")]
pub struct NotLoopback;

/// What names the base of a provider in the environment, before its id in upper case.
const VARIABLE: &str = "KEYMOOR_PROVIDER_BASE_";

impl Bases {
    /// None: everything goes where the catalogue says.
    pub fn none() -> Self {
        Self::default()
    }

    /// Those among these variables that are called `KEYMOOR_PROVIDER_BASE_<ID>`.
    pub fn from_variables(
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, NotLoopback> {
        let mut bases = Self::none();
        for (name, value) in variables {
            if let Some(id) = name.strip_prefix(VARIABLE) {
                bases.set(&id.to_ascii_lowercase(), &value)?;
            }
        }
        Ok(bases)
    }

    /// Sets the base of a provider or service.
    pub fn set(&mut self, id: &str, base: &str) -> Result<(), NotLoopback> {
        let authority = base.strip_prefix("http://").ok_or(NotLoopback)?.trim_end_matches('/');
        let address: SocketAddr = authority.parse().map_err(|_| NotLoopback)?;
        if !address.ip().is_loopback() {
            return Err(NotLoopback);
        }
        self.0.insert(id.to_owned(), Base { address, authority: address.to_string() });
        Ok(())
    }

    /// The first of these ids that has one.
    pub(super) fn of(&self, ids: &[&str]) -> Option<&Base> {
        ids.iter().find_map(|id| self.0.get(*id))
    }
}

impl Base {
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    pub(super) fn is_nowhere(&self) -> bool {
        self.address.port() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_are_taken() {
        let mut bases = Bases::none();
        for good in ["http://127.0.0.1:8080", "http://[::1]:1/", "http://127.1.2.3:9"] {
            assert_eq!(bases.set("p", good), Ok(()), "{good}");
        }
        for bad in [
            "https://127.0.0.1:1",
            "http://localhost:1",
            "http://127.0.0.1",
            "http://10.0.0.1:1",
            "http://127.0.0.1:1@evil.example",
            "http://127.0.0.1:1/path",
            "http://0.0.0.0:1",
            "",
        ] {
            assert_eq!(bases.set("p", bad), Err(NotLoopback), "{bad}");
        }
    }

    #[test]
    fn the_variables_name_providers_in_upper_case() {
        let variables = |value: &str| {
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            Bases::from_variables([pair("PATH", "/bin"), pair("KEYMOOR_PROVIDER_BASE_GOOGLE_OAUTH", value)])
        };
        let bases = variables("http://127.0.0.1:7").unwrap();
        assert!(bases.of(&["nothing", "google_oauth"]).is_some());
        assert!(bases.of(&["openai"]).is_none());
        assert_eq!(variables("http://192.0.2.1:7").unwrap_err(), NotLoopback);
    }
}
