//! The program's environment: what was inherited, with what is lent to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
};

use keymoor_vault::{Lent, lend::Variable};
use secrecy::ExposeSecret as _;

/// What would open the vault, and is not handed on.
const OURS: [&str; 1] = ["KEYMOOR_PASSWORD_FILE"];

/// How the program's environment differs from this one's.
pub(crate) struct Changes {
    /// What it gets.
    pub(crate) set: Vec<Variable>,
    /// What it does not inherit.
    pub(crate) removed: Vec<String>,
    /// What had another value here.
    pub(crate) replaced: Vec<String>,
    /// What is there and belongs to another credential.
    pub(crate) left_out: Vec<String>,
    /// What stays as it is here, because that was asked for.
    pub(crate) kept: Vec<String>,
    /// What is not there and stays so: it goes together with something that is kept, and would be mixed with it.
    pub(crate) withheld: Vec<String>,
}

impl Changes {
    pub(super) fn new(inherited: impl Iterator<Item = (OsString, OsString)>, lent: Lent, keep: bool) -> Self {
        // An empty variable is what shells leave where somebody took a value away.
        let there: BTreeMap<OsString, OsString> = inherited.filter(|(_, value)| !value.is_empty()).collect();
        let has = |name: &str| there.get(OsStr::new(name));
        let mut changes = Self {
            set: Vec::new(),
            removed: OURS.map(str::to_owned).to_vec(),
            replaced: Vec::new(),
            left_out: Vec::new(),
            kept: Vec::new(),
            withheld: Vec::new(),
        };
        // Exposed to be compared with what is in this process's environment already.
        let differs = |variable: &Variable| {
            has(&variable.name).is_some_and(|value| value != OsStr::new(variable.value.expose_secret()))
        };
        let own = if keep { own(&lent.variables, differs) } else { BTreeSet::new() };
        for variable in lent.variables {
            match differs(&variable) {
                true if keep => changes.kept.push(variable.name),
                true => {
                    changes.replaced.push(variable.name.clone());
                    changes.set.push(variable);
                }
                // The same value is there: nothing changes.
                false if has(&variable.name).is_none() && !own.is_disjoint(&variable.tied) => {
                    changes.withheld.push(variable.name);
                }
                false => changes.set.push(variable),
            }
        }
        let others = lent.not_theirs.into_iter().filter(|name| has(name).is_some());
        if keep {
            changes.kept.extend(others);
        } else {
            changes.left_out.extend(others);
            changes.removed.extend(changes.left_out.iter().cloned());
        }
        changes
    }
}

/// The credentials of which the environment has something that belongs together: all of it is the environment's then.
fn own(lent: &[Variable], differs: impl Fn(&Variable) -> bool) -> BTreeSet<String> {
    let mut own = BTreeSet::new();
    loop {
        let before = own.len();
        for variable in lent {
            // Also what two have in common.
            if differs(variable) || !own.is_disjoint(&variable.tied) {
                own.extend(variable.tied.iter().cloned());
            }
        }
        if own.len() == before {
            return own;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use keymoor_vault::lend::Form;

    use super::*;

    fn changes(inherited: &[(&str, &str)], keep: bool) -> Changes {
        let variable = |name: &str, value: &str, tied: &[&str]| Variable {
            name: name.to_owned(),
            value: Arc::new(value.to_owned().into()),
            form: Form::Text,
            tied: tied.iter().map(|title| (*title).to_owned()).collect(),
        };
        let lent = Lent {
            variables: vec![
                variable("ID", "lent", &["aws/a"]),
                variable("OTHER", "lent", &["b/b"]),
                variable("REGION", "lent", &[]),
                variable("SECRET", "lent", &["aws/a"]),
            ],
            not_theirs: vec!["SESSION".to_owned()],
            told: Vec::new(),
        };
        let inherited = inherited.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Changes::new(inherited, lent, keep)
    }

    fn set(changes: &Changes) -> Vec<&str> {
        changes.set.iter().map(|variable| variable.name.as_str()).collect()
    }

    #[test]
    fn what_was_inherited_is_replaced_and_what_belongs_elsewhere_left_out() {
        let changes = changes(&[("ID", "mine"), ("SECRET", "lent"), ("SESSION", "x"), ("HOME", "/")], false);
        assert_eq!(set(&changes), ["ID", "OTHER", "REGION", "SECRET"]);
        assert_eq!(changes.replaced, ["ID"], "the same value is no replacement");
        assert_eq!(changes.left_out, ["SESSION"]);
        assert_eq!(changes.removed, ["KEYMOOR_PASSWORD_FILE", "SESSION"]);
        assert!(changes.kept.is_empty());
    }

    #[test]
    fn what_was_inherited_is_kept_if_that_is_asked_for_and_with_it_what_it_goes_with() {
        let own = changes(&[("ID", "mine"), ("SECRET", ""), ("SESSION", "x")], true);
        assert_eq!(set(&own), ["OTHER", "REGION"], "an empty one is none");
        assert_eq!((own.kept, own.withheld), (names(&["ID", "SESSION"]), names(&["SECRET"])));
        assert_eq!(own.removed, ["KEYMOOR_PASSWORD_FILE"]);
        assert!(own.replaced.is_empty() && own.left_out.is_empty());
        let region = changes(&[("REGION", "mine"), ("SECRET", "lent")], true);
        assert_eq!(set(&region), ["ID", "OTHER", "SECRET"], "a region goes with any key");
        assert_eq!((region.kept, region.withheld), (names(&["REGION"]), Vec::new()));
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }
}
