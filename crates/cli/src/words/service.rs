//! Services and what they use.

use std::collections::BTreeMap;

use keymoor_providers::Service;
use keymoor_vault::{Because, Resolved, ServiceState, WhyNone};

use super::Words;
use crate::output::plain;

/// What a fallback is, and how it becomes another.
pub(crate) const FALLBACK: &str = "used only while no credential of your own can be: keymoor edit NAME --own";

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

/// A credential that just got its name is what a service uses now.
pub(crate) fn named(state: &ServiceState) -> String {
    format!(
        "{} uses this credential now, for it has the name that was chosen. Another one: keymoor service enable {} --credential NAME",
        state.name, state.id
    )
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
    parts.extend(conflicts(&state.id, &state.conflicts));
    parts.join("; ")
}

/// What two devices set unseen of each other, which of it counts, and how it is settled: one text a field.
pub(crate) fn conflicts(id: &str, conflicts: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let conflict = |(key, values): (&String, &Vec<String>)| match key.as_str() {
        "on" => format!(
            "one device switched it off while another switched it on, and off counts: keymoor service enable {id}, or keymoor service disable {id}"
        ),
        "credential" => choice(id, values),
        key => {
            let key = plain(key);
            format!(
                "two devices set {key} at the same time, {}: keymoor service set {id} {key}=VALUE",
                in_use_first(values)
            )
        }
    };
    conflicts.iter().map(conflict).collect()
}

/// Two devices chose different credentials.
pub(crate) fn choice(id: &str, titles: &[String]) -> String {
    format!(
        "two devices chose different credentials, {}: keymoor service enable {id} --credential NAME",
        in_use_first(titles)
    )
}

fn in_use_first(values: &[String]) -> String {
    let mut values = values.iter().map(|value| plain(value));
    let first = values.next().unwrap_or_default();
    let others: Vec<_> = values.collect();
    format!("{first} (in use) and {}", others.join(", "))
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
