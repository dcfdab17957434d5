//! Where a key may be sent: hosts that come from a user's input are normalised, and pinned to the provider's own, before
//! anything is looked up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host as entered, normalised: lower case, without scheme, path and a closing dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) port: Option<u16>,
}

/// An address as entered, taken apart.
pub(crate) struct Entered<'a> {
    pub(crate) host: Host,
    /// From the first slash or question mark on, without a fragment.
    pub(crate) rest: &'a str,
    /// It was entered with `http://`.
    pub(crate) plain: bool,
}

/// Reads a host entered with or without scheme, port and path. `None`: it is none. A name has to be ASCII as DNS has it;
/// letters of other scripts are refused, since they can look like the provider's.
pub(crate) fn read(entered: &str) -> Option<Entered<'_>> {
    let entered = entered.trim();
    if !entered.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>^`{|}".contains(&b)) {
        return None;
    }
    let (plain, after) = match entered.split_once("://") {
        Some((scheme, after)) if scheme.eq_ignore_ascii_case("https") => (false, after),
        Some((scheme, after)) if scheme.eq_ignore_ascii_case("http") => (true, after),
        // A colon and two slashes further back, in a path or query.
        Some((before, _)) if before.contains(['/', '?']) => (false, entered),
        Some(_) => return None,
        None => (false, entered),
    };
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let (authority, rest) = after.split_at(end);
    let rest = rest.split('#').next().unwrap_or_default();
    // With an `@` the host is what stands behind it, which people and programs read differently.
    if authority.contains('@') {
        return None;
    }
    let (name, port) = split_port(authority)?;
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    is_host(&name).then_some(Entered { host: Host { name, port }, rest, plain })
}

fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (name, port) = match authority.strip_prefix('[').and_then(|v6| v6.find(']')) {
        Some(end) => authority.split_at(end + 2),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    match port.strip_prefix(':') {
        None if port.is_empty() => Some((name, None)),
        Some("") => Some((name, None)),
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port != 0).map(|port| (name, Some(port)))
        }
        _ => None,
    }
}

fn is_host(name: &str) -> bool {
    match name.strip_prefix('[').and_then(|v6| v6.strip_suffix(']')) {
        Some(v6) => v6.parse::<Ipv6Addr>().is_ok_and(|v6| may_be_asked(v6.into())),
        None => match name.parse::<Ipv4Addr>() {
            Ok(v4) => may_be_asked(v4.into()),
            Err(_) => name.len() <= 253 && name.split('.').all(is_label),
        },
    }
}

/// One label of a name. The underscore is not for hosts, but some providers have it in theirs.
pub(super) fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && !label.starts_with('-')
        && !label.ends_with('-')
        // An internationalised name shows as other letters than it has.
        && !label.to_ascii_lowercase().starts_with("xn--")
}

/// Whether a host is one of a field's `hosts`.
pub(crate) fn is_pinned(host: &str, hosts: &[String]) -> bool {
    hosts.iter().any(|pattern| match pattern.strip_prefix('*') {
        Some("") => true,
        Some(domain) => host.len() > domain.len() && domain.starts_with('.') && host.ends_with(domain),
        None => host == pattern,
    })
}

/// Whether a key may go to this address at all. The user's own server may stand in his own network or on this machine: TLS
/// proves its name there too. Nobody's server has a link-local address (clouds answer there with secrets of the machine),
/// one for many hosts, or none.
pub(super) fn may_be_asked(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            !(v4.is_link_local() || v4.is_multicast() || v4.is_broadcast() || v4.octets()[0] == 0)
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => may_be_asked(v4.into()),
            None => {
                // The cloud's own address in IPv6 is of a private range.
                let metadata = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
                !(v6.is_unicast_link_local() || v6.is_multicast() || v6.is_unspecified() || v6 == metadata)
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(entered: &str) -> Option<String> {
        read(entered).map(|entered| entered.host.name)
    }

    #[test]
    fn scheme_path_and_port_are_dropped_and_case_is_lowered() {
        for entered in
            ["Shop.MyShopify.com", "https://shop.myshopify.com/admin?x#y", " shop.myshopify.com.:443/ "]
        {
            assert_eq!(host(entered).as_deref(), Some("shop.myshopify.com"), "{entered}");
        }
        let entered = read("https://own.example:8443/base?x=1#part").unwrap();
        assert_eq!((entered.host.port, entered.rest, entered.plain), (Some(8443), "/base?x=1", false));
        assert!(read("http://own.example").unwrap().plain);
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for entered in [
            "",
            "https://",
            "https:///path",
            "user@shop.myshopify.com",
            "https://shop.myshopify.com@evil.example/",
            "https://evil.example\\@shop.myshopify.com",
            "shop.myshopify.com\r\nHost: evil.example",
            "shop.myshopify.com evil.example",
            "shop\u{3002}myshopify.com",
            "sh\u{f6}p.myshopify.com",
            "xn--shp-sna.myshopify.com",
            "shop..myshopify.com",
            ".myshopify.com",
            "-x.myshopify.com",
            "shop.myshopify.com:0",
            "shop.myshopify.com:99999",
            "shop.myshopify.com:4x",
            "ftp://shop.myshopify.com",
            "javascript://shop.myshopify.com",
            "[::1",
            "[fe80::1]",
            "169.254.169.254",
            "https://[::ffff:169.254.169.254]/latest",
            "0.0.0.0",
        ] {
            assert_eq!(host(entered), None, "{entered}");
        }
    }

    #[test]
    fn a_pin_holds_whole_names() {
        let hosts = ["*.myshopify.com".to_owned(), "datadoghq.eu".to_owned()];
        for good in ["a.myshopify.com", "a.b.myshopify.com", "datadoghq.eu"] {
            assert!(is_pinned(good, &hosts), "{good}");
        }
        for bad in [
            "myshopify.com",
            ".myshopify.com",
            "evilmyshopify.com",
            "a.myshopify.com.evil.example",
            "x.datadoghq.eu",
            "",
        ] {
            assert!(!is_pinned(bad, &hosts), "{bad}");
        }
        assert!(is_pinned("anything.example", &["*".to_owned()]));
        assert!(!is_pinned("anything.example", &[]));
    }
}
