//! Keys of several lines in the middle of a text: PEM, and JSON between its braces.

use std::collections::VecDeque;

use keymoor_protocol::limits::BYTES_A_CREDENTIAL;
use zeroize::Zeroizing;

/// Braces that are open at once. Of more, the inner ones count.
const OPEN: usize = 1024;

/// Gives every block and the line in which it begins, until `visit` says that it is enough: as it stands, and as it may be
/// kept, with other line ends and none around it.
pub(super) fn each(text: &str, mut visit: impl FnMut(&str, usize) -> bool) {
    let mut pem = |block: &str, line| forms(block, str::trim, line, &mut visit);
    if !pems(text, &mut pem) {
        return;
    }
    let mut json = |block: &str, line| forms(block, |line| line.trim_end_matches('\r'), line, &mut visit);
    // A quote in a log may be of a string or not: both are tried.
    let _ = braces(text, true, &mut json) && braces(text, false, &mut json);
}

/// From each `-----BEGIN` to its `-----END …-----`, and those together between which nothing stands.
fn pems(text: &str, visit: &mut impl FnMut(&str, usize) -> bool) -> bool {
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut begin = None;
    // Where the blocks begin that follow each other, where the last of them ends, and how many they are.
    let mut run: Option<(usize, usize, usize)> = None;
    let mut together =
        |run: Option<(usize, usize, usize)>, visit: &mut dyn FnMut(&str, usize) -> bool| match run {
            Some((start, end, 2..)) => visit(&text[start..end], lines.of(start)),
            _ => true,
        };
    let mut singles = Lines { text, at: 0, line: 1 };
    for (at, dashes) in text.match_indices("-----") {
        let rest = &text[at + dashes.len()..];
        if rest.starts_with("BEGIN ") {
            begin = Some(at);
        } else if rest.starts_with("END ")
            && let Some(start) = begin.take()
            && let Some(label) = rest.find(dashes)
        {
            let end = at + dashes.len() + label + dashes.len();
            if !visit(&text[start..end], singles.of(start)) {
                return false;
            }
            run = match run {
                Some((first, last, many)) if text[last..start].trim().is_empty() => {
                    Some((first, end, many + 1))
                }
                other => match together(other, visit) {
                    true => Some((start, end, 1)),
                    false => return false,
                },
            };
        }
    }
    together(run, visit)
}

/// From each `{` to the `}` that closes it. `strings`: what stands between quotes in one line does not count.
fn braces(text: &str, strings: bool, visit: &mut impl FnMut(&str, usize) -> bool) -> bool {
    let mut open = VecDeque::new();
    let (mut line, mut quoted, mut escaped) = (1, false, false);
    for (at, byte) in text.bytes().enumerate() {
        let is_escaped = std::mem::take(&mut escaped);
        match byte {
            b'\n' => (line, quoted) = (line + 1, false),
            b'\\' => escaped = !is_escaped,
            b'"' if strings && !is_escaped => quoted = !quoted,
            b'{' if !quoted => {
                if open.len() == OPEN {
                    open.pop_front();
                }
                open.push_back((at, line));
            }
            b'}' if !quoted => {
                if let Some((start, first)) = open.pop_back()
                    && !visit(&text[start..=at], first)
                {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}

/// As it stands; with plain line ends, whatever `plain` takes away from each line; and each with a last line end.
fn forms(
    block: &str,
    plain: fn(&str) -> &str,
    line: usize,
    visit: &mut impl FnMut(&str, usize) -> bool,
) -> bool {
    if block.len() >= BYTES_A_CREDENTIAL {
        return true;
    }
    // What is in one line has a plain end, or has its line ends written out.
    let written_out = block.starts_with('-') && block.contains("\\n");
    if !block.contains('\n') && !written_out {
        return visit(block, line);
    }
    // With room for one more, so that it does not grow.
    let mut same = Zeroizing::new(String::with_capacity(block.len() + 1));
    let mut other = Zeroizing::new(String::with_capacity(block.len() + 1));
    for part in block.split('\n').flat_map(|part| part.split(if written_out { "\\n" } else { "\n" })) {
        let part = if written_out { part.trim_end_matches("\\r") } else { part };
        other.push_str(plain(part));
        other.push('\n');
    }
    same.push_str(block);
    same.push('\n');
    let differs = *other != *same;
    let ended = |text: &Zeroizing<String>| text.len() - 1;
    visit(&same[..ended(&same)], line)
        && visit(&same, line)
        && (!differs || visit(&other[..ended(&other)], line) && visit(&other, line))
}

/// Counts lines up to places that come one after the other.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, at: usize) -> usize {
        self.line += self.text[self.at..at].bytes().filter(|byte| *byte == b'\n').count();
        self.at = at;
        self.line
    }
}
