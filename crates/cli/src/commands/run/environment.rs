//! The program's environment: what was inherited, with what is lent to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
};

use keymoor_vault::{
    Lent,
    lend::{NotTheirs, Variable},
};
use secrecy::ExposeSecret as _;

use super::local::is_local;

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
    pub(crate) left_out: Vec<NotTheirs>,
    /// What stays as it is here, because that was asked for.
    pub(crate) kept: Vec<String>,
    /// Addresses that stay as they are here, for they are of this machine.
    pub(crate) local: Vec<String>,
    /// What is not there and stays so: it goes together with something that is kept, and would be mixed with it.
    pub(crate) withheld: Vec<String>,
}

/// Which variables of the environment stay as they are.
pub(super) enum Keep {
    All,
    /// These, and what belongs together with them.
    These(Vec<String>),
}

impl Keep {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.iter().any(|known| known == name),
        }
    }
}

impl Changes {
    pub(super) fn new(
        inherited: impl Iterator<Item = (OsString, OsString)>,
        lent: Lent,
        keep: &Keep,
    ) -> Self {
        // An empty variable is what shells leave where somebody took a value away.
        let there: BTreeMap<OsString, OsString> = inherited.filter(|(_, value)| !value.is_empty()).collect();
        let has = |name: &str| there.get(OsStr::new(name));
        let mut changes = Self {
            set: Vec::new(),
            removed: OURS.map(str::to_owned).to_vec(),
            replaced: Vec::new(),
            left_out: Vec::new(),
            kept: Vec::new(),
            local: Vec::new(),
            withheld: Vec::new(),
        };
        // Exposed to be compared with what is in this process's environment already.
        let differs = |variable: &Variable| {
            has(&variable.name).is_some_and(|value| value != OsStr::new(variable.value.expose_secret()))
        };
        let own = own(&lent.variables, |variable| differs(variable) && keep.has(&variable.name));
        for variable in lent.variables {
            match differs(&variable) {
                true if keep.has(&variable.name) || !own.is_disjoint(&variable.tied) => {
                    changes.kept.push(variable.name);
                }
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
        for other in lent.not_theirs {
            let Some(value) = has(&other.name) else { continue };
            if keep.has(&other.name) {
                changes.kept.push(other.name);
            } else if other.is_address && value.to_str().is_some_and(is_local) {
                changes.local.push(other.name);
            } else {
                changes.removed.push(other.name.clone());
                changes.left_out.push(other);
            }
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

    fn changes(inherited: &[(&str, &str)], keep: &Keep) -> Changes {
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
            not_theirs: vec![
                NotTheirs { name: "SESSION".to_owned(), is_address: false },
                NotTheirs { name: "URL".to_owned(), is_address: true },
            ],
            told: Vec::new(),
        };
        let inherited = inherited.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Changes::new(inherited, lent, keep)
    }

    fn set(changes: &Changes) -> Vec<&str> {
        changes.set.iter().map(|variable| variable.name.as_str()).collect()
    }

    const NONE: Keep = Keep::These(Vec::new());

    #[test]
    fn what_was_inherited_is_replaced_and_what_belongs_elsewhere_left_out() {
        let changes = changes(&[("ID", "mine"), ("SECRET", "lent"), ("SESSION", "x"), ("HOME", "/")], &NONE);
        assert_eq!(set(&changes), ["ID", "OTHER", "REGION", "SECRET"]);
        assert_eq!(changes.replaced, ["ID"], "the same value is no replacement");
        assert_eq!(left_out(&changes), ["SESSION"]);
        assert_eq!(changes.removed, ["KEYMOOR_PASSWORD_FILE", "SESSION"]);
        assert!(changes.kept.is_empty());
    }

    #[test]
    fn an_address_stays_if_it_is_of_this_machine_and_a_secret_never() {
        let away = changes(&[("URL", "https://example.com"), ("SESSION", "localhost")], &NONE);
        assert_eq!((left_out(&away), away.local.clone()), (vec!["SESSION", "URL"], Vec::new()));
        let here = changes(&[("URL", "http://localhost:4000/v1"), ("SESSION", "localhost")], &NONE);
        assert_eq!((left_out(&here), here.local.clone()), (vec!["SESSION"], names(&["URL"])));
    }

    #[test]
    fn what_was_inherited_is_kept_if_that_is_asked_for_and_with_it_what_it_goes_with() {
        let own = changes(&[("ID", "mine"), ("SECRET", ""), ("SESSION", "x")], &Keep::All);
        assert_eq!(set(&own), ["OTHER", "REGION"], "an empty one is none");
        assert_eq!((own.kept, own.withheld), (names(&["ID", "SESSION"]), names(&["SECRET"])));
        assert_eq!(own.removed, ["KEYMOOR_PASSWORD_FILE"]);
        assert!(own.replaced.is_empty() && own.left_out.is_empty());
        let region = changes(&[("REGION", "mine"), ("SECRET", "lent")], &Keep::All);
        assert_eq!(set(&region), ["ID", "OTHER", "SECRET"], "a region goes with any key");
        assert_eq!((region.kept, region.withheld), (names(&["REGION"]), Vec::new()));
    }

    #[test]
    fn what_is_kept_by_name_takes_along_what_it_goes_with_and_nothing_else() {
        let there = [("ID", "mine"), ("OTHER", "mine"), ("SESSION", "x"), ("URL", "https://example.com")];
        let url = changes(&there, &Keep::These(names(&["URL"])));
        assert_eq!((left_out(&url), url.kept.clone()), (vec!["SESSION"], names(&["URL"])));
        assert_eq!(url.replaced, ["ID", "OTHER"]);
        let id = changes(&[&there[..], &[("SECRET", "mine")]].concat(), &Keep::These(names(&["ID"])));
        assert_eq!((set(&id), id.kept.clone()), (vec!["OTHER", "REGION"], names(&["ID", "SECRET"])));
    }

    fn left_out(changes: &Changes) -> Vec<&str> {
        changes.left_out.iter().map(|other| other.name.as_str()).collect()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }
}
