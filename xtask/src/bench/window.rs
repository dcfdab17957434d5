//! The window beside a Tauri window with nothing in it: start to the first list, memory, and what it does while nothing
//! happens; and beside fixed goals, a letter typed into the search and the size of what the web view loads.

mod family;
mod screen;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{Bench, figure::Figure, sample::alternating};
use crate::{
    Outcome,
    device::Device,
    process::{Process, until},
    step::Step,
    workspace,
};

use family::Family;
use screen::Screen;

const RECORDS: usize = 1_000;
const ROUNDS: usize = 11;
/// A picture that stays so long is the last one.
const STILL: Duration = Duration::from_millis(1_500);
const LONGEST_START: Duration = Duration::from_secs(30);
const LONGEST_COPYING: Duration = Duration::from_secs(300);
/// A window that was just opened has things to do; then this long it is watched doing nothing.
const SETTLING: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(20);
/// What a page may weigh and a letter may take.
const BUNDLE_KB: f64 = 150.0;
const KEYSTROKE_MS: f64 = 16.0;

/// Every figure of the window.
pub(super) fn window(bench: &Bench<'_>) -> Outcome {
    let outcomes = [beside_an_empty_one(bench), keystroke(), bundle()];
    let failed: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("window: {}", failed.join("; "))) }
}

fn beside_an_empty_one(bench: &Bench<'_>) -> Outcome {
    let device = Device::start("window", bench.folder, &bench.keymoor)?;
    bench.fill(&device, RECORDS, &[])?;
    let screen = Screen::start(&bench.folder.join("screen"))?;
    let ours = Windowed { program: &bench.desktop, device: &device, screen: &screen };
    ours.copies_all()?;
    let empty = Windowed { program: &bench.empty, device: &device, screen: &screen };

    let mut start_of_ours = |_| ours.start();
    let mut start_of_empty = |_| empty.start();
    let [first, reference] = alternating(ROUNDS, [&mut start_of_ours, &mut start_of_empty])?;
    Figure::new("empty Tauri window, start to its picture", reference).print();
    let name = format!("window, start to the list of {RECORDS} keys");
    Figure::new(name, first).against("empty window", reference).goal(1.3).print();

    let (ours, empty) = (ours.idle()?, empty.idle()?);
    Figure::of("empty Tauri window, resident memory", empty.resident_mb, "MB").print();
    let memory = Figure::of(format!("window with {RECORDS} keys, resident memory"), ours.resident_mb, "MB");
    memory.against_value("empty window", empty.resident_mb).goal(1.25).print();
    Figure::of("empty Tauri window, wake-ups while idle", empty.wakeups, "/s").print();
    Figure::of("window, wake-ups of its own threads while idle", ours.own_wakeups, "/s").print();
    Figure::of("window, wake-ups while idle", ours.wakeups, "/s")
        .against_value("empty window", empty.wakeups)
        .print();
    Ok(())
}

/// A program with a window, on a device and a screen.
struct Windowed<'a> {
    program: &'a Path,
    device: &'a Device,
    screen: &'a Screen,
}

/// A window in which nothing happens.
struct Idle {
    resident_mb: f64,
    /// How often a second any of its processes was woken.
    wakeups: f64,
    /// The same for the process that is ours, without the web view's.
    own_wakeups: f64,
}

