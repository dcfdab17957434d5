//! What waits in the file of uses: changed, cut off, or brought back.

use std::fs;

use super::{lent, told, vault};

#[test]
fn whatever_is_done_to_what_waits_in_the_file_is_told_once() {
    type Tamper = fn(&mut Vec<String>);
    let all: [(&str, Tamper); 7] = [
        ("the first is gone", |lines| drop(lines.remove(0))),
        ("one is gone", |lines| drop(lines.remove(1))),
        ("one is there twice", |lines| lines.insert(1, lines[1].clone())),
        ("two changed places", |lines| lines.swap(1, 2)),
        ("it happened at another time", |lines| lines[1] = format!("1{}", lines[1])),
        ("it says what another says", |lines| lines[2] = lines[0].clone()),
        ("it has no link", |lines| lines[1] = lines[1].rsplit_once(' ').unwrap().0.to_owned()),
    ];
    for (what, tamper) in all {
        let home = tempfile::tempdir().unwrap();
        let mut vault = vault(home.path());
        let path = home.path().join("keymoor.db.uses");
        (1..=2).for_each(|n| vault.note_use(&lent(n)));
        let taken = fs::read(&path).unwrap();
        assert!(!told(&mut vault));
        (3..=6).for_each(|n| vault.note_use(&lent(n)));
        let text = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        tamper(&mut lines);
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        // Also where a sync takes them over, before anybody looks.
        vault.take_uses().unwrap();
        vault.note_use(&lent(7));
        assert!(told(&mut vault), "{what}");
        vault.note_use(&lent(8));
        assert!(!told(&mut vault), "{what}: what is left counts");
        // What was taken over before is put there again: it is not taken twice.
        let before = vault.activity(0).unwrap();
        fs::write(&path, &taken).unwrap();
        vault.take_uses().unwrap();
        assert_eq!(vault.activity(0).unwrap(), before, "{what}");
        assert!(!told(&mut vault), "{what}");
        vault.note_use(&lent(9));
        assert!(!told(&mut vault), "{what}");
        // After a mend, too, the first of them is missed.
        (10..=11).for_each(|n| vault.note_use(&lent(n)));
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.split_once('\n').unwrap().1).unwrap();
        assert!(told(&mut vault), "{what}");
    }
}

#[test]
fn what_a_death_or_a_crash_leaves_is_no_alarm() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let path = home.path().join("keymoor.db.uses");
    (1..=3).for_each(|n| vault.note_use(&lent(n)));
    let before = fs::read(&path).unwrap();
    vault.take_uses().unwrap();
    // Killed between the transaction and the file.
    fs::write(&path, &before).unwrap();
    vault.note_use(&lent(4));
    assert!(!told(&mut vault));
    // A disk that was full in the middle of a line, or lost its end.
    (5..=6).for_each(|n| vault.note_use(&lent(n)));
    for cut in [1, 2, 43, 44, 45, 46, 47, 48, 49, 100] {
        let text = fs::read(&path).unwrap();
        fs::write(&path, &text[..text.len() - cut]).unwrap();
        (7..=8).for_each(|n| vault.note_use(&lent(n)));
        assert!(!told(&mut vault), "{cut}");
        vault.note_use(&lent(9));
        let text = fs::read(&path).unwrap();
        fs::write(&path, &text[..text.len() - cut]).unwrap();
        assert!(!told(&mut vault), "{cut}, taken over");
        vault.note_use(&lent(10));
    }
    // The file is gone with what waited in it, which nothing can show.
    fs::remove_file(&path).unwrap();
    vault.note_use(&lent(11));
    assert!(!told(&mut vault));
}

#[test]
fn the_first_line_of_a_new_vault_is_missed() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let path = home.path().join("keymoor.db.uses");
    (1..=2).for_each(|n| vault.note_use(&lent(n)));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.split_once('\n').unwrap().1).unwrap();
    assert!(told(&mut vault));
}

#[test]
fn lines_that_a_power_cut_brought_back_without_the_last_are_not_taken_twice() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let path = home.path().join("keymoor.db.uses");
    (1..=3).for_each(|n| vault.note_use(&lent(n)));
    let text = fs::read_to_string(&path).unwrap();
    vault.take_uses().unwrap();
    let before = vault.activity(0).unwrap();
    fs::write(&path, &text[..text.len() - 100]).unwrap();
    vault.take_uses().unwrap();
    assert_eq!(vault.activity(0).unwrap(), before);
    vault.note_use(&lent(4));
    assert!(!told(&mut vault));
    assert_eq!(vault.activity(0).unwrap().len(), 4);
}
