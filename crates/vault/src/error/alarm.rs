//! What does not add up about a server.

/// What does not add up about a server. Sync stops; what is on this device stays readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// A commit whose tag, parent, number or content is wrong.
    ChainBroken,
    /// The records do not add up to the state that the newest commit states.
    StateWrong,
    /// A keys document older than one that was seen, or not genuine.
    KeysDocument,
    /// The server holds less than the kit or this device has seen, and the log does not explain it.
    RolledBack,
    /// The server lost its newest state; this device put it back.
    PutBack,
    /// A used refresh token came back: the server ended this device's session.
    SessionStolen,
}

impl Alarm {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::ChainBroken,
        Self::StateWrong,
        Self::KeysDocument,
        Self::RolledBack,
        Self::PutBack,
        Self::SessionStolen,
    ];

    /// The stable word by which cache and scripts know it.
    pub fn code(self) -> &'static str {
        match self {
            Self::ChainBroken => "chain_broken",
            Self::StateWrong => "state_wrong",
            Self::KeysDocument => "keys_document",
            Self::RolledBack => "rolled_back",
            Self::PutBack => "put_back",
            Self::SessionStolen => "session_stolen",
        }
    }

    /// Whether it tells of something that happened and stops nothing. Such a one stays to be read for a day, where the others
    /// end with the first sync that adds up.
    pub(crate) fn informs(self) -> bool {
        matches!(self, Self::PutBack | Self::SessionStolen)
    }

    /// The alarm of this code; `None` for one that a newer version raised.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alarm| alarm.code() == code)
    }
}
