//! The crate graph as `cargo metadata` tells it, for every platform.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::PathBuf,
    process::Command,
};

use serde::Deserialize;

/// Everything that cargo knows of this workspace.
#[derive(Deserialize)]
pub(crate) struct Graph {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    pub(crate) workspace_root: PathBuf,
    resolve: Resolve,
}

/// One crate, ours or not.
#[derive(Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

/// One root file: a library, a program, a test, a build script.
#[derive(Deserialize)]
pub(crate) struct Target {
    pub(crate) kind: Vec<String>,
    pub(crate) src_path: PathBuf,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

impl Graph {
    pub(crate) fn read() -> Self {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["metadata", "--format-version=1", "--locked", "--manifest-path", manifest])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The crates of this workspace.
    pub(crate) fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// Our crate of this name.
    pub(crate) fn our(&self, name: &str) -> &Package {
        self.ours().find(|package| package.name == name).unwrap_or_else(|| panic!("there is no crate {name}"))
    }

    /// Which of our crates a crate of ours names in its manifest; those for its tests only where asked for.
    pub(crate) fn imports(&self, package: &Package, with_tests: bool) -> BTreeSet<&str> {
        let ours: BTreeSet<&str> = self.ours().map(|package| package.name.as_str()).collect();
        let counts = |dependency: &&Dependency| with_tests || dependency.kind.as_deref() != Some("dev");
        let named = package.dependencies.iter().filter(counts);
        named.filter_map(|dependency| ours.get(dependency.name.as_str()).copied()).collect()
    }

    /// The names of all crates that end up in what a crate builds, however far down; its tests do not count.
    pub(crate) fn reach(&self, package: &Package) -> BTreeSet<&str> {
        let names: BTreeMap<&str, &str> =
            self.packages.iter().map(|p| (p.id.as_str(), p.name.as_str())).collect();
        let nodes: BTreeMap<&str, &Node> = self.resolve.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
        let mut reached = BTreeSet::new();
        let mut ahead = vec![package.id.as_str()];
        while let Some(id) = ahead.pop() {
            for edge in &nodes[id].deps {
                let ships = edge.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev"));
                if ships && reached.insert(edge.pkg.as_str()) {
                    ahead.push(&edge.pkg);
                }
            }
        }
        reached.into_iter().map(|id| names[id]).collect()
    }
}
