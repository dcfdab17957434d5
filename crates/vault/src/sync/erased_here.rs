//! What was erased on this device and is known again if it comes back: an edit that another device had made unseen comes
//! whole, under a new id, and has the salt of the record that was erased.

use keymoor_cache::Change;
use keymoor_protocol::RecordId;
use sha2::{Digest as _, Sha256};

use crate::content::Content;
use crate::error::Error;

/// The cache's name for the marks of what was erased, the newest last.
const ERASED_HERE: &str = "erased_here";
/// A mark's bytes: the id, and a hash of the salt, which is the key of fingerprints and stays in sealed bytes.
const MARK: usize = 32;
/// So many are known again.
const MOST: usize = 1_000;

/// It was erased here, and other devices may have it.
pub(crate) fn note(change: &mut Change<'_>, id: RecordId, content: &Content) -> Result<(), Error> {
    let mut marks = change.setting(ERASED_HERE)?.unwrap_or_default();
    marks.extend_from_slice(&id.0);
    marks.extend_from_slice(&salt(content));
    let old = marks.len().saturating_sub(MOST * MARK);
    Ok(change.set_setting(ERASED_HERE, &marks[old..])?)
}

/// Whether this was erased here, and comes back under the new id. It is told once.
pub(crate) fn is_back(change: &mut Change<'_>, id: RecordId, content: &Content) -> Result<bool, Error> {
    let Some(marks) = change.setting(ERASED_HERE)? else { return Ok(false) };
    let (salt, (marks, _)) = (salt(content), marks.as_chunks::<MARK>());
    let others = marks.iter().filter(|mark| mark[..16] == id.0 || mark[16..] != salt);
    let others: Vec<u8> = others.flatten().copied().collect();
    let known = others.len() < marks.len() * MARK;
    if known {
        change.set_setting(ERASED_HERE, &others)?;
    }
    Ok(known)
}

fn salt(content: &Content) -> [u8; 16] {
    let digest = Sha256::digest(content.meta.salt);
    std::array::from_fn(|at| digest[at])
}
