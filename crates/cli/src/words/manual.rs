//! What the manual says beside the help of the commands.

/// Exit codes, and what each says.
pub(crate) const EXIT_CODES: &[(u8, &str)] = &[
    (0, "Done."),
    (1, "Failed."),
    (2, "Wrong usage; also a name that fits several credentials, which are listed."),
    (3, "Not found."),
    (4, "Locked: a password or a kit is needed."),
    (5, "A conflict."),
    (6, "The network, or the server."),
    (7, "A record or a home is damaged."),
    (8, "The system's keychain is out of order."),
];

/// What `run` and `verify` leave to their own pages.
pub(crate) const OTHER_EXIT_CODES: &str = "keymoor run ends with the exit code of the program that it ran.";

/// Variables, and what each is for.
pub(crate) const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "KEYMOOR_HOME",
        "The data directory; by default keymoor in $XDG_DATA_HOME, which is ~/.local/share where it is not set. On macOS \
         ~/Library/Application Support/Keymoor.",
    ),
    (
        "KEYMOOR_KEYCHAIN",
        "system (the default), or none: then a password unlocks the vault each time. A vault stays with what it was made \
         with; only keymoor unlock may move it.",
    ),
    (
        "KEYMOOR_KEYCHAIN_SERVICE",
        "Under which service the keychain files its entries; keymoor unless set. A second vault needs its own, and its own \
         KEYMOOR_HOME.",
    ),
    (
        "KEYMOOR_PASSWORD_FILE",
        "A file whose first line is the password, wherever one would be asked for. It is not handed on to what keymoor run \
         starts.",
    ),
    ("NO_COLOR", "Where it is set and not empty, nothing is coloured."),
    ("RUST_LOG", "Diagnostics on standard error, such as keymoor_vault=debug. They hold no secret."),
];

/// Files, and what each is.
pub(crate) const FILES: &[(&str, &str)] = &[
    (
        "~/.local/share/keymoor/",
        "The data directory, for its owner alone. keymoor.db in it is the cache: sealed records, and what this device has \
         not sent yet. If it is lost the next command makes it anew from the keychain.",
    ),
    (
        "~/.local/share/keymoor/keymoor.db.damaged-N",
        "A cache that was found damaged and set aside. Delete it when you miss nothing.",
    ),
    (
        "keymoor.toml",
        "Beside the sources of a project: which credentials keymoor run lends there. It has names only.",
    ),
    (
        "keymoor-join-kit.txt, keymoor-recovery-kit.txt",
        "Written by keymoor account create. Print them or move them away, and keep them apart: whoever has the second reads \
         every key.",
    ),
];

/// Related pages of the first.
pub(crate) const SEE_ALSO: &[&str] = &["keymoor-desktop", "keymoor-server"];
