//! Which value a variable gets: one, or it is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use keymoor_protocol::RecordId;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Claimed, Form, LendError, NotTheirs, Source, Variable};

/// Somebody's value for a variable.
pub(super) struct Claim {
    variable: Variable,
    source: Source,
}

/// All claims so far.
#[derive(Default)]
pub(super) struct Claims {
    variables: BTreeMap<String, Claim>,
    /// By name, whether it is an address.
    not_theirs: BTreeMap<String, bool>,
    conflicts: BTreeSet<(RecordId, String)>,
}

impl Claim {
    pub(super) fn new(name: &str, value: Arc<SecretString>, form: Form, source: Source) -> Self {
        Self { variable: Variable { name: name.to_owned(), value, form, tied: BTreeSet::new() }, source }
    }

    /// It goes together with the others of its credential, or not at all.
    pub(super) fn tied(mut self, is_tied: bool) -> Self {
        if let (true, Source::Credential(title)) = (is_tied, &self.source) {
            self.variable.tied.insert(title.clone());
        }
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.variable.name
    }

    /// Whether both come to the same: one credential that two services use, one region of two credentials.
    fn agrees(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.variable, &other.variable);
        // Exposed to be compared: both belong to the user, who learns nothing from how long it takes.
        mine.form == theirs.form && mine.value.expose_secret() == theirs.value.expose_secret()
    }
}

impl Claims {
    /// # Errors
    /// [`LendError::VariableTwice`]; [`LendError::Nul`].
    pub(super) fn add(&mut self, claimed: Claimed) -> Result<(), LendError> {
        for claim in claimed.claims {
            // Exposed to be looked at: the system would refuse it when all is noted as lent already.
            if claim.variable.form == Form::Text && claim.variable.value.expose_secret().contains('\0') {
                return Err(LendError::Nul { variable: claim.variable.name, of: claim.source });
            }
            match self.variables.get_mut(claim.name()) {
                None => drop(self.variables.insert(claim.name().to_owned(), claim)),
                Some(known) if known.agrees(&claim) => known.variable.tied.extend(claim.variable.tied),
                Some(known) => {
                    let (one, other) = (known.source.clone(), claim.source);
                    return Err(LendError::VariableTwice { variable: claim.variable.name, one, other });
                }
            }
        }
        for NotTheirs { name, is_address } in claimed.not_theirs {
            *self.not_theirs.entry(name).or_default() |= is_address;
        }
        self.conflicts.extend(claimed.conflicts);
        Ok(())
    }

    /// The variables, those that stay empty, and the fields that are in conflict.
    pub(super) fn settled(self) -> (Vec<Variable>, Vec<NotTheirs>, BTreeSet<(RecordId, String)>) {
        let others = self.not_theirs.into_iter().filter(|(name, _)| !self.variables.contains_key(name));
        let not_theirs = others.map(|(name, is_address)| NotTheirs { name, is_address }).collect();
        let variables = self.variables.into_values().map(|claim| claim.variable).collect();
        (variables, not_theirs, self.conflicts)
    }
}
