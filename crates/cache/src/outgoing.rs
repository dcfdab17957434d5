//! What waits for the server, told so briefly that it can be asked after every change.

use crate::error::Error;
use crate::rows::number;
use crate::transaction::View;

/// What waits for the server. Two that are alike mean that the user did nothing new meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outgoing {
    drafts: u64,
    newest: u64,
    erasures: u64,
    frozen: u64,
}

impl Outgoing {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.drafts + self.erasures + self.frozen == 0
    }
}

impl View<'_> {
    /// What waits for the server now.
    pub fn outgoing(&self) -> Result<Outgoing, Error> {
        let sql = "SELECT count(*) AS drafts, coalesce(max(saved_at), 0) AS newest, \
                   (SELECT count(*) FROM erasure) AS erasures, (SELECT count(*) FROM frozen) AS frozen FROM draft";
        let found = self.one(sql, (), |row| {
            Ok(Outgoing {
                drafts: number(row, "drafts")?,
                newest: number(row, "newest")?,
                erasures: number(row, "erasures")?,
                frozen: number(row, "frozen")?,
            })
        })?;
        Ok(found.unwrap_or_default())
    }
}
