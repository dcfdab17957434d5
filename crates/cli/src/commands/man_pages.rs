//! `keymoor man-pages`: the manual as files, for whoever makes a package.

use std::{fs, path::PathBuf};

use clap::CommandFactory as _;
use clap_mangen::{
    Man,
    roff::{Roff, bold, italic, roman},
};

use crate::words::{Failure, manual};

const SOURCE: &str = concat!("Keymoor ", env!("CARGO_PKG_VERSION"));

/// Write the manual: a page for every command.
#[derive(clap::Args)]
#[command(after_help = "\
Example:
  keymoor man-pages ~/.local/share/man/man1      then: man keymoor-add")]
pub(crate) struct Args {
    /// A folder that is there.
    folder: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    for (name, page) in pages().map_err(Failure::Output)? {
        fs::write(args.folder.join(name), page).map_err(Failure::Output)?;
    }
    Ok(())
}

/// Every page with the name of its file.
fn pages() -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut whole = super::Cli::command().disable_help_subcommand(true);
    whole.build();
    let mut pages = vec![("keymoor.1".to_owned(), page(&whole, true)?)];
    below(&whole, &mut pages)?;
    Ok(pages)
}

fn below(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        let name = inner.get_display_name().unwrap_or_else(|| inner.get_name());
        pages.push((format!("{name}.1"), page(inner, false)?));
        below(inner, pages)?;
    }
    Ok(())
}

fn page(command: &clap::Command, is_first: bool) -> std::io::Result<Vec<u8>> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let man = Man::new(command.clone());
    // Its own title leaves an empty date out, and then all that follows stands one place too early.
    let mut page =
        format!(".TH \"{}\" \"1\" \"\" \"{SOURCE}\" \"Keymoor\"\n", name.to_uppercase()).into_bytes();
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().any(|inner| !inner.is_hide_set()) {
        man.render_subcommands_section(&mut page)?;
    }
    let mut rest = Roff::new();
    examples(&mut rest, command);
    if is_first {
        exit_codes(&mut rest);
        list(&mut rest, "ENVIRONMENT", manual::ENVIRONMENT);
        list(&mut rest, "FILES", manual::FILES);
    }
    let related: &[&str] = if is_first { manual::SEE_ALSO } else { &["keymoor"] };
    see_also(&mut rest, related);
    rest.to_writer(&mut page)?;
    Ok(page)
}

/// The examples of the help, line by line as they stand there. What else stands in the help of the first command has
/// sections of its own here.
fn examples(page: &mut Roff, command: &clap::Command) {
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for paragraph in help.split("\n\n") {
        if let Some(lines) = paragraph.strip_prefix("Example:\n") {
            page.control("SH", ["EXAMPLES"]).control("nf", []);
            for line in lines.lines() {
                page.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
            }
            page.control("fi", []);
        } else if !paragraph.starts_with("Exit codes:") {
            page.control("PP", []);
            for line in paragraph.lines() {
                page.text([roman(line)]);
            }
        }
    }
}

fn exit_codes(page: &mut Roff) {
    page.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in manual::EXIT_CODES {
        page.control("TP", ["4"]).text([bold(code.to_string())]).text([roman(*meaning)]);
    }
    page.control("PP", []).text([roman(manual::OTHER_EXIT_CODES)]);
}

fn list(page: &mut Roff, heading: &str, entries: &[(&str, &str)]) {
    page.control("SH", [heading]);
    for (name, meaning) in entries {
        page.control("TP", []).text([italic(*name)]).text([roman(*meaning)]);
    }
}

fn see_also(page: &mut Roff, related: &[&str]) {
    page.control("SH", ["SEE ALSO"]);
    let mut line = Vec::new();
    for (index, name) in related.iter().enumerate() {
        line.extend([roman(if index == 0 { "" } else { ", " }), bold(*name), roman("(1)")]);
    }
    page.text(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(wanted: &str) -> String {
        let pages = pages().unwrap();
        let (_, page) = pages.iter().find(|(name, _)| name == wanted).unwrap();
        // As one reads it: the hyphens and apostrophes of the language of man pages undone.
        String::from_utf8_lossy(page).replace("\\-", "-").replace("\\*(Aq", "'")
    }

    #[test]
    fn every_command_has_a_page_and_nothing_hidden_has_one() {
        let names: Vec<_> = pages().unwrap().into_iter().map(|(name, _)| name).collect();
        for wanted in ["keymoor.1", "keymoor-add.1", "keymoor-account-create.1", "keymoor-completions.1"] {
            assert!(names.iter().any(|name| name == wanted), "{wanted}: {names:?}");
        }
        assert!(!names.iter().any(|name| name.contains("hold") || name.contains("man-pages")), "{names:?}");
        assert!(!text_of("keymoor.1").contains("hold-clipboard"));
    }

    #[test]
    fn the_first_page_has_every_exit_code_of_the_help_and_every_variable() {
        let page = text_of("keymoor.1");
        let help = super::super::Cli::command().render_help().to_string();
        let codes = help.split("Exit codes: ").nth(1).unwrap();
        let said: Vec<u8> = codes.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        assert_eq!(said, manual::EXIT_CODES.iter().map(|(code, _)| *code).collect::<Vec<_>>());
        for section in ["EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"] {
            assert!(page.contains(section), "{section}: {page}");
        }
        for (name, _) in manual::ENVIRONMENT {
            assert!(page.contains(name), "{name}");
        }
    }

    #[test]
    fn the_title_has_all_five_parts() {
        let title = text_of("keymoor-add.1").lines().next().unwrap().to_owned();
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(title, format!(r#".TH "KEYMOOR-ADD" "1" "" "Keymoor {version}" "Keymoor""#));
    }

    /// Two lines run together where the page does not say that they are to stand as they are.
    #[test]
    fn examples_keep_their_lines() {
        let page = text_of("keymoor-grant-add.1");
        let lines = "\n.nf\nkeymoor grant add n8n > n8n.token\nkeymoor grant add dashboard --scope read\n";
        assert!(page.contains(lines), "{page}");
    }
}
