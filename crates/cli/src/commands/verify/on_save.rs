//! After a save: the provider is asked whether it accepts the key, where somebody watches. The save is told before, and what
//! comes of this changes nothing about it.

use std::io::{self, IsTerminal as _};

use keymoor_providers::{provider, verify::Options};
use keymoor_vault::{RecordId, VerifyOptions};

use super::Testing;
use crate::{
    output::{self, plain},
    progress::ProgressLine,
    session::Session,
    words::{self, Failure},
};

/// Whether to ask.
#[derive(clap::Args)]
pub(crate) struct OnSave {
    /// Ask the provider afterwards whether it accepts the key, also where nobody watches. On a terminal it is asked in any
    /// case, unless keymoor verify --on-save off was said.
    #[arg(long, conflicts_with = "no_verify")]
    verify: bool,
    /// Do not ask the provider.
    #[arg(long)]
    no_verify: bool,
    #[command(flatten)]
    testing: Testing,
}

impl OnSave {
    /// How providers are reached; looked at before anything is saved.
    ///
    /// # Errors
    /// Wrong usage.
    pub(crate) fn options(&self) -> Result<Options, Failure> {
        self.testing.options()
    }

    /// Asks about what was just saved, and says what came of it. Ctrl-C ends it at no cost.
    pub(crate) fn ask(&self, session: &mut Session, id: RecordId, ask: Options) {
        if let Err(failure) = self.try_to_ask(session, id, ask) {
            // The save went through, and so does the command.
            words::explain(&failure);
        }
    }

    fn try_to_ask(&self, session: &mut Session, id: RecordId, ask: Options) -> Result<(), Failure> {
        let unasked = !self.verify;
        if unasked && (self.no_verify || !io::stderr().is_terminal() || !session.vault.habits()?.on_save) {
            return Ok(());
        }
        if unasked && !session.vault.can_be_verified(id)? {
            return Ok(());
        }
        let listing = session.vault.show(id)?.listing;
        let mut line = ProgressLine::new();
        line.show_asking(provider(&listing.provider).map_or(&listing.provider, |known| &known.name));
        let options = VerifyOptions { ask, ..VerifyOptions::default() };
        let asked = session.vault.verify(&[id], &options, |_, _, _| {})?;
        line.clear();
        for asked in asked {
            let report = &asked.report;
            let verdict =
                words::verification::verdict(report.verdict, Some(&report.reason), report.say.as_deref());
            let whose = report.identity.as_deref().map(|whose| format!(", {}", plain(whose)));
            output::say(format!("{}: {verdict}{}.", plain(&asked.title), whose.unwrap_or_default()));
        }
        Ok(())
    }
}
