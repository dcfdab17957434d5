//! A program and all that it started, as `/proc` tells of them (proc_pid_status(5)).

use std::{fs, path::PathBuf};

use crate::Outcome;

/// The processes.
pub(super) struct Family(Vec<Member>);

/// One of them.
pub(super) struct Member(u32);

impl Family {
    /// This process, and those below it now.
    pub(super) fn of(first: u32) -> Outcome<Self> {
        let mut parents = Vec::new();
        for entry in fs::read_dir("/proc").map_err(|error| format!("/proc: {error}"))?.flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // A process that has just ended has no parent to tell.
            if let Ok(parent) = Member(id).value("PPid:") {
                parents.push((id, parent));
            }
        }
        let mut family = vec![first];
        let mut at = 0;
        while let Some(&parent) = family.get(at) {
            family.extend(parents.iter().filter(|(_, its)| *its == u64::from(parent)).map(|(id, _)| *id));
            at += 1;
        }
        Ok(Self(family.into_iter().map(Member).collect()))
    }

    /// The one that was started.
    pub(super) fn first(&self) -> &Member {
        &self.0[0]
    }

    /// The sum of what lies in memory; what they share counts for each.
    pub(super) fn resident_bytes(&self) -> Outcome<u64> {
        self.0.iter().map(|member| Ok(member.value("VmRSS:")? * 1024)).sum()
    }

    /// How often any of their threads went to sleep, which is how often it was woken.
    pub(super) fn wakeups(&self) -> Outcome<u64> {
        self.0.iter().map(Member::wakeups).sum()
    }
}

impl Member {
    /// The same of one process.
    pub(super) fn wakeups(&self) -> Outcome<u64> {
        let folder = PathBuf::from(format!("/proc/{}/task", self.0));
        let threads = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        // A thread that has just ended sleeps no more.
        let count = |status: String| value(&status, "voluntary_ctxt_switches:").unwrap_or(0);
        Ok(threads
            .flatten()
            .filter_map(|it| fs::read_to_string(it.path().join("status")).ok())
            .map(count)
            .sum())
    }

    fn value(&self, name: &str) -> Outcome<u64> {
        let path = format!("/proc/{}/status", self.0);
        let status = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        value(&status, name).ok_or_else(|| format!("{path} has no {name}"))
    }
}

fn value(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::process::{Process, until};

    #[test]
    fn a_family_has_memory_and_is_woken() {
        let shell = Command::new("sh").args(["-c", "while :; do sleep 0.01; done"]).spawn().unwrap();
        let shell = Process::new(shell);
        let family = || Family::of(shell.id()).unwrap();
        assert!(until(std::time::Duration::from_secs(5), || family().0.len() == 2), "the child is found");
        assert!(family().first().value("VmRSS:").unwrap() > 100);
        let before = family().first().wakeups().unwrap();
        assert!(until(std::time::Duration::from_secs(5), || family().first().wakeups().unwrap() > before + 5));
    }
}