impl Windowed<'_> {
    fn open(&self) -> Outcome<Process> {
        let mut command: Command = self.device.command(self.program);
        self.screen.dress(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|error| format!("{}: {error}", self.program.display()))?;
        Ok(Process::new(child))
    }

    /// Open until every key has its copy in the keychain: what a window that just got a thousand keys has to do first.
    fn copies_all(&self) -> Outcome {
        let _open = self.open()?;
        let mut failed = Ok(());
        let waits = |device: &Device| -> Outcome<f64> {
            let told = device.keymoor(&["status", "--json"], "")?;
            let keychain = told.split_once("\"keychain\"").map_or("", |(_, rest)| rest);
            number(keychain, "waiting")
        };
        let done = until(LONGEST_COPYING, || match waits(self.device) {
            Ok(left) => left == 0.0,
            Err(why) => {
                failed = Err(why);
                true
            }
        });
        failed?;
        if done { Ok(()) } else { Err("the keychain copies are not written".into()) }
    }

    /// From the start of the program to the last change of the picture.
    fn start(&self) -> Outcome<Duration> {
        self.opened().map(|(_, time)| time)
    }

    fn opened(&self) -> Outcome<(Process, Duration)> {
        let dark = self.screen.look()?;
        let started = Instant::now();
        let mut process = self.open()?;
        let (mut before, mut changed) = (dark.clone(), None::<Duration>);
        loop {
            let now = self.screen.look()?;
            if now != before {
                changed = Some(started.elapsed());
                before = now;
            }
            let elapsed = started.elapsed();
            match changed {
                Some(changed) if elapsed > changed + STILL && before != dark => {
                    return Ok((process, changed));
                }
                _ if elapsed > LONGEST_START => {
                    return Err(format!("{} shows nothing", self.program.display()));
                }
                _ if process.has_ended() => {
                    return Err(format!("{} ended by itself", self.program.display()));
                }
                _ => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    fn idle(&self) -> Outcome<Idle> {
        let (process, _) = self.opened()?;
        std::thread::sleep(SETTLING);
        let family = Family::of(process.id())?;
        let resident_mb = family.resident_bytes()? as f64 / 1e6;
        let (began, all, own) = (Instant::now(), family.wakeups()?, family.first().wakeups()?);
        std::thread::sleep(IDLE);
        let seconds = began.elapsed().as_secs_f64();
        let a_second = |before: u64, now: u64| now.saturating_sub(before) as f64 / seconds;
        let (wakeups, own_wakeups) =
            (a_second(all, family.wakeups()?), a_second(own, family.first().wakeups()?));
        Ok(Idle { resident_mb, wakeups, own_wakeups })
    }
}

/// A letter typed into the search of ten thousand keys, as the front end's own measurement tells it.
fn keystroke() -> Outcome {
    let ui = ui()?;
    let output = Command::new("npm")
        .args(["run", "--silent", "bench"])
        .current_dir(&ui)
        .output()
        .map_err(|error| format!("npm: {error}"))?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let figure = |name: &str, member: &str| -> Outcome<Figure> {
        Ok(Figure::of(format!("a letter in the search of 10000 keys, {name}"), number(&told, member)?, "ms"))
    };
    figure("median", "medianMs")?.print();
    figure("p95", "p95Ms")?.against_value("16 ms", KEYSTROKE_MS).goal(1.0).print();
    Ok(())
}

/// What the web view loads, compressed: scripts and styles; fonts are so already.
fn bundle() -> Outcome {
    let mut bytes = 0;
    let assets = ui()?.join("dist/assets");
    let entries = std::fs::read_dir(&assets).map_err(|error| format!("{}: {error}", assets.display()))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|kind| kind == "js" || kind == "css") {
            let packed = Command::new("gzip").args(["-9", "--stdout"]).arg(&path).output();
            bytes += packed.map_err(|error| format!("gzip: {error}"))?.stdout.len();
        }
    }
    let figure = Figure::of("front end, scripts and styles, gzip", bytes as f64 / 1e3, "kB");
    figure.against_value("150 kB", BUNDLE_KB).goal(1.0).print();
    Ok(())
}

/// Builds what the window embeds.
pub(super) fn build_page() -> Outcome {
    Step::npm("ui build", &ui()?, &["run", "--silent", "build"]).run()
}

fn ui() -> Outcome<PathBuf> {
    workspace::ui().ok_or_else(|| "the folder ui is missing".to_owned())
}

/// The number that is a member of a flat JSON object.
fn number(json: &str, member: &str) -> Outcome<f64> {
    let value = json.split_once(&format!("\"{member}\":")).map(|(_, rest)| rest.trim_start());
    let end =
        |rest: &str| rest.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | 'e')).unwrap_or(rest.len());
    let number = value.and_then(|rest| rest.get(..end(rest))).and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| format!("no {member} in what was told: {json}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_out_of_flat_json() {
        let told = r#"{"keys":10000,"medianMs": 2.5,"p95Ms":7}"#;
        assert_eq!(number(told, "medianMs"), Ok(2.5));
        assert_eq!(number(told, "p95Ms"), Ok(7.0));
        assert!(number(told, "p99Ms").is_err());
    }
}
