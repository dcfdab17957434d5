//! Every route, in one table.

mod activity;
pub(crate) mod credentials;
mod services;

use crate::table::Route;

/// What there is.
pub(crate) fn all() -> Vec<Route> {
    [credentials::routes(), services::routes(), activity::routes()].into_iter().flatten().collect()
}
