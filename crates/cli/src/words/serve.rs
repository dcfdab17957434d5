//! Serving local programs.

use std::net::SocketAddr;

use keymoor_loopback::Error;

use super::Words;

/// Said once, when programs are answered.
pub(crate) fn serving(address: SocketAddr) -> String {
    format!(
        "Programs on this machine are answered until Ctrl-C.\n  \
         description     http://{address}/openapi.json\n  \
         let a program in    keymoor grant add PROGRAM"
    )
}

pub(super) fn words(error: Error) -> Words {
    match error {
        Error::NotLoopback => {
            Words::new("Programs are served on this machine only.").safe("Nothing listens.").hint(
                "Name a loopback address, such as --listen 127.0.0.1:8790. Other machines have keymoor sync.",
            )
        }
        Error::Taken(address) => Words::new(format!("Something listens on {address} already.")).hint(
            "If it is another keymoor serve, use that one. If not: keymoor serve --listen 127.0.0.1:PORT",
        ),
        Error::Listen(address, kind) => Words::new(format!("{address} cannot be listened on: {kind}."))
            .hint("Name another address: keymoor serve --listen 127.0.0.1:PORT"),
        Error::Threads(kind) => Words::new(format!("The system gives no threads: {kind}."))
            .hint("Look how many processes this user may have."),
    }
}
