//! Where a request goes: a URL of the catalogue with its fields filled in.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::{
    fill::{Piece, Source, pieces},
    host,
    report::Reason,
};
use crate::{catalogue::Field, pattern};

/// What a path may have in it beside letters and digits (RFC 3986, `pchar`).
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// What stays as it is in a parameter of a query or form (RFC 3986, `unreserved`).
pub(super) const PARAMETER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An address reached over TLS. The rest of it may hold the key.
pub(super) struct Target {
    /// Host, and a port if it is not the usual.
    pub(super) authority: String,
    /// Begins with a slash.
    pub(super) path_and_query: Zeroizing<String>,
}

impl Target {
    /// Fills a URL in. Hosts from fields are held against their pins, so that what comes back may be asked.
    pub(super) fn of(url: &str, source: &Source<'_>) -> Result<Self, Reason> {
        let pieces = pieces(url);
        match pieces.split_first() {
            Some((&Piece::Field { name, default }, rest)) => own_address(name, default, rest, source),
            Some((Piece::Text(text), _)) if text.starts_with("https://") => below_the_provider(url, source),
            _ => Err(Reason::NoCheck),
        }
    }

    /// Adds a parameter to the query.
    pub(super) fn ask(&mut self, name: &str, value: &str) {
        let separator = if self.path_and_query.contains('?') { '&' } else { '?' };
        self.path_and_query.push(separator);
        parameter(&mut self.path_and_query, name, value);
    }
}

/// `name=value`, encoded.
pub(super) fn parameter(text: &mut Zeroizing<String>, name: &str, value: &str) {
    text.extend(utf8_percent_encode(name, PARAMETER));
    text.push('=');
    text.extend(utf8_percent_encode(value, PARAMETER));
}

/// A whole address from a field, with what the catalogue adds to its path.
fn own_address(
    name: &str,
    default: Option<&str>,
    added: &[Piece<'_>],
    source: &Source<'_>,
) -> Result<Target, Reason> {
    let field = source.field(name).ok_or_else(|| Reason::BadField(name.to_owned()))?;
    let Some(value) = source.value(name, default)? else {
        // Where a user need not say whom to ask, there is nobody to be asked.
        return Err(if field.required { Reason::MissingField(name.to_owned()) } else { Reason::NoCheck });
    };
    let entered = host::read(value).ok_or_else(|| Reason::BadField(name.to_owned()))?;
    let authority = pinned(field, &entered)?;
    let continues = matches!(added.first(), Some(Piece::Text(text)) if text.starts_with('/'));
    let base = if continues { entered.rest.trim_end_matches('/') } else { entered.rest };
    // Something is to be added to the path; behind a query it would not be part of it.
    if !added.is_empty() && base.contains('?') {
        return Err(Reason::BadField(name.to_owned()));
    }
    let mut path_and_query = Zeroizing::new(String::with_capacity(512));
    if !base.starts_with('/') && !continues {
        path_and_query.push('/');
    }
    path_and_query.push_str(base);
    append(&mut path_and_query, added, source)?;
    Ok(Target { authority, path_and_query })
}

/// An address of the provider; parts of its host may come from fields.
fn below_the_provider(url: &str, source: &Source<'_>) -> Result<Target, Reason> {
    let url = &url["https://".len()..];
    let end = end_of_authority(url);
    let mut path_and_query = Zeroizing::new(String::with_capacity(512));
    if !url[end..].starts_with('/') {
        path_and_query.push('/');
    }
    append(&mut path_and_query, &pieces(&url[end..]), source)?;
    Ok(Target { authority: authority(&url[..end], source)?, path_and_query })
}

/// The first slash or question mark outside of braces.
fn end_of_authority(url: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in url.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '/' | '?' if depth == 0 => return at,
            _ => {}
        }
    }
    url.len()
}

fn authority(text: &str, source: &Source<'_>) -> Result<String, Reason> {
    let mut authority = String::new();
    let pieces = pieces(text);
    for (at, piece) in pieces.iter().enumerate() {
        let (name, default) = match *piece {
            Piece::Text(text) => {
                authority.push_str(text);
                continue;
            }
            Piece::Field { name, default } => (name, default),
        };
        let Some(entered) = source.entered(name)? else {
            // What the catalogue itself says needs no pin.
            let value = source.value(name, default)?.ok_or_else(|| Reason::MissingField(name.to_owned()))?;
            authority.push_str(value);
            continue;
        };
        match source.field(name) {
            Some(field) if !field.hosts.is_empty() => {
                let bad = || Reason::BadField(name.to_owned());
                let mut entered = host::read(entered).ok_or_else(bad)?;
                if pieces.len() > 1 {
                    entered.host.port = None;
                }
                authority.push_str(&pinned(field, &entered)?);
            }
            _ => {
                // Labels in front of the provider's own domain, which has to follow.
                let followed = matches!(pieces.get(at + 1), Some(Piece::Text(text)) if text.starts_with('.'));
                let field = source.field(name);
                let fits = field
                    .and_then(|field| field.pattern.as_deref())
                    .is_none_or(|pattern| pattern::whole(pattern, entered));
                if !followed || !fits || !entered.split('.').all(host::is_label) {
                    return Err(Reason::BadField(name.to_owned()));
                }
                authority.push_str(&entered.to_ascii_lowercase());
            }
        }
    }
    Ok(authority)
}

/// The authority of an entered host that is one of its field's. A port counts only for a user's own server.
fn pinned(field: &Field, entered: &host::Entered<'_>) -> Result<String, Reason> {
    let name = &entered.host.name;
    if !host::is_pinned(name, &field.hosts) {
        return Err(Reason::HostRefused(field.key.clone()));
    }
    let own = field.hosts.iter().any(|host| host == "*");
    // Where a bare host is wanted, its scheme is dropped; on his own server `http` is what the user means.
    if entered.plain && own {
        return Err(Reason::NotEncrypted(field.key.clone()));
    }
    Ok(match entered.host.port {
        Some(port) if own && port != 443 => format!("{name}:{port}"),
        _ => name.clone(),
    })
}

