//! A name as an argument of a command that can be pasted: quoted where a POSIX shell would take it apart.

use super::plain;

/// The name as the last arguments of a command; one that begins with a dash comes after `--`, or it would be an option.
pub(crate) fn argument(name: &str) -> String {
    if name.starts_with('-') { format!("-- {}", quoted(name)) } else { quoted(name) }
}

/// The text as one word for a shell.
pub(crate) fn quoted(text: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || "-_./:@%+,".contains(c);
    let text = plain(text);
    if !text.is_empty() && text.chars().all(bare) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay_as_they_are_and_the_others_are_one_argument() {
        for (name, expected) in [
            ("openai/work", "openai/work"),
            ("Büro", "Büro"),
            ("work (2)", "'work (2)'"),
            ("it's", r"'it'\''s'"),
            ("$(reboot)", "'$(reboot)'"),
            ("~", "'~'"),
            ("", "''"),
            ("-name", "-- -name"),
            ("-a b", "-- '-a b'"),
        ] {
            assert_eq!(argument(name), expected);
        }
    }

    /// The shell itself says what it makes of it.
    #[cfg(unix)]
    #[test]
    fn a_shell_gives_back_what_was_quoted() {
        for name in ["work (2)", "it's", "$HOME `x` \"y\" \\", "a  b", "*", "#1", "!", "a;b|c&d<e>"] {
            let script = format!("printf %s {}", quoted(name));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), name);
        }
    }
}
