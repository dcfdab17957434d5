//! A server's address, and the rule where plain HTTP may be spoken.

use std::net::IpAddr;

use ureq::http::Uri;

use crate::Error;

/// A server's base URL: scheme, host, port if given, and the path below which the API lies, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    url: String,
    host: String,
    encrypted: bool,
}

impl Address {
    /// Refuses what is no such URL, and plain HTTP to anything but this machine.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let uri: Uri = text.parse().map_err(|_| Error::InvalidUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(Error::InvalidUrl);
        };
        // A name or password in a URL would end up in logs; a query or a fragment has no meaning here.
        if authority.as_str().contains('@') || text.contains(['?', '#']) || authority.host().is_empty() {
            return Err(Error::InvalidUrl);
        }
        if authority.as_str() != authority.host() && authority.port_u16().is_none() {
            return Err(Error::InvalidUrl);
        }
        let encrypted = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(Error::InvalidUrl),
        };
        let host = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
        if !encrypted && !is_loopback(&host) {
            return Err(Error::PlainHttp);
        }
        let place = authority.as_str().to_ascii_lowercase();
        let url = format!("{scheme}://{place}{}", uri.path().trim_end_matches('/'));
        Ok(Self { url, host, encrypted })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.url
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    pub(crate) fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

/// By its spelling alone; what `localhost` stands for is checked again when it has been looked up.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_brought_into_one_form() {
        for (given, expected) in [
            ("https://Sync.Example.org", "https://sync.example.org"),
            ("https://sync.example.org/", "https://sync.example.org"),
            ("HTTPS://sync.example.org:8443/Keys/", "https://sync.example.org:8443/Keys"),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
            ("http://127.9.9.9/", "http://127.9.9.9"),
            ("http://[::1]:8787/", "http://[::1]:8787"),
            ("http://LOCALHOST:1", "http://localhost:1"),
        ] {
            assert_eq!(Address::parse(given).unwrap().as_str(), expected, "{given}");
        }
    }

    #[test]
    fn plain_http_leaves_this_machine_under_no_spelling() {
        for url in [
            "http://sync.example.org",
            "http://192.168.1.2:8787",
            "http://10.0.0.1",
            "http://0.0.0.0:8787",
            "http://[2001:db8::1]",
            "http://[::ffff:127.0.0.1]",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org",
            "http://127.1",
            "http://2130706433",
            "HTTP://EXAMPLE.ORG",
        ] {
            assert_eq!(Address::parse(url), Err(Error::PlainHttp), "{url}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused() {
        for url in [
            "",
            "sync.example.org",
            "/v1",
            "ftp://127.0.0.1",
            "https://",
            "https:///v1",
            "https://user:word@sync.example.org",
            "http://127.0.0.1@example.org",
            "https://sync.example.org/?a=b",
            "https://sync.example.org/#top",
            "https://sync example.org",
            "https://sync.example.org\r\nhost: x",
            "https://sync.example.org:port",
            "https://sync.example.org:",
            "https://sync.example.org:99999",
        ] {
            assert_eq!(Address::parse(url), Err(Error::InvalidUrl), "{url}");
        }
    }
}
