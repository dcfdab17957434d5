//! What devices did unseen of each other, beside the values of credentials: what counts, and how it is settled.

use keymoor_vault::{Differences, Policy, Scope, SharedName};

use super::service;
use crate::output::{argument, counted, plain};

/// A line each.
pub(crate) fn differences(differences: &Differences) -> Vec<String> {
    let Differences { services, policies, names } = differences;
    let mut lines: Vec<String> = names.iter().map(shared_name).collect();
    for difference in services {
        let told = service::conflicts(&difference.id, &difference.fields);
        lines.extend(told.iter().map(|told| format!("{}: {told}", difference.name)));
    }
    lines.extend(policies.iter().map(policy));
    lines
}

/// What a policy is about.
pub(crate) fn scope(scope: &Scope) -> String {
    match scope {
        Scope::All => "all credentials".to_owned(),
        Scope::Provider(provider) => format!("credentials of {}", plain(provider)),
        Scope::Label(label) => format!("credentials with the label {}", plain(label)),
    }
}

/// What else a policy was set to at the same time.
pub(crate) fn others(policy: &Policy) -> String {
    let others: Vec<_> = policy.others.iter().map(|days| counted((*days).into(), "day", "days")).collect();
    format!("another device set {} at the same time; the strictest counts", others.join(", "))
}

fn shared_name(shared: &SharedName) -> String {
    let what = match shared.ids.len() {
        2 => "Two".to_owned(),
        many => many.to_string(),
    };
    let commands = shared.ids.iter().skip(1).map(|id| format!("keymoor edit {id} --name NAME"));
    format!(
        "{what} credentials are called {}/{} now; give one another name: {}",
        plain(&shared.provider),
        plain(&shared.name),
        commands.collect::<Vec<_>>().join(", ")
    )
}

fn policy(policy: &Policy) -> String {
    let set = match &policy.scope {
        Scope::All => String::new(),
        Scope::Provider(provider) => format!(" --provider {}", argument(provider)),
        Scope::Label(label) => format!(" --label {}", argument(label)),
    };
    format!(
        "The policy for {} is {}: {}. To settle it: keymoor policy set{set} --every {}d",
        scope(&policy.scope),
        counted(policy.days.into(), "day", "days"),
        others(policy),
        policy.days
    )
}
