//! Addresses of this machine: a key that goes there has not left it.

use std::net::Ipv4Addr;

/// Whether a program that is told this address stays on this machine. Only what every program reads in the same way is taken
/// for that: a host, perhaps a port and a path, and no user, query or anything else that could hide another host.
pub(super) fn is_local(address: &str) -> bool {
    let scheme = ["http://", "https://"].into_iter().find_map(|scheme| address.strip_prefix(scheme));
    let rest = scheme.unwrap_or(address);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:[]".contains(c);
    if !rest.chars().all(is_plain) {
        return false;
    }
    let place = rest.split('/').next().unwrap_or(rest);
    let (host, port) = match place.strip_prefix("[::1]") {
        Some(port) => ("::1", port),
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port_fits = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    let is_here =
        matches!(host, "localhost" | "::1") || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
    is_here && port_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_machine_is_one_that_cannot_be_read_as_another() {
        for address in [
            "http://localhost:11434/v1",
            "http://127.0.0.1:4000",
            "https://127.8.8.8/",
            "http://[::1]:8080/api/v1",
            "localhost",
            "127.0.0.1:80",
        ] {
            assert!(is_local(address), "{address}");
        }
        for address in [
            "",
            "https://api.example.com/v1",
            "https://localhost.example.com",
            "http://localhost@example.com/",
            "http://localhost:80@example.com/",
            "http://localhost:80\\@example.com/",
            "http://example.com#localhost",
            "http://example.com/localhost",
            "http://localhost%2eexample.com",
            "http://localhost:",
            "http://localhost:x",
            "http://localhost:+80",
            "http://127.1/",
            "http://0.0.0.0/",
            "http://2130706433/",
            "http://192.168.0.1:4000",
            "http://[::1].example.com",
            "http://[::ffff:127.0.0.1]/",
            "http:///localhost",
            "file://localhost/x",
            "//localhost",
            "http://localhost example.com",
        ] {
            assert!(!is_local(address), "{address}");
        }
    }
}
