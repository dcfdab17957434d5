//! A page of `name: value` lines, with a check over them: written, and read however it was typed.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::KitError;
use crate::homes::entries::Server;
use crate::show::hex;

/// The page as text, with the check over its lines.
pub(super) fn page(headline: &str, purpose: &str, lines: &[(&str, &str)]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2048));
    text.push_str(headline);
    text.push_str("\n\n");
    text.push_str(purpose);
    text.push_str("\n\n");
    for (name, value) in lines {
        text.push_str(&format!("{name}: "));
        text.push_str(value);
        text.push('\n');
    }
    let check = check(lines.iter().map(|(name, value)| (*name, *value)));
    text.push_str(&format!("check: {check}\n"));
    text
}

fn check<'a>(lines: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut hash = Sha256::new();
    for (name, value) in lines {
        hash.update(name);
        hash.update(b": ");
        hash.update(value);
        hash.update(b"\n");
    }
    hex(&hash.finalize()[..4])
}

/// The lines of a page, squeezed.
pub(super) struct Lines(Vec<(String, Zeroizing<String>)>);

const NAMES: [&str; 8] =
    ["server", "certificate", "account", "epoch", "known", "secret key", "words", "check"];

impl Lines {
    /// The lines of a page. Its headline may have been left out; that of the other kit says that it is the other one.
    pub(super) fn read(headline: &str, other: &str, text: &str) -> Result<Self, KitError> {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let begins = |headline: &str| {
            text.get(..headline.len()).is_some_and(|start| start.eq_ignore_ascii_case(headline))
        };
        if begins(other) {
            return Err(KitError::NotAKit);
        }
        let rest = if begins(headline) { &text[headline.len()..] } else { text };
        let mut lines: Vec<(String, Zeroizing<String>)> = Vec::new();
        for line in rest.lines() {
            let named = line.split_once(':').map(|(name, value)| (name.trim().to_lowercase(), value));
            match named.filter(|(name, _)| NAMES.contains(&name.as_str())) {
                Some((name, value)) => lines.push((name, squeeze(value))),
                // A wrapped line goes on with the one before; a blank one ends it.
                None if line.trim().is_empty() => {}
                None => {
                    if let Some((_, value)) = lines.last_mut() {
                        let more = squeeze(line);
                        value.push(' ');
                        value.push_str(&more);
                    }
                }
            }
        }
        if lines.is_empty() { Err(KitError::NotAKit) } else { Ok(Self(lines)) }
    }

    /// The value of a line.
    pub(super) fn get(&self, name: &'static str) -> Result<&str, KitError> {
        let line = self.0.iter().find(|(found, _)| found == name);
        line.map(|(_, value)| value.as_str()).ok_or(KitError::Line(name))
    }

    /// The server, if the page has one.
    pub(super) fn server(&self) -> Result<Option<Server>, KitError> {
        let Ok(line) = self.get("server") else { return Ok(None) };
        let mut parts = line.split(' ');
        let url = parts.next().filter(|url| !url.is_empty()).ok_or(KitError::Line("server"))?;
        Ok(Some(Server { url: url.to_owned(), pin: self.pin()? }))
    }

    fn pin(&self) -> Result<Option<[u8; 32]>, KitError> {
        let Ok(line) = self.get("certificate") else { return Ok(None) };
        let digits = line.get(..7).filter(|kind| kind.eq_ignore_ascii_case("sha256:")).map(|_| &line[7..]);
        let digits = digits.filter(|digits| digits.len() == 64 && digits.is_ascii());
        let digits = digits.ok_or(KitError::Line("certificate"))?;
        let mut pin = [0; 32];
        for (byte, pair) in pin.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| KitError::Line("certificate"))?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| KitError::Line("certificate"))?;
        }
        Ok(Some(pin))
    }

    /// Compares the check with that of the page as it would be printed: what means the same, such as capital letters in the
    /// words, is no mistake.
    pub(super) fn check(&self, printed: &str) -> Result<(), KitError> {
        let found = printed.trim_end().rsplit(' ').next().unwrap_or_default();
        if self.get("check")?.eq_ignore_ascii_case(found) { Ok(()) } else { Err(KitError::Check) }
    }
}

fn squeeze(text: &str) -> Zeroizing<String> {
    let mut squeezed = Zeroizing::new(String::with_capacity(text.len()));
    for word in text.split_whitespace() {
        if !squeezed.is_empty() {
            squeezed.push(' ');
        }
        squeezed.push_str(word);
    }
    squeezed
}
