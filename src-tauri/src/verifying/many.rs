//! Asking about many at once, at the person's wish. What is heard is put down as it comes, so that the window shows it and
//! little is lost with a kill.

use std::collections::BTreeMap;

use keymoor_providers::Verdict;
use keymoor_vault::{Asked, Cause, Error, Questions, RecordId};
use serde::Serialize;
use tauri::async_runtime::{Receiver, channel, spawn, spawn_blocking};

use super::{Turn, VerifyOptions, options};
use crate::commands::names::{EVENT_CHANGED, EVENT_VERIFIED};
use crate::desk::{Answer, Desk};
use crate::failure::Failure;

/// How many answers may wait to be put down.
const WAITING: usize = 256;

/// How far it is.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct VerifiedSoFar {
    done: u64,
    total: u64,
}

/// What came of one: a verdict, or the code of why it could not be asked about.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct Outcome {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "string", optional))]
    verdict: Option<Verdict>,
    /// Why, where it was not the provider that said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl Desk {
    /// Asks about all of these, and tells how far it is. Never what costs or changes something: that is for one by name.
    ///
    /// # Errors
    /// Only if nothing could be asked, or what was heard could not be put down; a credential that cannot be asked about is
    /// among the outcomes.
    pub(crate) async fn verify_many(&self, ids: Vec<RecordId>) -> Answer<Vec<Outcome>> {
        let (questions, refused) = self.ask(move |vault| Ok(vault.questions_where_possible(&ids))).await?;
        let mut outcomes: Vec<Outcome> = refused.into_iter().map(Outcome::refused).collect();
        let total = questions.len() + outcomes.len();
        let mut marks = Marks::set(self, questions.ids());
        let options = VerifyOptions { cancel: self.verifying().cancel(), ..options(false) };
        let mut answers = begin(questions, options);
        while let Some(first) = answers.recv().await {
            let mut heard = vec![first];
            while let Ok(another) = answers.try_recv() {
                heard.push(another);
            }
            outcomes.extend(heard.iter().map(Outcome::of));
            let told: Vec<RecordId> = heard.iter().map(|asked| asked.id).collect();
            self.ask(move |vault| vault.heard(&heard)).await?;
            marks.take(&told);
            self.tell_with(EVENT_VERIFIED, so_far(outcomes.len(), total));
        }
        Ok(outcomes)
    }

    /// Nothing more is asked of what is being asked about; what is on its way to a provider ends by itself.
    pub(crate) fn stop_verifying(&self) {
        self.verifying().stop();
    }
}

fn so_far(done: usize, total: usize) -> VerifiedSoFar {
    let count = |n| u64::try_from(n).unwrap_or(u64::MAX);
    VerifiedSoFar { done: count(done), total: count(total) }
}

/// Asks on a thread of its own. It is not among what a closing window waits for: nothing is lost with it.
fn begin(questions: Questions, options: VerifyOptions) -> Receiver<Asked> {
    let (sender, answers) = channel(WAITING);
    spawn_blocking(move || {
        questions.ask(&options, |asked| {
            if sender.blocking_send(asked).is_err() {
                options.cancel.cancel(); // nobody listens any more
            }
        });
    });
    answers
}

/// Those that are being asked about, until they are taken out or this goes.
struct Marks(Desk, BTreeMap<RecordId, Turn>);

impl Marks {
    /// One that somebody else asks about already stays that one's.
    fn set(desk: &Desk, ids: impl Iterator<Item = RecordId>) -> Self {
        let begun = |id| Some((id, desk.verifying().begin(id, false)?.0));
        let new = ids.filter_map(begun).collect();
        desk.tell(EVENT_CHANGED);
        Self(desk.clone(), new)
    }

    fn take(&mut self, ids: &[RecordId]) {
        for id in ids {
            let Some(turn) = self.1.remove(id) else { continue };
            // What was saved while the values before it were being asked about is asked about, too.
            if let Some(by_name) = self.0.verifying().go_on(*id, &turn) {
                self.0.verifying().end(*id, &turn); // for whoever asks next
                let (desk, id) = (self.0.clone(), *id);
                spawn(async move { drop(desk.ask_about(id, by_name).await) });
            }
        }
        self.0.tell(EVENT_CHANGED);
    }
}

impl Drop for Marks {
    fn drop(&mut self) {
        for (id, turn) in &self.1 {
            self.0.verifying().end(*id, turn);
        }
        self.0.tell(EVENT_CHANGED);
    }
}

impl Outcome {
    fn of(asked: &Asked) -> Self {
        let reason = Cause::of(&asked.report.reason).map(|cause| cause.word().to_owned());
        Self { id: asked.id.to_string(), verdict: Some(asked.report.verdict), reason, code: None }
    }

    fn refused((id, error): (RecordId, Error)) -> Self {
        let code = Some(Failure::from(error).code());
        Self { id: id.to_string(), verdict: None, reason: None, code }
    }
}
