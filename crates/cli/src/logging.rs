//! Diagnostics on standard error, only where `RUST_LOG` asks for them.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// Sets the log up if `RUST_LOG` is there; otherwise nothing is built, for a `get` must be quick.
pub(crate) fn start() {
    let Some(wanted) = std::env::var("RUST_LOG").ok().filter(|wanted| !wanted.is_empty()) else { return };
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(wanted))
        .with_writer(io::stderr)
        .with_ansi(colours)
        .init();
}
