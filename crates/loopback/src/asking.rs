//! Having a provider asked. The vault is held only to take the question out and to put the answer down; whoever asks about the
//! same values meanwhile waits for the same answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keymoor_protocol::RecordId;
use keymoor_providers::verify::Options;
use keymoor_vault::{Grant, ServiceAsked, ServiceQuestion, Vault, VerifyOptions, Who, test_services};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::desk::{Desk, Doing};
use crate::refusal::{Code, Refusal};

/// Questions that are under way at once.
const AT_ONCE: usize = 16;
/// Whoever waits longer is told to come again; the answer is kept when it comes.
const LONGEST: Duration = Duration::from_secs(40);

/// How a provider is asked.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyQuery {
    /// Also where the check costs something.
    side_effects: Option<bool>,
}

/// The questions that are under way.
#[derive(Clone)]
pub(crate) struct Asking {
    under_way: Arc<Mutex<HashMap<Question, Answer>>>,
    places: Arc<Semaphore>,
    options: Options,
}

/// A credential with its values, and whether it may cost something.
type Question = (RecordId, String, bool);
type Answer = watch::Receiver<Option<Result<(), Refusal>>>;

impl Asking {
    pub(crate) fn new(options: Options) -> Self {
        Self { under_way: Arc::default(), places: Arc::new(Semaphore::new(AT_ONCE)), options }
    }

    /// Whether the provider of this credential is being asked.
    pub(crate) fn is_asking(&self, id: RecordId) -> bool {
        self.held().keys().any(|(asked, ..)| *asked == id)
    }

    /// Asks about a credential of this version, and returns when the answer is put down.
    pub(crate) async fn ask(
        &self,
        desk: &Desk,
        grant: &Grant,
        id: RecordId,
        version: String,
        query: VerifyQuery,
    ) -> Result<(), Refusal> {
        let question = (id, version, query.side_effects.unwrap_or(false));
        let mut answer = self.join_or_begin(desk, grant, question);
        let answered = timeout(LONGEST, answer.wait_for(Option::is_some)).await;
        match answered.map_err(|_| Code::Busy)? {
            Ok(answer) => answer.clone().unwrap_or(Ok(())),
            Err(_) => Err(Code::Internal.into()), // it ended without a word
        }
    }

    /// Asks about a service's credential and settings, and returns what was heard.
    pub(crate) async fn test(
        &self,
        desk: &Desk,
        look: impl FnOnce(&mut Vault) -> Result<ServiceQuestion, Refusal> + Send + 'static,
        query: VerifyQuery,
    ) -> Result<ServiceAsked, Refusal> {
        let asked = async {
            let place = Arc::clone(&self.places).acquire_owned().await;
            let question = desk.ask(Doing::Looks, look).await?;
            let with_side_effects = query.side_effects.unwrap_or(false);
            let ask = Options { with_side_effects, ..self.options.clone() };
            let options = VerifyOptions { ask, ..VerifyOptions::default() };
            let asked = spawn_blocking(move || {
                let _place = place; // until the provider has answered, whether or not anybody waits still
                let mut heard = None;
                test_services(vec![question], &options, |asked| heard = Some(asked));
                heard
            });
            asked.await.ok().flatten().ok_or_else(|| Code::Internal.into())
        };
        timeout(LONGEST, asked).await.map_err(|_| Code::Busy)?
    }

    fn join_or_begin(&self, desk: &Desk, grant: &Grant, question: Question) -> Answer {
        let mut held = self.held();
        if let Some(answer) = held.get(&question) {
            return answer.clone();
        }
        let (tell, answer) = watch::channel(None);
        held.insert(question.clone(), answer.clone());
        let over = Over { asking: self.clone(), question };
        let (desk, grant) = (desk.clone(), grant.clone());
        // On its own: who began it may give up, and others wait.
        tokio::spawn(async move {
            let answered = over.asking.put(&desk, &grant, &over.question).await;
            drop(over);
            let _ = tell.send(Some(answered)); // nobody may wait any more
        });
        answer
    }

    async fn put(&self, desk: &Desk, grant: &Grant, question: &Question) -> Result<(), Refusal> {
        let (id, _, with_side_effects) = *question;
        let _place = self.places.acquire().await;
        let who = Who::Program(grant.program.clone());
        let acting = who.clone();
        let look = move |vault: &mut Vault| {
            vault.act_for(acting); // what does not open is healed in its name
            Ok(vault.questions(&[id])?)
        };
        let questions = desk.ask(Doing::Looks, look).await?;
        let ask = Options { with_side_effects, ..self.options.clone() };
        let options = VerifyOptions { ask, by_name: true, ..VerifyOptions::default() };
        let asked = spawn_blocking(move || {
            let mut heard = Vec::new();
            questions.ask(&options, |asked| heard.push(asked));
            heard
        });
        let asked = asked.await.map_err(|_| Code::Internal)?;
        let hear = move |vault: &mut Vault| {
            vault.act_for(who);
            Ok(vault.heard(&asked)?)
        };
        desk.ask(Doing::Saves, hear).await
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Question, Answer>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the question away when it is over, however that comes.
struct Over {
    asking: Asking,
    question: Question,
}

impl Drop for Over {
    fn drop(&mut self) {
        self.asking.held().remove(&self.question);
    }
}
