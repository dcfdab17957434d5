//! Services and what they use.

use keymoor_providers::Service;
use keymoor_vault::{Because, Resolved, ServiceState, WhyNone};

use super::Words;
use crate::output::plain;

/// What became of a service.
pub(crate) fn state(state: &ServiceState) -> String {
    let mut text = match (&state.uses, state.on) {
        (Some(resolved), true) => format!("{} is on and uses {}.", state.name, uses(resolved)),
        (None, true) => format!("{} is on, and {}.", state.name, why_none(state.why_none.as_ref())),
        (_, false) => {
            format!("{} is set, and off. To use it: keymoor service enable {}", state.name, state.id)
        }
    };
    let care = care(state);
    if !care.is_empty() {
        text.push_str(&format!("\nStill to do: {care}"));
    }
    text
}

fn why_none(why: Option<&WhyNone>) -> String {
    match why {
        Some(WhyNone::Which(titles)) => {
            let titles: Vec<_> = titles.iter().map(|title| plain(title).into_owned()).collect();
            format!("uses none: choose it. It takes {}", titles.join(", "))
        }
        Some(WhyNone::Unreadable(id)) => {
            format!("uses none: credential {id} cannot be read, and may be the one that is meant")
        }
        Some(WhyNone::Nothing) | None => "has no credential to use".to_owned(),
    }
}

/// Which credential, and whether it is not the user's own.
pub(crate) fn uses(resolved: &Resolved) -> String {
    let name = format!("{}/{}", plain(&resolved.provider), plain(&resolved.name));
    match &resolved.because {
        Because::Chosen | Because::OnlyOne => name,
        Because::Fallback { instead_of: None } => format!("{name} (fallback)"),
        Because::Fallback { instead_of: Some(own) } => {
            format!("{name} (fallback, {} cannot be used)", plain(own))
        }
    }
}

/// A setting that there is not, or a value that it cannot have; and what there is.
pub(super) fn no_setting(service: &Service, known: bool) -> Words {
    let all: Vec<String> = (service.settings.iter())
        .map(|setting| match &setting.help {
            Some(help) => format!("  {}  {}: {help}", setting.key, setting.label),
            None => format!("  {}  {}", setting.key, setting.label),
        })
        .collect();
    let words = match (all.is_empty(), known) {
        (true, _) => {
            return Words::new(format!("{} has no settings.", service.name))
                .safe("Nothing was changed.")
                .hint("keymoor service list --all shows what each service has.");
        }
        (false, true) => "That is no value which this setting can have.".to_owned(),
        (false, false) => format!("{} has no setting of that name.", service.name),
    };
    Words::new(words).safe("Nothing was changed.").hint(format!("It has: \n{}", all.join("\n")))
}

/// What a service lacks.
pub(crate) fn care(state: &ServiceState) -> String {
    let mut parts = Vec::new();
    if let Some(WhyNone::Unreadable(id)) = &state.why_none {
        parts.push(format!("{id} cannot be read: keymoor doctor --repair"));
    } else if state.on && state.uses.is_none() {
        parts.push(format!("keymoor service enable {} --credential NAME", state.id));
    }
    if !state.missing.is_empty() {
        let settings: Vec<_> = state.missing.iter().map(|key| format!("{key}=…")).collect();
        parts.push(format!("keymoor service set {} {}", state.id, settings.join(" ")));
    }
    let conflicts = conflicts(state);
    parts.extend((!conflicts.is_empty()).then(|| format!("{conflicts}: set it again")));
    parts.join("; ")
}

/// What two devices set of a service, below a list.
pub(crate) fn unsettled(state: &ServiceState) -> String {
    format!("Service {}: {}. Set it again: {}", state.name, conflicts(state), again(state))
}

fn again(state: &ServiceState) -> String {
    let key = state.conflicts.keys().find(|key| !["on", "credential"].contains(&key.as_str()));
    match key {
        Some(key) => format!("keymoor service set {} {key}=…", state.id),
        None => format!("keymoor service enable {} --credential NAME", state.id),
    }
}

fn conflicts(state: &ServiceState) -> String {
    let conflict = |(key, values): (&String, &Vec<String>)| {
        let values: Vec<_> = values.iter().map(|value| plain(value).into_owned()).collect();
        format!("{key} was set on two devices ({})", values.join(", "))
    };
    state.conflicts.iter().map(conflict).collect::<Vec<_>>().join("; ")
}

/// A service of a template that has no credential yet.
pub(crate) fn lacking(service: &Service) -> String {
    format!(
        "{} has no credential yet, or several: keymoor add {} --name NAME, then keymoor service enable {}",
        service.name,
        service.accepts.first().map_or("PROVIDER", String::as_str),
        service.id
    )
}
