//! Reads the golden vectors beside it.

use serde_json::Value;

/// One case: an object of the JSON file.
pub(crate) struct Vector(Value);

/// The cases of a file that is a list.
pub(crate) fn cases(json: &str) -> Vec<Vector> {
    let Value::Array(cases) = serde_json::from_str(json).unwrap() else { panic!("a list of cases") };
    assert!(!cases.is_empty());
    cases.into_iter().map(Vector).collect()
}

/// The only case of a file that is an object.
pub(crate) fn case(json: &str) -> Vector {
    Vector(serde_json::from_str(json).unwrap())
}

impl Vector {
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no text {name}"))
    }

    pub(crate) fn number<N: TryFrom<u64>>(&self, name: &str) -> N {
        let number = self.0[name].as_u64().and_then(|number| number.try_into().ok());
        number.unwrap_or_else(|| panic!("no number {name}"))
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(self.text(name).as_bytes()).unwrap()
    }

    pub(crate) fn array<const N: usize>(&self, name: &str) -> [u8; N] {
        self.bytes(name).try_into().unwrap_or_else(|_| panic!("{name} has another length"))
    }

    pub(crate) fn list(&self, name: &str) -> Vec<Vector> {
        self.0[name].as_array().unwrap().iter().cloned().map(Vector).collect()
    }

    /// The value as it stands, for what only one test reads.
    pub(crate) fn value(&self, name: &str) -> &Value {
        &self.0[name]
    }
}
