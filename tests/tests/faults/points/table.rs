//! All points, and at what work each is come to. A point that stands in the sources and not here fails a test, and the other
//! way round.

use std::{collections::BTreeSet, fs, path::Path};

use super::client::Work;

/// A client's points. `:2` is the second time.
pub(super) const CLIENT: &[(&str, Work)] = &[
    ("save.inside", Work::Add),
    ("save.inside", Work::Edit),
    ("save.written", Work::Add),
    ("save.written", Work::Edit),
    ("mirror.before", Work::Add),
    ("mirror.copied", Work::Add),
    ("mirror.copied", Work::Edit),
    ("mirror.done", Work::Add),
    ("erase.inside", Work::Erase),
    ("erase.marked", Work::Erase),
    ("save.inside", Work::Rotate),
    ("save.written", Work::Rotate),
    ("save.inside:2", Work::Rotate),
    ("save.written:2", Work::Rotate),
    ("rotate.revoked", Work::Rotate),
    ("save.inside:3", Work::Rotate),
    ("save.written:3", Work::Rotate),
    ("rotate.asking", Work::Make),
    ("rotate.made", Work::Make),
    ("save.inside", Work::Make),
    ("save.written", Work::Make),
    ("save.inside:2", Work::Make),
    ("save.written:2", Work::Make),
    ("rotate.revoked", Work::Make),
    ("save.inside:3", Work::Make),
    ("save.written:3", Work::Make),
    ("page.inside", Work::Sync),
    ("page.applied", Work::Sync),
    ("freeze.inside", Work::Sync),
    ("freeze.done", Work::Sync),
    ("push.answered", Work::Sync),
    ("accept.inside", Work::Sync),
    ("accept.done", Work::Sync),
    ("sync.synced", Work::Sync),
    ("page.inside", Work::Refresh),
    ("freeze.done", Work::Snapshot),
    ("push.answered", Work::Snapshot),
    ("stage.inside", Work::Snapshot),
    ("stage.page", Work::Snapshot),
    ("snapshot.staged", Work::Snapshot),
    ("reconcile.before", Work::Snapshot),
    ("reconcile.inside", Work::Snapshot),
    ("reconcile.done", Work::Snapshot),
    ("freeze.inside", Work::SyncWithKeychain),
    ("accept.done", Work::SyncWithKeychain),
    ("page.applied", Work::SyncWithKeychain),
    ("mark.before", Work::SyncWithKeychain),
    ("mark.written", Work::SyncWithKeychain),
    ("mirror.before", Work::SyncWithKeychain),
    ("mirror.copied:2", Work::SyncWithKeychain),
    ("mirror.done", Work::SyncWithKeychain),
    ("mirror.deleted", Work::SyncOfAnErasure),
    ("refresh.before", Work::Refresh),
    ("refresh.answered", Work::Refresh),
    ("session.written", Work::Refresh),
    ("create.prepared", Work::Create),
    ("create.kept", Work::Create),
    ("create.kits", Work::Create),
    ("create.registered", Work::Create),
    ("create.known", Work::Create),
    ("session.written", Work::Create),
    ("join.opened", Work::Join),
    ("join.keys", Work::Join),
    ("join.moved", Work::Join),
    ("join.without_key_file", Work::JoinWithoutKeychain),
    ("join.keys", Work::JoinWithoutKeychain),
    ("join.moved", Work::JoinWithoutKeychain),
    ("session.written", Work::Join),
];

/// A server's points.
pub(super) const SERVER: &[(&str, Work)] = &[
    ("append.applied", Work::Sync),
    ("append.written", Work::Sync),
    ("writer.before_commit", Work::Sync),
    ("writer.committed", Work::Sync),
    ("writer.answered", Work::Sync),
    ("writer.before_commit", Work::Refresh),
    ("writer.committed", Work::Refresh),
    ("tokens.rotated", Work::Refresh),
    ("account.before", Work::Create),
    ("account.half", Work::Create),
    ("account.made", Work::Create),
    ("writer.committed", Work::Create),
    ("login.done", Work::Create),
    ("login.done", Work::Join),
];

/// A client's points at this work, where that needs no keychain. The histories die at these, too.
pub(crate) fn in_this_process(at: Work) -> Vec<&'static str> {
    let names = CLIENT.iter().filter(|(point, work)| at == *work && !point.starts_with("mirror."));
    let names: BTreeSet<&str> = names.map(|(point, _)| point.split(':').next().unwrap_or(point)).collect();
    names.into_iter().collect()
}

#[test]
fn every_point_in_the_sources_is_walked_through() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates");
    let mut there = BTreeSet::new();
    collect(&crates, &mut there);
    let walked = CLIENT.iter().chain(SERVER).map(|(point, _)| point.split(':').next().unwrap().to_owned());
    assert_eq!(there, walked.collect());
}

fn collect(folder: &Path, points: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("fail-points") {
            collect(&path, points);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let names = text.split("reached(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
            for name in names {
                assert!(points.insert(name.to_owned()), "{name} stands in two places");
            }
        }
    }
}
