//! What a user can do with keys; owns the order in which homes are written and read.
//!
//! One file an action. A save goes to the cache in one transaction, then to the keychain, and to the server with the next
//! sync; a read asks the cache, and heals from another home what does not open. Everything here blocks.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod account;
mod activity;
mod add;
mod care;
mod clock;
pub mod config;
mod content;
mod devices;
mod doctor;
mod drafts;
mod edit;
mod erase;
mod error;
mod find;
mod grants;
mod history;
mod homes;
mod input;
mod keys;
pub mod kit;
pub mod lend;
mod list;
#[cfg(feature = "newer-schema")]
mod newer_schema;
mod notice;
mod password;
mod policies;
mod restore;
mod reveal;
mod revert;
mod rotate;
mod rules;
mod services;
mod settle;
mod show;
mod status;
mod sync;
mod synchronise;
mod trash;
mod unlock;
mod vault;
mod verification;
mod verify;
mod watch;
mod whose;

pub use account::create::{CreateAccount, Kits};
pub use activity::{Activity, ActivityDay, ActivityFilter, By, Event, Subject, Who};
pub use add::{Field, NewCredential, Value};
pub use care::{AHEAD_MS, Care};
pub use config::{Backend, Config, ConfigError};
pub use devices::Used;
pub use doctor::{Diagnosis, Finding, examine};
pub use drafts::{Kept, Saved};
pub use edit::Edit;
pub use erase::Erased;
pub use error::{Alarm, Candidate, Error, HomeName, Input, KeychainProblem, Kind, ServerProblem, Why};
pub use find::Place;
pub use grants::{Grant, GrantScope, TOKEN_PREFIX};
pub use history::{Past, PastHome};
pub use input::json_text;
pub use keymoor_cache::Error as CacheError;
pub use keymoor_protocol::RecordId;
pub use kit::{JoinKit, KitError, RecoveryKit};
pub use lend::{LendError, Lent, Wish};
pub use list::{Filter, Listing};
pub use notice::Notice;
pub use password::{AskPassword, PasswordFor};
pub use policies::{LONGEST_DAYS, Policy, Scope};
pub use reveal::Revealed;
pub use rotate::{Before, MadeOrNot, NoKey, Revoking, Rotation, StillUsed};
pub use services::{Because, Resolved, ServiceAsked, ServiceQuestion, ServiceState, test_services};
pub use show::{Choice, Conflict, Detail, ShownField};
pub use status::{Home, HomeState, Homes, RaisedAlarm, Status, outline};
pub use synchronise::{Progress, SyncOptions, SyncReport};
pub use unlock::{unlock_with_kit, unlock_with_recovery};
pub use vault::{Patience, Vault};
pub use verification::{Answer, Attempt, Cause, CheckStatus, Verification};
pub use verify::{Asked, Habits, Questions, VerifyOptions, pace};
pub use watch::{StopWatch, Watch, Watching};
pub use whose::{Held, Owner};