/// Adds pieces to a path and query, the fields' values encoded.
fn append(text: &mut Zeroizing<String>, pieces: &[Piece<'_>], source: &Source<'_>) -> Result<(), Reason> {
    for piece in pieces {
        match *piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Field { name, default } => {
                let value =
                    source.value(name, default)?.ok_or_else(|| Reason::MissingField(name.to_owned()))?;
                // These would name another place than the one meant.
                if value == "." || value == ".." {
                    return Err(Reason::BadField(name.to_owned()));
                }
                let kept = if text.contains('?') { PARAMETER } else { PATH };
                text.extend(utf8_percent_encode(value, kept));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue::Provider, verify::Fields};

    fn provider() -> Provider {
        serde_json::from_value(serde_json::json!({
            "name": "P", "category": "x",
            "field": [
                { "key": "token", "label": "", "secret": true },
                { "key": "account", "label": "" },
                { "key": "site", "label": "", "kind": "host", "hosts": ["p.example", "*.p.example"] },
                { "key": "own", "label": "", "kind": "host", "hosts": ["*"] },
                { "key": "url", "label": "", "kind": "url", "hosts": ["hooks.p.example"] },
            ],
        }))
        .unwrap()
    }

    fn filled(url: &str, fields: Fields) -> Result<String, Reason> {
        let source = Source { provider: &provider(), fields: &fields };
        Target::of(url, &source)
            .map(|target| format!("{}{}", target.authority, target.path_and_query.as_str()))
    }

    #[test]
    fn values_stay_in_their_place() {
        let url = "https://p.example/bot{token}/me?who={token}";
        let filled = |token: &str| filled(url, Fields::new().with("token", token));
        assert_eq!(filled("1:a-b").as_deref(), Ok("p.example/bot1:a-b/me?who=1%3Aa-b"));
        let trap = "../x?y#z/%2e\u{e9} &";
        assert_eq!(
            filled(trap).as_deref(),
            Ok("p.example/bot..%2Fx%3Fy%23z%2F%252e%C3%A9%20&/me?who=..%2Fx%3Fy%23z%2F%252e%C3%A9%20%26")
        );
        assert_eq!(filled("a\r\nb"), Err(Reason::BadField("token".into())));
        assert_eq!(filled(""), Err(Reason::MissingField("token".into())));
        assert_eq!(filled(".."), Err(Reason::BadField("token".into())));
    }

    #[test]
    fn a_host_that_is_not_the_providers_gets_nothing() {
        let site = |site: &str| filled("https://api.{site:p.example}/v1", Fields::new().with("site", site));
        assert_eq!(site("").as_deref(), Ok("api.p.example/v1"));
        assert_eq!(site("EU.p.example").as_deref(), Ok("api.eu.p.example/v1"));
        // A scheme, path or port is what people paste with it.
        assert_eq!(site("http://eu.p.example:8080/x").as_deref(), Ok("api.eu.p.example/v1"));
        for trap in ["evil.example", "p.example.evil.example", "evilp.example"] {
            assert_eq!(site(trap), Err(Reason::HostRefused("site".into())), "{trap}");
        }
        assert_eq!(site("p.example@evil.example"), Err(Reason::BadField("site".into())));
    }

    #[test]
    fn labels_before_the_providers_domain_cannot_leave_it() {
        let url = "https://{account}.p.example/v1";
        let account = |account: &str| filled(url, Fields::new().with("account", account));
        assert_eq!(account("org-1.eu").as_deref(), Ok("org-1.eu.p.example/v1"));
        for trap in
            ["evil.example/", "evil.example?", "evil.example#", "a@b", "a:1", "a b", ".", "a..b", "a\\b"]
        {
            assert_eq!(account(trap), Err(Reason::BadField("account".into())), "{trap}");
        }
        // At the end of a host a value would name any host: such a file of the catalogue is not followed.
        let end = filled("https://api.{account}/", Fields::new().with("account", "p.example"));
        assert_eq!(end, Err(Reason::BadField("account".into())));
    }

    #[test]
    fn ones_own_server_may_have_a_port_and_a_path_but_no_plain_http() {
        let own = |own: &str| filled("https://{own:p.example}/api", Fields::new().with("own", own));
        assert_eq!(own("git.home.example:8443/x").as_deref(), Ok("git.home.example:8443/api"));
        assert_eq!(own("http://git.home.example"), Err(Reason::NotEncrypted("own".into())));
        let base = |own: &str| filled("{own}/api", Fields::new().with("own", own));
        assert_eq!(base("https://git.home.example/sub/").as_deref(), Ok("git.home.example/sub/api"));
        assert_eq!(base("git.home.example").as_deref(), Ok("git.home.example/api"));
        assert_eq!(base("git.home.example/?x=1"), Err(Reason::BadField("own".into())));
    }

    #[test]
    fn an_address_that_is_the_secret_is_sent_as_it_is_to_its_provider_only() {
        let url = |url: &str| filled("{url}", Fields::new().with("url", url));
        let hook = "https://hooks.p.example/services/T0/B0/xyz";
        assert_eq!(url(hook).as_deref(), Ok("hooks.p.example/services/T0/B0/xyz"));
        assert_eq!(url("https://hooks.p.example.evil.example/x"), Err(Reason::HostRefused("url".into())));
        assert_eq!(url("https://evil.example/x?hooks.p.example"), Err(Reason::HostRefused("url".into())));
    }
}
