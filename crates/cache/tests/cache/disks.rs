//! Full and read-only disks. Root writes through modes, so both are small mounts; where mounting is not allowed these two
//! say so and pass, since a size limit on files fails in another way than a full disk. A directory without rights is tried
//! everywhere: root drops to an ordinary user for it.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use keymoor_cache::{Cache, Error};
use keymoor_protocol::RecordId;

use crate::made::{numbered, read, record, sized, tags, write};
use crate::processes::{DIR, TASK, told};

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
        return println!("not tried: mounting is not allowed here");
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
        assert_eq!(read(cache, |v| v.draft_ids()), kept);
    };
    stands(&mut cache);
    stands(&mut Cache::open(&dir).unwrap());
    drop(cache);
    // To the brim. The log could not be written back and is still there, so reading goes on.
    let filler = mount.0.join("filler");
    let fill = || {
        let mut file = fs::File::create(&filler).unwrap();
        while file.write(&[0; 4096]).is_ok() {}
    };
    // Emptied, not deleted: a child that another test just starts may still hold a deleted file, and so its space.
    let empty = || fs::File::create(&filler).map(drop).unwrap();
    fill();
    let mut cache = Cache::open(&dir).unwrap();
    stands(&mut cache);
    // More than what a failed write left of the log.
    let written: Result<(), Error> = cache.write(|c| c.set_setting("a", &[0; 90_000]));
    assert_eq!(written, Err(Error::Full));
    drop(cache);
    assert_eq!(Cache::open(&mount.0.join("new")).err(), Some(Error::Full), "a new one has no place");
    empty();
    let mut cache = Cache::open(&dir).unwrap();
    stands(&mut cache);
    assert_eq!(cache.integrity().unwrap(), Vec::<String>::new());
    drop(cache);
    // With room again it goes on.
    mount.remount("size=8m");
    let mut cache = Cache::open(&dir).unwrap();
    write(&mut cache, |c| c.put_draft(&record(RecordId::generate(), 1, 1), tags(1, 1), 1));
    drop(cache);
    // Closed cleanly and then full to the brim: not even the shared memory of SQLite's log has a place. What is there is read
    // all the same, also by two at once, and nobody keeps the other out for longer than that.
    fill();
    let (mut one, mut two) = (Cache::open(&dir).unwrap(), Cache::open(&dir).unwrap());
    for cache in [&mut one, &mut two] {
        assert_eq!(read(cache, |v| v.draft_count()), kept.len() as u64 + 1);
        assert_eq!(cache.integrity().unwrap(), Vec::<String>::new());
        let moment = |cache: &mut Cache| read(cache, |v| v.moment());
        assert_ne!(moment(cache), moment(cache), "nobody would notice a change in between");
        let written: Result<(), Error> = cache.write(|c| c.set_setting("a", b"1"));
        assert_eq!(written, Err(Error::Full));
    }
    // With room again they go on.
    empty();
    write(&mut one, |c| c.set_setting("a", b"1"));
    assert_eq!(read(&mut two, |v| v.setting("a")), Some(b"1".to_vec()));
    // A log that a killed process left is read, too.
    std::mem::forget(one);
    std::mem::forget(two);
    let copy = mount.0.join("copy");
    fs::create_dir(&copy).unwrap();
    for file in ["keymoor.db", "keymoor.db-wal"] {
        fs::copy(dir.join(file), copy.join(file)).unwrap();
    }
    assert!(fs::metadata(copy.join("keymoor.db-wal")).unwrap().len() > 0);
    fill();
    assert_eq!(read(&mut Cache::open(&copy).unwrap(), |v| v.setting("a")), Some(b"1".to_vec()));
}

#[test]
fn a_read_only_disk_says_so() {
    let top = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::new(&top.path().join("disk"), "size=4m") else {
        return println!("not tried: mounting is not allowed here");
    };
    let dir = mount.0.join("data");
    let id = RecordId::generate();
    let mut cache = Cache::open(&dir).unwrap();
    write(&mut cache, |c| c.put_draft(&record(id, 1, 1), tags(1, 1), 1));
    drop(cache);
    mount.remount("ro");
    assert_eq!(Cache::open(&mount.0.join("new")).err(), Some(Error::ReadOnly));
    assert_eq!(Cache::open(&dir).err(), Some(Error::ReadOnly));
    mount.remount("rw");
    let mut cache = Cache::open(&dir).unwrap();
    assert!(read(&mut cache, |v| v.current(id)).is_some());
    assert_eq!(cache.integrity().unwrap(), Vec::<String>::new());
}

#[test]
fn a_directory_without_rights_says_so() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    use std::os::unix::process::CommandExt as _;
    let top = tempfile::tempdir().unwrap();
    let there = top.path().join("there");
    drop(Cache::open(&there).unwrap());
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    // A copy of this binary that an ordinary user may run. Another process makes it: were it open for writing here, a
    // child that another test starts just then would hold it open, and the system would not run it.
    let binary = top.path().join("test");
    let copied = Command::new("cp").arg(std::env::current_exe().unwrap()).arg(&binary).status().unwrap();
    assert!(copied.success());
    mode(&binary, 0o755);
    let mut command = Command::new(&binary);
    if fs::metadata(&there).unwrap().uid() == 0 {
        const NOBODY: u32 = 65_534;
        for path in [&there, &there.join("keymoor.db")] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        command.uid(NOBODY).gid(NOBODY);
    }
    mode(&there, 0o500);
    mode(top.path(), 0o555);
    command.args(["--exact", "processes::child_at_work", "--nocapture"]);
    let done = command.env(DIR, top.path()).env(TASK, "refused").current_dir("/").output();
    mode(top.path(), 0o755);
    mode(&there, 0o700);
    let text = String::from_utf8(done.unwrap().stdout).unwrap();
    assert_eq!(told(&text, "@refused"), ["Some(ReadOnly) Some(ReadOnly)"], "{text}");
}
