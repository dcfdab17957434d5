//! The server over real sockets.

mod accounts;
mod answers;
mod events;
mod running;
mod sessions;
mod strangers;
mod tls;
