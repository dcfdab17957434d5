//! What a vault holds, and whether a device finds just that.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::device::Device;

/// What is to be found in a vault, all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// In use.
    pub credentials: Vec<Credential>,
    /// In the trash, as `provider/name`.
    pub trash: Vec<String>,
    /// Erased, as `provider/name`: found nowhere.
    pub gone: Vec<String>,
}

/// One credential.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Credential {
    /// `provider/name`.
    pub name: String,
    /// Its secret fields.
    pub secrets: BTreeMap<String, String>,
    /// Its other fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub open: BTreeMap<String, String>,
    /// Its labels, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Its note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What another device wrote unseen of this one: a value that has to be there, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// Earlier values of its secret that this device still has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<String>,
}

impl State {
    /// Asserts that a device finds this and nothing else, byte for byte, and that its doctor is content.
    #[track_caller]
    pub fn assert_on(&self, device: &Device) {
        let listed: BTreeSet<String> = device.list().iter().map(name).collect();
        assert_eq!(listed, self.credentials.iter().map(|one| one.name.clone()).collect());
        let trash = device.done(&["trash", "--json"]).json();
        let trash: BTreeSet<String> = trash.as_array().unwrap().iter().map(name).collect();
        assert_eq!(trash, self.trash.iter().cloned().collect());
        for gone in &self.gone {
            device.run(&["get", gone]).ends(3, &[]);
        }
        for credential in &self.credentials {
            credential.assert_on(device);
        }
        device.assert_well();
    }
}

impl Credential {
    fn assert_on(&self, device: &Device) {
        let name = &self.name;
        for (field, secret) in &self.secrets {
            let got = device.done(&["get", name, field, "--raw"]).out;
            assert!(got == secret.as_bytes(), "{name} {field} came back as {} bytes", got.len());
        }
        let shown = device.done(&["show", name, "--json"]).json();
        let fields = shown["fields"].as_array().unwrap();
        let of = |secret: bool| fields.iter().filter(move |field| field["secret"] == secret);
        let open = of(false).map(|field| (text(&field["name"]), text(&field["value"])));
        assert_eq!(open.collect::<BTreeMap<_, _>>(), self.open, "{name}");
        assert_eq!(of(true).count(), self.secrets.len(), "{name}");
        assert_eq!(shown["labels"], serde_json::json!(self.labels), "{name}");
        assert_eq!(shown["note"].as_str(), self.note.as_deref(), "{name}");

        let conflicts = shown["conflicts"].as_array().unwrap();
        assert_eq!(conflicts.len(), usize::from(self.other.is_some()), "{shown}");
        if let Some(other) = &self.other {
            let choices = conflicts[0]["choices"].as_array().unwrap();
            assert!(choices.iter().any(|choice| text(&choice["summary"]).contains(end(other))), "{shown}");
        }
        let history = device.done(&["history", name, "--json"]).json();
        for value in &self.earlier {
            let ends: Vec<_> =
                history.as_array().unwrap().iter().map(|past| text(&past["last_four"])).collect();
            assert!(ends.iter().any(|four| four == end(value)), "{name}: {ends:?}");
        }
    }
}

fn name(listed: &Value) -> String {
    format!("{}/{}", text(&listed["provider"]), text(&listed["name"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The last four characters.
fn end(value: &str) -> &str {
    &value[value.len() - 4..]
}
