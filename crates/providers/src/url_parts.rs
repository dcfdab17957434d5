//! The parts of a connection address, `scheme://user:password@host:port/database?name=value`, for programs that look for each
//! in a variable of its own. As PostgreSQL's libpq takes it apart: several hosts have commas between them, and what is said
//! behind the `?` counts more.

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::catalogue::{Field, UrlPart};

/// The variables of a field's `env_parts`, each with what it is in `value`. `None`: the address does not say it.
pub fn url_parts<'f>(field: &'f Field, value: &SecretString) -> Vec<(&'f str, Option<SecretString>)> {
    // Exposed to be taken apart; every part is a secret again.
    let address = Address::of(value.expose_secret());
    let part = |part| address.as_ref().and_then(|address| address.part(part)).and_then(|text| decoded(&text));
    field.env_parts.iter().map(|(variable, named)| (variable.as_str(), part(named))).collect()
}

/// An address, taken apart and not decoded.
struct Address<'u> {
    user: &'u str,
    password: &'u str,
    /// Each with its port, which may be empty.
    hosts: Vec<(&'u str, &'u str)>,
    database: &'u str,
    query: &'u str,
}

impl<'u> Address<'u> {
    fn of(url: &'u str) -> Option<Self> {
        let (_, rest) = url.split_once("://")?;
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = address.split_once('/').unwrap_or((address, ""));
        let (login, hosts) = authority.split_once('@').unwrap_or(("", authority));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let host = |text: &'u str| match text.strip_prefix('[').and_then(|text| text.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':').unwrap_or("")),
            None => text.split_once(':').unwrap_or((text, "")),
        };
        Some(Self { user, password, hosts: hosts.split(',').map(host).collect(), database, query })
    }

    /// `None`: it is empty.
    fn part(&self, part: &UrlPart) -> Option<Zeroizing<String>> {
        let (name, said) = match part {
            UrlPart::Host => ("host", self.listed(|(host, _)| host)),
            UrlPart::Port => ("port", self.listed(|(_, port)| port)),
            UrlPart::User => ("user", self.user.to_owned()),
            UrlPart::Password => ("password", self.password.to_owned()),
            UrlPart::Database => ("dbname", self.database.to_owned()),
            UrlPart::Parameter(name) => (name.as_str(), String::new()),
        };
        let said = Zeroizing::new(said);
        let mut parameters = self.query.split('&').rev().filter_map(|one| one.split_once('='));
        let parameter = parameters.find(|(known, _)| *known == name).map(|(_, value)| value);
        let text = parameter.map_or(said, |value| Zeroizing::new(value.to_owned()));
        Some(text).filter(|text| !text.is_empty())
    }

    /// One for all hosts, or as many as there are hosts; none if each is empty.
    fn listed(&self, of: impl Fn((&'u str, &'u str)) -> &'u str) -> String {
        let all: Vec<&str> = self.hosts.iter().copied().map(of).collect();
        if all.iter().all(|one| one.is_empty()) { String::new() } else { all.join(",") }
    }
}

/// `None`: it is no text.
fn decoded(text: &str) -> Option<SecretString> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len())); // decoded it is no longer
    bytes.extend(percent_decode_str(text));
    std::str::from_utf8(&bytes).ok().map(SecretString::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is lent, as `NAME=value`; what the address does not say, as `NAME`.
    fn lent(url: &str) -> Vec<String> {
        let field = crate::provider("postgres").unwrap().field("url").unwrap();
        let parts = url_parts(field, &url.into());
        let shown = parts.iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={}", value.expose_secret()),
            None => (*name).to_owned(),
        });
        let mut shown: Vec<String> = shown.collect();
        shown.retain(|one| one.contains('='));
        shown
    }

    #[test]
    fn an_address_is_lent_in_its_parts_as_they_are_meant() {
        for (url, expected) in [
            (
                "postgresql://app:p%40ss%2Fword@db.example.com:5433/shop?sslmode=verify-full&schema=public",
                &[
                    "PGDATABASE=shop",
                    "PGHOST=db.example.com",
                    "PGPASSWORD=p@ss/word",
                    "PGPORT=5433",
                    "PGSSLMODE=verify-full",
                    "PGUSER=app",
                ][..],
            ),
            ("postgres://db.example.com", &["PGHOST=db.example.com"]),
            ("postgres://app@[2001:db8::1]:5432/", &["PGHOST=2001:db8::1", "PGPORT=5432", "PGUSER=app"]),
            (
                "postgres://app:x@one:1,two/a",
                &["PGDATABASE=a", "PGHOST=one,two", "PGPASSWORD=x", "PGPORT=1,", "PGUSER=app"],
            ),
            (
                "postgres://app@/a?host=/run/postgresql&port=6000&user=other&sslrootcert=/etc/my%20ca.pem",
                &[
                    "PGDATABASE=a",
                    "PGHOST=/run/postgresql",
                    "PGPORT=6000",
                    "PGSSLROOTCERT=/etc/my ca.pem",
                    "PGUSER=other",
                ],
            ),
            ("postgres://app:%ff@h/a", &["PGDATABASE=a", "PGHOST=h", "PGUSER=app"]),
            ("nothing", &[]),
        ] {
            assert_eq!(lent(url), expected, "{url}");
        }
    }
}
