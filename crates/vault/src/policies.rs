//! Policies: how old a secret may become before its user is told to change it. The same on every device.

use std::collections::BTreeMap;

use crate::activity::Event;
use crate::error::{Error, Input};
use crate::input;
use crate::services::document::Document;
use crate::vault::Vault;

/// The longest that a policy may allow, in days: ten years.
pub const LONGEST_DAYS: u32 = 3650;

/// What a policy is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Every credential.
    All,
    /// Those of a provider.
    Provider(String),
    /// Those with a label.
    Label(String),
}

/// How old a secret may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Which ones.
    pub scope: Scope,
    /// How many days.
    pub days: u32,
    /// What other devices set it to at the same time, which does not count. Setting it again settles it.
    pub others: Vec<u32>,
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Policies(BTreeMap<Scope, u32>);

impl Vault {
    /// What is set, by scope. None is, unless the user set it.
    pub fn policies(&mut self) -> Result<Vec<Policy>, Error> {
        self.heal_services()?;
        let keys = &self.keys;
        self.cache.read(|view| Ok(of(&Document::read(view, keys)?)))
    }

    /// Sets how old the secrets of a scope may become. That is written also where it was so already.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no days, or more than [`LONGEST_DAYS`], or what cannot be a provider or a label.
    pub fn set_policy(&mut self, scope: &Scope, days: u32) -> Result<(), Error> {
        if days == 0 || days > LONGEST_DAYS {
            return Err(Error::Invalid(Input::Days));
        }
        let scope = scope.checked()?;
        self.change_services(|document, _, _| {
            document.limit(&scope.word(), &days.to_string());
            Ok(Event::PolicySet { policy: scope.word(), days })
        })
    }

    /// Takes a policy away.
    ///
    /// # Errors
    /// [`Error::NoSuchPolicy`].
    pub fn remove_policy(&mut self, scope: &Scope) -> Result<(), Error> {
        let scope = scope.checked()?;
        self.change_services(|document, _, _| {
            if !document.policies().0.contains_key(&scope) {
                return Err(Error::NoSuchPolicy);
            }
            document.limit(&scope.word(), "");
            Ok(Event::PolicyRemoved { policy: scope.word() })
        })
    }
}

/// What is set, by scope, with what was set at the same time.
pub(crate) fn of(document: &Document) -> Vec<Policy> {
    let mut others: BTreeMap<Scope, Vec<u32>> = BTreeMap::new();
    for (word, days) in document.policy_conflicts() {
        let days = days.into_iter().skip(1).filter_map(|days| days.parse().ok());
        others.extend(Scope::of(word).map(|scope| (scope, days.collect())));
    }
    let policy = |(scope, days)| Policy { others: others.remove(&scope).unwrap_or_default(), scope, days };
    document.policies().0.into_iter().map(policy).collect()
}

impl Policies {
    /// Of fields, by what follows `policy:`; of several of one scope, the strictest. What a later version means by others is
    /// passed over.
    pub(crate) fn of<'f>(fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let policy = |(word, days): (&str, &str)| {
            let days = days.parse().ok().filter(|days| (1..=LONGEST_DAYS).contains(days))?;
            Some((Scope::of(word)?, days))
        };
        let mut set = BTreeMap::new();
        for (scope, days) in fields.into_iter().filter_map(policy) {
            set.entry(scope).and_modify(|known: &mut u32| *known = days.min(*known)).or_insert(days);
        }
        Self(set)
    }

    /// The fewest days that a policy allows a credential.
    pub(crate) fn limit(&self, provider: &str, labels: &[String]) -> Option<u32> {
        if self.0.is_empty() {
            return None; // as for most users, in a list of thousands
        }
        let fits = |scope: &Scope| match scope {
            Scope::All => true,
            Scope::Provider(id) => id == provider,
            Scope::Label(label) => labels.contains(label),
        };
        self.0.iter().filter(|(scope, _)| fits(scope)).map(|(_, days)| *days).min()
    }
}

impl Scope {
    fn of(word: &str) -> Option<Self> {
        match word.split_once(':') {
            None if word == "all" => Some(Self::All),
            Some(("provider", id)) => Some(Self::Provider(id.to_owned())),
            Some(("label", label)) => Some(Self::Label(label.to_owned())),
            _ => None,
        }
    }

    fn word(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Provider(id) => format!("provider:{id}"),
            Self::Label(label) => format!("label:{label}"),
        }
    }

    /// As credentials have them.
    fn checked(&self) -> Result<Self, Error> {
        Ok(match self {
            Self::All => Self::All,
            Self::Provider(id) => Self::Provider(input::provider(id)?),
            Self::Label(label) => Self::Label(input::label(label)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_its_word_whatever_is_in_a_label() {
        for scope in [Scope::All, Scope::Provider("aws".into()), Scope::Label("all:provider:x".into())] {
            assert_eq!(Scope::of(&scope.word()), Some(scope));
        }
        assert_eq!(Scope::of("everyone"), None);
        assert_eq!(Scope::of("team:x"), None);
    }

    #[test]
    fn what_is_no_number_of_days_is_no_policy() {
        let set = Policies::of([("all", "90 days"), ("label:a", "0"), ("label:b", "4000"), ("label:c", "7")]);
        assert_eq!(set, Policies([(Scope::Label("c".into()), 7)].into()));
        assert_eq!(set.limit("openai", &["a".into(), "c".into()]), Some(7));
        assert_eq!(set.limit("openai", &["a".into()]), None);
    }

    #[test]
    fn of_several_values_of_a_scope_the_strictest_counts_in_whatever_order() {
        for values in [["30", "90"], ["90", "30"]] {
            let set = Policies::of(values.map(|days| ("all", days)));
            assert_eq!(set, Policies([(Scope::All, 30)].into()));
        }
    }
}
