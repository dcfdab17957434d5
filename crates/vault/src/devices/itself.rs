//! What a device says of itself, so that people can tell their devices apart: sealed like the rest, the server reads nothing
//! of it.

use super::payload::DeviceRecord;

/// How old what it said last may become, milliseconds: a device that syncs says so twice a day.
const SAID_MS: u64 = 12 * 60 * 60 * 1000;
/// Letters of a name that are kept.
const LONGEST: usize = 64;

/// What this computer is called. `None` where its system does not say.
pub(super) fn name() -> Option<String> {
    #[cfg(target_os = "linux")]
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    #[cfg(windows)]
    let name = std::env::var("COMPUTERNAME").ok();
    #[cfg(not(any(target_os = "linux", windows)))]
    let name: Option<String> = None;
    name.map(|name| tidy(&name)).filter(|name| !name.is_empty())
}

/// Which system it has: `linux`, `macos`, `windows` …
pub(super) fn platform() -> &'static str {
    std::env::consts::OS
}

/// Puts into its record what it says of itself, if that is other or old. Whether it did.
pub(super) fn introduce(record: &mut DeviceRecord, now: u64) -> bool {
    let (name, platform) = (name(), Some(platform().to_owned()));
    // A clock that was set back does not stop it.
    let old = record.seen > now || now - record.seen >= SAID_MS;
    if !old && record.name == name && record.platform == platform {
        return false;
    }
    (record.name, record.platform, record.seen) = (name, platform, now);
    true
}

fn tidy(name: &str) -> String {
    name.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_so_again_only_when_that_is_other_or_old() {
        let mut record = DeviceRecord::default();
        assert!(introduce(&mut record, 1_000 + SAID_MS));
        assert_eq!(record.platform.as_deref(), Some(platform()));
        assert!(!introduce(&mut record, 1_000 + 2 * SAID_MS - 1));
        assert!(introduce(&mut record, 1_000 + 2 * SAID_MS));
        assert_eq!(record.seen, 1_000 + 2 * SAID_MS);
        assert!(introduce(&mut record, 5), "a clock that was set back");
        record.name = Some("another".to_owned());
        assert!(introduce(&mut record, 6));
        assert_eq!(record.name, name());
    }

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(tidy(" desk\u{1b}[2J\n"), "desk[2J");
        assert_eq!(tidy(&"x".repeat(200)).len(), LONGEST);
    }
}
