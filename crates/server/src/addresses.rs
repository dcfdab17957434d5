//! Client addresses: whose a request is, and how many connections each holds.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;

/// What a proxy says of where a request came from.
const FORWARDED: &str = "x-forwarded-for";

/// What is counted as one client: an IPv4 address, or an IPv6 network of 64 bits, which is what one household gets.
pub(crate) fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

/// Where a request came from: the peer, or, where that is a trusted proxy, the last hop it names that is none itself.
/// Hops before that are the client's own claim.
pub(crate) fn origin(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let is_trusted =
        |address: &IpAddr| trusted.iter().any(|proxy| proxy.to_canonical() == address.to_canonical());
    if !is_trusted(&peer) {
        return peer;
    }
    let lines = headers.get_all(FORWARDED).iter().rev();
    let hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    let hops = hops.map_while(|hop| hop.trim().parse::<IpAddr>().ok());
    hops.into_iter().find(|hop| !is_trusted(hop)).unwrap_or(peer)
}

type Held = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Connections by client.
#[derive(Clone)]
pub(crate) struct Places {
    limit: usize,
    trusted: Arc<[IpAddr]>,
    held: Held,
}

impl Places {
    pub(crate) fn new(limit: usize, trusted: &[IpAddr]) -> Self {
        Self { limit, trusted: trusted.iter().map(IpAddr::to_canonical).collect(), held: Arc::default() }
    }

    /// A place for one connection; `None` if the client holds as many as it may. A trusted proxy may hold any number.
    pub(crate) fn take(&self, address: IpAddr) -> Option<Place> {
        let client = client(address);
        if !self.trusted.contains(&address.to_canonical()) {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let count = held.entry(client).or_default();
            if *count >= self.limit {
                return None;
            }
            *count += 1;
            return Some(Place(Some((client, Arc::clone(&self.held)))));
        }
        Some(Place(None))
    }
}

/// Dropped, the place is free.
pub(crate) struct Place(Option<(IpAddr, Held)>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((client, held)) = &self.0 {
            let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = held.get_mut(client) {
                *count -= 1;
                if *count == 0 {
                    held.remove(client);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_client_is_an_ipv4_address_or_an_ipv6_network() {
        assert_eq!(client(ip("192.0.2.7")), ip("192.0.2.7"));
        assert_eq!(client(ip("::ffff:192.0.2.7")), ip("192.0.2.7"));
        assert_eq!(client(ip("2001:db8:1:2:3:4:5:6")), client(ip("2001:db8:1:2:ffff::1")));
        assert_ne!(client(ip("2001:db8:1:2::1")), client(ip("2001:db8:1:3::1")));
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_own_word() {
        let said = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED, line.parse().unwrap());
            }
            headers
        };
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")];
        let from = |peer, lines: &[&str]| origin(ip(peer), &said(lines), &trusted);
        assert_eq!(from("192.0.2.7", &["198.51.100.1"]), ip("192.0.2.7"), "anybody may write that header");
        assert_eq!(from("10.0.0.1", &["203.0.113.9, 198.51.100.1"]), ip("198.51.100.1"), "the last hop");
        assert_eq!(from("10.0.0.1", &["203.0.113.9", "198.51.100.1"]), ip("198.51.100.1"), "the last line");
        assert_eq!(from("10.0.0.1", &["198.51.100.1, 10.0.0.2"]), ip("198.51.100.1"), "two proxies");
        assert_eq!(from("::ffff:10.0.0.1", &["198.51.100.1"]), ip("198.51.100.1"));
        for lines in [&[][..], &["nonsense"], &["198.51.100.1, nonsense"]] {
            assert_eq!(from("10.0.0.1", lines), ip("10.0.0.1"), "{lines:?}");
        }
    }

    #[test]
    fn places_are_counted_by_client_and_given_back() {
        let places = Places::new(2, &[ip("10.0.0.1")]);
        let _first = places.take(ip("2001:db8::1")).unwrap();
        let second = places.take(ip("2001:db8::2")).unwrap();
        assert!(places.take(ip("2001:db8::3")).is_none());
        assert!(places.take(ip("192.0.2.7")).is_some());
        drop(second);
        assert!(places.take(ip("2001:db8::3")).is_some());
        let proxied: Vec<_> = (0..10).map_while(|_| places.take(ip("10.0.0.1"))).collect();
        assert_eq!(proxied.len(), 10);
    }
}
