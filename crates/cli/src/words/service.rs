//! Services and what they use.

use std::collections::BTreeMap;

use keymoor_providers::{Service, service, services, templates};
use keymoor_vault::{Because, Error, Resolved, ServiceState, WhyNone};

use super::{Words, WrongSetting, vault};
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

/// What cannot be set; and what can.
pub(super) fn no_setting(service: &Service, wrong: WrongSetting) -> Words {
    let all: Vec<String> = (service.settings.iter())
        .map(|setting| match &setting.help {
            Some(help) => format!("  {}  {}: {help}", setting.key, setting.label),
            None => format!("  {}  {}", setting.key, setting.label),
        })
        .collect();
    let all = format!("It has: \n{}", all.join("\n"));
    let (words, hint) = match (service.settings.first(), wrong) {
        (None, _) => (
            format!("{} has no settings.", service.name),
            "keymoor service list --all shows what each service has.".to_owned(),
        ),
        (Some(first), WrongSetting::Form) => (
            "A setting has a name and a value.".to_owned(),
            format!("keymoor service set {} {}=VALUE\n{all}", service.id, first.key),
        ),
        (Some(_), WrongSetting::Value) => ("That is no value which this setting can have.".to_owned(), all),
        (Some(_), WrongSetting::Name) => (format!("{} has no setting of that name.", service.name), all),
    };
    Words::new(words).safe("Nothing was changed.").hint(hint)
}

/// Why something could not be done with a service, and the command that leads on.
pub(super) fn failed(id: &str, error: &Error) -> Words {
    let Some(service) = service(id) else { return no_service(id) };
    let name = &service.name;
    match error {
        Error::NothingToUse => Words::new(format!("There is no credential that {name} could use."))
            .safe("Nothing was changed.")
            .hint(nothing_to_use(id)),
        Error::WhichCredential(titles) => {
            let titles: Vec<_> = titles.iter().map(|title| plain(title)).collect();
            Words::new(format!("Several credentials could be meant for {name}: {}.", titles.join(", ")))
                .safe("Nothing was changed.")
                .hint(format!("Say which: keymoor service enable {id} --credential NAME"))
        }
        Error::NotAccepted(_) => {
            Words::new(format!("{name} takes credentials of {}.", service.accepts.join(" or ")))
                .safe("Nothing was changed.")
                .hint(format!("keymoor list shows those that are here. {}", add_one(service)))
        }
        Error::ServiceOff => {
            Words::new(format!("{name} is switched off.")).hint(format!("keymoor service enable {id}"))
        }
        error => vault::words(error),
    }
}

fn no_service(id: &str) -> Words {
    let words = Words::new("There is no such service.").safe("Nothing was changed.");
    let like: Vec<&str> = services()
        .filter(|service| is_like(id, &service.id) || is_like(id, &service.name))
        .map(|service| service.id.as_str())
        .take(5)
        .collect();
    // What was typed is not repeated: it may be anything.
    match like.is_empty() {
        true => words.hint("keymoor service list --all shows them."),
        false => {
            words.hint(format!("Perhaps: {}. keymoor service list --all shows them all.", like.join(", ")))
        }
    }
}

/// No template has that name; there are few.
pub(super) fn no_template() -> Words {
    let all: Vec<_> = templates().map(|template| format!("  {}  {}", template.id, template.about)).collect();
    Words::new("There is no such template.")
        .safe("Nothing was changed.")
        .hint(format!("There is:\n{}", all.join("\n")))
}

/// Whether somebody who typed one may mean the other.
fn is_like(typed: &str, name: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (typed, name) = (letters(typed), letters(name));
    typed.len() >= 3 && (name.contains(&typed) || typed.contains(&name))
}

/// What to do where a service has no credential to use.
pub(super) fn nothing_to_use(id: &str) -> String {
    let first = service(id).map_or_else(|| "Add one: keymoor add PROVIDER.".to_owned(), add_one);
    format!("{first} One that is switched off: keymoor edit NAME --on")
}

fn add_one(service: &Service) -> String {
    let first = service.accepts.first().map_or("PROVIDER", String::as_str);
    format!("To add one: keymoor add {first}, then keymoor service enable {}.", service.id)
}

/// What a service lacks.
pub(crate) fn care(state: &ServiceState) -> String {
    let mut parts = Vec::new();
    if let Some(WhyNone::Unreadable(id)) = &state.why_none {
        parts.push(format!("{id} cannot be read: keymoor doctor --repair"));
    } else if let (true, Some(WhyNone::Nothing), Some(service)) =
        (state.on, &state.why_none, service(&state.id))
    {
        parts.push(format!(
            "keymoor add {}, or keymoor edit NAME --on for one that is switched off",
            service.accepts.first().map_or("PROVIDER", String::as_str)
        ));
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

/// A service of a template that could not be enabled, and why.
pub(crate) fn lacking(service: &Service, why: Option<&Error>) -> String {
    match why {
        Some(Error::WhichCredential(titles)) => {
            let titles: Vec<_> = titles.iter().map(|title| plain(title)).collect();
            format!(
                "{} could use several: {}. Say which: keymoor service enable {} --credential NAME",
                service.name,
                titles.join(", "),
                service.id
            )
        }
        _ => format!("{} has no credential to use. {}", service.name, add_one(service)),
    }
}
