//! Full and read-only disks. Root writes through modes, so both are small mounts; where mounting is not allowed, an
//! ordinary user tries the read-only directory by its mode, and a full disk is tried as a file of limited size.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use keymoor_cache::{Cache, Error};
use keymoor_protocol::RecordId;

use crate::made::{numbered, read, record, sized, tags, write};

/// A tmpfs of its own, unmounted when dropped.
struct Mount(PathBuf);

impl Mount {
    fn new(path: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", size, "tmpfs"]).arg(path).output();
        done.is_ok_and(|done| done.status.success()).then(|| Self(path.to_owned()))
    }

    fn remount(&self, option: &str) {
        let option = format!("remount,{option}");
        let done = Command::new("mount").args(["-o", &option]).arg(&self.0).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_says_so_and_loses_nothing() {
    let top = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(&top.path().join("disk"), "size=1m") else {
        return println!("mounting is not allowed here; see a_file_that_may_not_grow");
    };
    let dir = mount.0.join("data");
    let mut cache = Cache::open(&dir).unwrap();
    let mut kept = vec![];
    let failed = loop {
        let id = RecordId::generate();
        let n = kept.len() as u64;
        match cache.write(|c| c.put_draft(&sized(id, 1, 1, 20_000), numbered(n), n)) {
            Ok(()) => kept.push(id),
            Err::<(), Error>(error) => break error,
        }
    };
    assert_eq!(failed, Error::Full);
    assert!(kept.len() > 5, "{}", kept.len());
    // What was acknowledged can be read, by who has it open and by who opens it now.
    let stands = |cache: &mut Cache| {
        let ids: Vec<_> = read(cache, |v| v.drafts()).into_iter().map(|draft| draft.record.id).collect();
        assert_eq!(ids, kept);
    };
    stands(&mut cache);
    stands(&mut Cache::open(&dir).unwrap());
    drop(cache);
    // To the brim, and nobody has it open.
    let filler = mount.0.join("filler");
    let mut left = fs::File::create(&filler).unwrap();
    while std::io::Write::write(&mut left, &[0; 4096]).is_ok() {}
    match Cache::open(&dir) {
        Ok(mut cache) => {
            stands(&mut cache);
            let error: Result<(), Error> = cache.write(|c| c.set_setting("a", &[0; 9000]));
            assert_eq!(error, Err(Error::Full));
        }
        Err(error) => assert_eq!(error, Error::Full),
    }
    assert_eq!(Cache::open(&mount.0.join("new")).err(), Some(Error::Full), "a new one has no place");
    drop(left);
    fs::remove_file(&filler).unwrap();
    let mut cache = Cache::open(&dir).unwrap();
    stands(&mut cache);
    assert_eq!(cache.integrity().unwrap(), Vec::<String>::new());
    drop(cache);
    // With room again it goes on.
    mount.remount("size=8m");
    let mut cache = Cache::open(&dir).unwrap();
    write(&mut cache, |c| c.put_draft(&record(RecordId::generate(), 1, 1), tags(1, 1), 1));
}

#[test]
fn a_read_only_disk_says_so() {
    let top = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(&top.path().join("disk"), "size=4m") else {
        return println!("mounting is not allowed here; see a_directory_without_rights");
    };
    let dir = mount.0.join("data");
    let id = RecordId::generate();
    let mut cache = Cache::open(&dir).unwrap();
    write(&mut cache, |c| c.put_draft(&record(id, 1, 1), tags(1, 1), 1));
    drop(cache);
    mount.remount("ro");
    assert_eq!(Cache::open(&mount.0.join("new")).err(), Some(Error::ReadOnly));
    match Cache::open(&dir) {
        Ok(mut cache) => {
            assert_eq!(read(&mut cache, |v| v.current(id)).unwrap().record().version, 1);
            let written: Result<(), Error> = cache.write(|c| c.set_setting("a", b"1"));
            assert_eq!(written, Err(Error::ReadOnly));
        }
        Err(error) => assert_eq!(error, Error::ReadOnly),
    }
    mount.remount("rw");
    let mut cache = Cache::open(&dir).unwrap();
    assert!(read(&mut cache, |v| v.current(id)).is_some());
    assert_eq!(cache.integrity().unwrap(), Vec::<String>::new());
}
