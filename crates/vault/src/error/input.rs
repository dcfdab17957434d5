//! What was entered and is not valid.

/// What the user gave that is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The provider.
    Provider,
    /// The name.
    Name,
    /// A label.
    Label,
    /// The note.
    Note,
    /// A field's name.
    FieldName,
    /// An open field's value.
    FieldValue,
    /// A secret.
    Secret,
    /// A service's setting.
    Setting,
    /// A key, where a provider, a name or a label belongs, which everybody may see.
    KeyAsName,
    /// The name of a program that is let in.
    Program,
    /// A value that the catalogue made up as an example: it is nobody's key.
    Sample,
    /// A number of days.
    Days,
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Provider => "the provider",
            Self::Name => "the name",
            Self::Label => "a label",
            Self::Note => "the note",
            Self::FieldName => "a field's name",
            Self::FieldValue => "a field's value",
            Self::Secret => "the secret",
            Self::Setting => "the setting",
            Self::KeyAsName => "a key in place of a name",
            Self::Program => "the program's name",
            Self::Sample => "an example",
            Self::Days => "the number of days",
        })
    }
}
