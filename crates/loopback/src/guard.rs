//! Who may knock at all: programs on this machine that mean this machine. Web pages are turned away before anything is read.

use std::net::SocketAddr;

use axum::http::{HeaderMap, Uri, header};

use crate::refusal::Code;

/// The names under which this server may be called.
#[derive(Debug, Clone)]
pub(crate) struct Guard(Vec<String>);

impl Guard {
    /// For a server that listens here.
    pub(crate) fn new(address: SocketAddr) -> Self {
        let port = address.port();
        let hosts = ["127.0.0.1".to_owned(), "localhost".to_owned(), "[::1]".to_owned()];
        let own = SocketAddr::new(address.ip(), port).to_string();
        let mut names: Vec<String> = hosts.iter().map(|host| format!("{host}:{port}")).collect();
        names.push(own);
        if port == 80 {
            names.extend(hosts);
        }
        Self(names)
    }

    /// # Errors
    /// [`Code::HostRefused`] for a name that a page's owner could have pointed here (DNS rebinding); [`Code::OriginRefused`]
    /// for what a browser sends on behalf of a page.
    pub(crate) fn admit(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Code> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(Code::HostRefused) };
        let known = |host: &str| self.0.iter().any(|name| name.eq_ignore_ascii_case(host));
        let host_is_known = host.to_str().is_ok_and(known);
        // A proxy's form of a request names the host a second time.
        let target_is_known = uri.authority().is_none_or(|authority| known(authority.as_str()));
        if !host_is_known || !target_is_known {
            return Err(Code::HostRefused);
        }
        let site = headers.get_all("sec-fetch-site").iter().any(|site| site != "none");
        if headers.contains_key(header::ORIGIN) || site {
            return Err(Code::OriginRefused);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn admitted(uri: &str, headers: &[(&'static str, &str)]) -> Result<(), Code> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Guard::new("127.0.0.1:8790".parse().unwrap()).admit(&uri.parse().unwrap(), &map)
    }

    #[test]
    fn only_this_machines_names_with_the_port_are_known() {
        for host in ["127.0.0.1:8790", "localhost:8790", "LocalHost:8790", "[::1]:8790"] {
            assert_eq!(admitted("/x", &[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "evil.example:8790",
            "localhost.evil.example:8790",
            "127.0.0.1.evil.example:8790",
            "localhost.:8790",
            "127.0.0.1",
            "localhost",
            "127.0.0.1:8791",
            "127.0.0.2:8790",
            "0.0.0.0:8790",
            "user@127.0.0.1:8790",
            "127.1:8790",
            "",
        ] {
            assert_eq!(admitted("/x", &[("host", host)]), Err(Code::HostRefused), "{host}");
        }
        assert_eq!(admitted("/x", &[]), Err(Code::HostRefused));
        let twice = [("host", "127.0.0.1:8790"), ("host", "127.0.0.1:8790")];
        assert_eq!(admitted("/x", &twice), Err(Code::HostRefused));
        let named = [("host", "127.0.0.1:8790")];
        assert_eq!(admitted("http://evil.example/x", &named), Err(Code::HostRefused));
        assert_eq!(admitted("http://localhost:8790/x", &named), Ok(()));
    }

    #[test]
    fn the_address_that_it_listens_on_is_its_own_name_and_port_80_needs_none() {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("127.0.0.5:80"));
        let guard = Guard::new("127.0.0.5:80".parse().unwrap());
        assert_eq!(guard.admit(&"/".parse().unwrap(), &headers), Ok(()));
        headers.insert("host", HeaderValue::from_static("localhost"));
        assert_eq!(guard.admit(&"/".parse().unwrap(), &headers), Ok(()));
    }

    #[test]
    fn whatever_a_web_page_sends_is_refused() {
        let host = ("host", "127.0.0.1:8790");
        for origin in ["https://evil.example", "null", "http://127.0.0.1:8790", ""] {
            assert_eq!(admitted("/x", &[host, ("origin", origin)]), Err(Code::OriginRefused), "{origin}");
        }
        for site in ["cross-site", "same-site", "same-origin", ""] {
            assert_eq!(admitted("/x", &[host, ("sec-fetch-site", site)]), Err(Code::OriginRefused));
        }
        assert_eq!(admitted("/x", &[host, ("sec-fetch-site", "none")]), Ok(()));
    }
}
