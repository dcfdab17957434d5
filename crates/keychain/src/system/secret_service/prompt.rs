//! Calls, and the questions that the service puts to the user before it does as asked.

use serde::{Serialize, de::DeserializeOwned};
use zbus::{
    MatchRule,
    blocking::MessageIterator,
    message::Type as Kind,
    zvariant::{DynamicType, ObjectPath, OwnedObjectPath, OwnedValue, Type},
};

use super::{
    System, fault,
    session::{PATH, SERVICE},
};
use crate::{error::Error, system::Fault};

const PROMPT: &str = "org.freedesktop.Secret.Prompt";

impl System {
    pub(super) fn call<B: Serialize + DynamicType, T: DeserializeOwned + Type>(
        &self,
        path: &ObjectPath<'_>,
        interface: &'static str,
        method: &'static str,
        body: &B,
    ) -> Result<T, Fault> {
        let answer = self.session.call(path, interface, method, body);
        let read = answer.and_then(|answer| answer.body().deserialize());
        read.map_err(|error| fault::calling(&error))
    }

    /// Unlocks items or collections, which may ask the user.
    pub(super) fn unlock(&self, locked: &[OwnedObjectPath]) -> Result<(), Fault> {
        let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            self.call(&PATH, SERVICE, "Unlock", &(locked,))?;
        self.prompt(&prompt)
    }

    /// Shows a prompt and waits until the user has dealt with it. The path `/` stands for none.
    pub(super) fn prompt(&self, prompt: &ObjectPath<'_>) -> Result<(), Fault> {
        if prompt.as_str() == "/" {
            return Ok(());
        }
        let completed = || {
            let rule = MatchRule::builder()
                .msg_type(Kind::Signal)
                .path(prompt)?
                .interface(PROMPT)?
                .member("Completed")?
                .build();
            MessageIterator::for_match_rule(rule, &self.session.bus, Some(1))
        };
        let mut completed = completed().map_err(|error| fault::calling(&error))?;
        let no_window = "";
        self.call::<_, ()>(prompt, PROMPT, "Prompt", &(no_window,))?;
        // The signals end when the connection does.
        let signal = completed.next().and_then(Result::ok);
        let signal = signal.ok_or(Fault::Stale("the connection broke while it asked the user"))?;
        let dismissed =
            signal.body().deserialize::<(bool, OwnedValue)>().is_ok_and(|(dismissed, _)| dismissed);
        if dismissed { Err(Error::Locked.into()) } else { Ok(()) }
    }
}
