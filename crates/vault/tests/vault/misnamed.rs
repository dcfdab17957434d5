//! Something else writes to the cache's index of names: what counts is the sealed name, and the index is put right.

use std::path::Path;

use keymoor_vault::{Error, Finding, Notice, Place, RecordId, Vault};

use crate::place::{add, all, names, open, secret, trash};

fn write(home: &Path, set: &str, id: RecordId) {
    let cache = rusqlite::Connection::open(home.join("keymoor.db")).unwrap();
    assert_eq!(cache.execute(&format!("UPDATE draft SET {set} WHERE id = ?1"), [id.0]).unwrap(), 1);
}

fn misnamed(vault: &mut Vault, repair: bool) -> Vec<(RecordId, bool)> {
    let findings = vault.doctor(repair).unwrap().findings;
    let of = |finding: &Finding| match finding {
        Finding::Misnamed { id, healed } => Some((*id, *healed)),
        other => panic!("{other:?}"),
    };
    findings.iter().filter_map(of).collect()
}

#[test]
fn a_credential_is_found_by_its_sealed_name_whatever_the_index_says() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let (work, play) = (add(&mut vault, "work", "of work").id, add(&mut vault, "play", "of play").id);
    assert_eq!(misnamed(&mut vault, false), []);
    for set in ["name = zeroblob(16), full = zeroblob(16)", "full = randomblob(16)", "deleted = 1"] {
        write(home.path(), set, work);
        let named = if set == "deleted = 1" { "work" } else { "openai/work" };
        assert_eq!(vault.find(named, Place::Active).unwrap(), work, "{set}");
        assert_eq!(vault.notices(), [Notice::Misnamed { records: 1 }], "{set}");
        assert_eq!(
            (secret(&mut vault, work), names(&all(&mut vault))),
            ("of work".into(), vec!["play", "work"])
        );
        assert!(trash(&mut vault).is_empty());
        // Nobody else has to look again.
        assert_eq!((misnamed(&mut vault, false), vault.find("work", Place::Active).unwrap()), (vec![], work));
    }
    // One under another's name is not taken for it.
    let of_play = "(name, full) = (SELECT name, full FROM draft AS other WHERE other.id <> draft.id)";
    write(home.path(), of_play, work);
    assert_eq!(vault.find("play", Place::Active).unwrap(), play);
    assert_eq!(vault.find("work", Place::Active).unwrap(), work);
    vault.notices();
    assert!(matches!(vault.find("nothing", Place::Active), Err(Error::NotFound)));
    assert_eq!(vault.notices(), [], "and nothing is said where nothing is wrong");
}

#[test]
fn the_doctor_tells_it_and_puts_it_right() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let work = add(&mut vault, "work", "of work").id;
    write(home.path(), "name = zeroblob(16), deleted = 1", work);
    assert_eq!(misnamed_and_broken(&mut vault), [work]);
    assert_eq!(misnamed(&mut vault, true), [(work, true)]);
    assert_eq!(misnamed(&mut vault, false), []);
    assert_eq!(vault.find("work", Place::Active).unwrap(), work);
}

/// Until it is put right, the record does not open either: what it says of the trash is not what is sealed.
fn misnamed_and_broken(vault: &mut Vault) -> Vec<RecordId> {
    let diagnosis = vault.doctor(false).unwrap();
    assert!(!diagnosis.is_well() && diagnosis.findings.len() == 2, "{diagnosis:?}");
    let of = |finding: &Finding| match finding {
        Finding::Misnamed { id, healed: false } => Some(*id),
        _ => None,
    };
    diagnosis.findings.iter().filter_map(of).collect()
}
