//! Who may import whom: the two sides, as a table.

use std::collections::BTreeSet;

use crate::graph::Graph;

/// One line of the table, without the prefix `keymoor-`.
struct Rule {
    name: &'static str,
    /// What it may build on.
    may: &'static [&'static str],
    /// What not even its tests may name.
    never: &'static [&'static str],
}

const OPEN_SIDE: &[&str] = &["sealing", "keychain", "vault", "providers", "loopback", "cli", "desktop"];

#[rustfmt::skip]
const TABLE: &[Rule] = &[
    Rule { name: "fail-points", may: &[], never: &[
        "protocol", "cache", "remote", "server", "sealing", "keychain", "vault", "providers", "loopback", "cli", "desktop",
    ] },
    Rule { name: "protocol", may: &[], never: &[
        "cache", "remote", "server", "sealing", "keychain", "vault", "providers", "loopback", "cli", "desktop",
    ] },
    Rule { name: "cache", may: &["protocol"], never: OPEN_SIDE },
    Rule { name: "remote", may: &["protocol"], never: OPEN_SIDE },
    Rule { name: "server", may: &["protocol", "fail-points"], never: OPEN_SIDE },
    Rule { name: "sealing", may: &["protocol"], never: &["cache", "remote", "server", "keychain", "vault"] },
    Rule { name: "keychain", may: &["protocol"], never: &["vault"] },
    Rule { name: "providers", may: &[], never: &["vault", "cache", "remote"] },
    Rule {
        name: "vault",
        may: &["protocol", "cache", "remote", "sealing", "keychain", "providers", "fail-points"],
        never: &["loopback", "cli", "desktop"],
    },
    Rule { name: "loopback", may: &["vault", "providers", "protocol"], never: INSIDES },
    Rule { name: "cli", may: &["vault", "providers", "protocol", "loopback"], never: INSIDES },
    Rule { name: "desktop", may: &["vault", "providers", "protocol"], never: INSIDES },
    Rule {
        name: "journeys",
        may: &[
            "protocol", "cache", "remote", "server", "sealing", "keychain", "providers", "vault", "loopback", "cli",
            "fail-points",
        ],
        never: &["desktop"],
    },
];

/// What a shell gets only through `vault`.
const INSIDES: &[&str] = &["sealing", "cache", "remote", "keychain"];

/// Crates of the workspace that are no part of Keymoor, and import nothing of it.
const CHORES: &[&str] = &["xtask", "keymoor-empty-window"];

/// Crates that reach a disk, a network or a keychain. `sealing` has no I/O.
const IO: &[&str] = &[
    "axum",
    "hyper",
    "keyring-core",
    "libsqlite3-sys",
    "mio",
    "refinery",
    "reqwest",
    "rusqlite",
    "rustls",
    "socket2",
    "tauri",
    "tempfile",
    "tokio",
    "tokio-postgres",
    "ureq",
    "zbus",
];

fn full(name: &str) -> String {
    format!("keymoor-{name}")
}

#[test]
fn every_crate_stands_in_the_table() {
    let graph = Graph::read();
    let there: BTreeSet<String> = graph.ours().map(|package| package.name.clone()).collect();
    let table = TABLE.iter().map(|rule| full(rule.name));
    let known: BTreeSet<String> = table.chain(CHORES.iter().map(ToString::to_string)).collect();
    assert_eq!(there, known);
}

