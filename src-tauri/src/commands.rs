//! The commands of the window: one line each over the vault.

pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod catalogue;
pub(crate) mod devices;
pub(crate) mod files;
pub(crate) mod keys;
pub(crate) mod names;
pub(crate) mod services;
pub(crate) mod settings;
pub(crate) mod state;

#[cfg(test)]
mod tests {
    use super::names::{
        EVENT_ADD, EVENT_CHANGED, EVENT_PROGRESS, EVENT_TROUBLE, EVENT_VERIFIED, EVENT_WAITING, NAMES,
    };

    /// What the picker may ask; the window itself may ask all but to be gone.
    const PICKER: [&str; 5] = ["overview", "catalogue", "copy", "settings", "close_picker"];

    /// What a capability gives to its one window.
    fn given(capability: &str, window: &str) -> Vec<String> {
        let capability: serde_json::Value = serde_json::from_str(capability).unwrap();
        assert_eq!(capability["windows"], serde_json::json!([window]));
        let given = capability["permissions"].as_array().unwrap();
        given.iter().map(|permission| permission.as_str().unwrap().to_owned()).collect()
    }

    /// Those permissions alone: whatever else Tauri or a plugin offers is refused.
    fn permissions<'a>(commands: impl Iterator<Item = &'a str>) -> Vec<String> {
        let events = ["core:event:allow-listen", "core:event:allow-unlisten"].map(str::to_owned);
        commands.map(|name| format!("allow-{}", name.replace('_', "-"))).chain(events).collect()
    }

    /// Every quoted word between two marks.
    fn quoted<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
        let part = text.split_once(from).unwrap().1.split_once(to).unwrap().0;
        part.split('"').skip(1).step_by(2).collect()
    }

    fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_handler_the_capability_and_the_web_view_know_the_same_commands() {
        let declared = sorted(NAMES.iter().copied());
        let handler =
            include_str!("lib.rs").split_once("generate_handler![").unwrap().1.split_once(']').unwrap().0;
        let handled =
            handler.split(',').filter_map(|path| path.trim().rsplit_once("::")).map(|(_, name)| name);
        assert_eq!(sorted(handled), declared);

        let names =
            |permissions: &[String]| permissions.iter().cloned().collect::<std::collections::BTreeSet<_>>();
        let main = given(include_str!("../../capabilities/main.json"), "main");
        let all = permissions(declared.iter().copied().filter(|name| *name != "close_picker"));
        assert_eq!((names(&main), main.len()), (names(&all), all.len()));
        let picker = given(include_str!("../../capabilities/picker.json"), "picker");
        assert_eq!(names(&picker), names(&permissions(PICKER.into_iter())));

        let typescript = include_str!("../../ui/src/backend/tauri/commands.ts");
        assert_eq!(sorted(quoted(typescript, "COMMANDS = [", "]")), declared);
        assert_eq!(quoted(typescript, "EVENT_CHANGED =", ";"), [EVENT_CHANGED]);
        assert_eq!(quoted(typescript, "EVENT_WAITING =", ";"), [EVENT_WAITING]);
        assert_eq!(quoted(typescript, "EVENT_PROGRESS =", ";"), [EVENT_PROGRESS]);
        assert_eq!(quoted(typescript, "EVENT_ADD =", ";"), [EVENT_ADD]);
        assert_eq!(quoted(typescript, "EVENT_TROUBLE =", ";"), [EVENT_TROUBLE]);
        assert_eq!(quoted(typescript, "EVENT_VERIFIED =", ";"), [EVENT_VERIFIED]);
    }

    #[test]
    fn there_are_words_for_every_code() {
        let words = include_str!("../../ui/src/words/errors.en.ts");
        let codes: Vec<&str> = include_str!("failure.rs")
            .split('"')
            .filter(|word| word.len() > 3 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
            .collect();
        assert!(codes.len() > 40);
        for code in codes {
            assert!(words.contains(&format!("\n  {code}: [")), "no words for {code}");
        }
    }

    #[test]
    fn the_window_is_held_to_its_own_code() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../../tauri.conf.json")).unwrap();
        let security = &config["app"]["security"];
        assert_eq!(security["freezePrototype"], true);
        assert_eq!(security["capabilities"], serde_json::json!(["main", "picker"]));
        let policy = security["csp"].as_object().unwrap();
        assert_eq!(policy["default-src"], "'none'");
        for (directive, sources) in policy {
            let sources = sources.as_str().unwrap();
            assert!(
                !sources.contains("unsafe") && !sources.contains('*') && !sources.contains("data:"),
                "{directive} {sources}"
            );
        }
    }
}