#[test]
fn crates_import_what_the_table_allows() {
    let graph = Graph::read();
    let mut broken = Vec::new();
    for rule in TABLE {
        let package = graph.our(&full(rule.name));
        let may: BTreeSet<String> = rule.may.iter().map(|name| full(name)).collect();
        let never: BTreeSet<String> = rule.never.iter().map(|name| full(name)).collect();
        // The journeys are tests throughout.
        let with_tests = rule.name == "journeys";
        for import in graph.imports(package, with_tests) {
            if !may.contains(import) {
                broken.push(format!("{} builds on {import}", rule.name));
            }
        }
        for import in graph.imports(package, true) {
            if never.contains(import) {
                broken.push(format!("{} names {import}, if only for its tests", rule.name));
            }
        }
    }
    for name in CHORES {
        broken.extend(
            graph.imports(graph.our(name), true).iter().map(|import| format!("{name} names {import}")),
        );
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_sealed_side_cannot_open_anything() {
    let graph = Graph::read();
    for name in ["protocol", "cache", "remote", "server"] {
        let reach = graph.reach(graph.our(&full(name)));
        for open in OPEN_SIDE.iter().map(|open| full(open)) {
            assert!(!reach.contains(open.as_str()), "{name} reaches {open}");
        }
        for cipher in ["argon2", "hpke"] {
            assert!(!reach.contains(cipher), "{name} reaches {cipher}");
        }
    }
}

#[test]
fn sealing_has_no_io() {
    let graph = Graph::read();
    let reach = graph.reach(graph.our("keymoor-sealing"));
    let io: Vec<_> = IO.iter().filter(|name| reach.contains(**name)).collect();
    assert!(io.is_empty(), "sealing reaches {io:?}");
}

/// What decides is a function of what it is given: no cache, no network, no keychain, no clock, no random numbers.
#[test]
fn the_rules_of_sync_are_pure() {
    const IMPURE: &[&str] = &[
        "keymoor_cache",
        "keymoor_remote",
        "keymoor_keychain",
        "keymoor_fail_points",
        "crate::account",
        "crate::clock",
        "crate::devices",
        "crate::drafts",
        "crate::homes",
        "crate::keys",
        "crate::sync",
        "crate::vault",
        "std::env",
        "std::fs",
        "std::net",
        "std::thread",
        "std::time",
        "use crate::{",
        "use std::{",
        "Instant",
        "SystemTime",
        "generate()",
        "getrandom",
        "now()",
    ];
    let vault = Graph::read().workspace_root.join("crates/vault/src");
    let mut files: Vec<_> =
        ["rules", "content"].iter().flat_map(|folder| files_in(&vault.join(folder))).collect();
    files.extend([vault.join("rules.rs"), vault.join("content.rs")]);
    assert!(files.len() > 15, "{files:?}");
    let mut broken = Vec::new();
    for file in files.iter().filter(|file| !file.to_string_lossy().contains("simulation")) {
        let source = std::fs::read_to_string(file).unwrap();
        let code = code_of(&source);
        for name in IMPURE.iter().filter(|name| code.contains(**name)) {
            broken.push(format!("{} names {name}", file.display()));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// What a source has outside of its tests: without comments, and without each item that is for tests alone.
fn code_of(source: &str) -> String {
    let mut lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut code = String::new();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            code.push_str(line);
            code.push('\n');
            continue;
        }
        // The item ends with its own line, or with the brace that stands as far left as it does.
        let indent = line.len() - line.trim_start().len();
        let last = |line: &str| {
            let left = line.len() - line.trim_start().len();
            left == indent && (line.ends_with(';') || line.ends_with('}'))
        };
        let _ = lines.by_ref().find(|line| last(line));
    }
    code
}

#[test]
fn what_stands_after_an_item_for_tests_is_seen_too() {
    let source = "#[cfg(test)]\nmod tests;\nfn merge() {\n    now();\n}\n#[cfg(test)]\nmod more {\n    fn it() {\n        \
                  generate();\n    }\n}\nfn last() {} // never() here\n// getrandom\n";
    let code = code_of(source);
    assert!(code.contains("now()") && code.contains("fn last()"), "{code}");
    assert!(!code.contains("generate()") && !code.contains("getrandom"), "{code}");
}

fn files_in(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs"))
        .collect()
}

#[test]
fn only_the_window_knows_tauri() {
    let graph = Graph::read();
    for package in graph.ours() {
        let is_window = ["keymoor-desktop", "keymoor-empty-window"].contains(&&*package.name);
        assert_eq!(graph.reach(package).contains("tauri"), is_window, "{}", package.name);
    }
}

/// So that a wrong name in a list above, or a walk that sees nothing, cannot pass for a clean graph.
#[test]
fn the_walk_sees_what_is_there() {
    let graph = Graph::read();
    let vault = graph.reach(graph.our("keymoor-vault"));
    for name in ["keymoor-sealing", "keymoor-cache", "keymoor-protocol", "argon2", "libsqlite3-sys", "rustls"]
    {
        assert!(vault.contains(name), "vault should reach {name}");
    }
    let server = graph.reach(graph.our("keymoor-server"));
    assert!(server.contains("tokio") && server.contains("rusqlite"));
    assert!(graph.imports(graph.our("keymoor-vault"), false).contains("keymoor-sealing"));
}
