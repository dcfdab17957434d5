//! Programs under test: installed once, started on a free port, ended with the test.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A running program, killed when dropped.
pub(crate) struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Program {
    /// Starts it, and waits until something listens on the port.
    pub(crate) fn start(command: &mut Command, port: u16) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let mut program = Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")));
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(program.0.try_wait().unwrap().is_none(), "{command:?} has ended");
            assert!(began.elapsed() < Duration::from_secs(60), "{command:?} does not listen");
            thread::sleep(Duration::from_millis(50));
        }
        program
    }
}

/// A port that is free, and stays this test's: below those that the system hands out by itself, and locked against tests
/// of the same kind.
pub(crate) fn free_port() -> u16 {
    let start = std::process::id() % 10_000;
    (0..10_000)
        .map(|step| 20_000 + ((start + step) % 10_000) as u16)
        .find(|port| {
            let lock = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("port-{port}.lock"));
            let lock = fs::File::create(lock).unwrap();
            let ours = lock.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", *port)).is_ok();
            if ours {
                // Held until the process ends.
                std::mem::forget(lock);
            }
            ours
        })
        .expect("a free port")
}

/// A folder that stays from run to run, made by `make` if it is not there for this `version`.
pub(crate) fn installed(name: &str, version: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Another test may be at it.
    let lock = fs::File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).ok().as_deref() != Some(version) {
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).unwrap();
        make(&folder);
        fs::write(&stamp, version).unwrap();
    }
    folder
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {words}");
}

/// Posts a form to a server on this machine, and gives the answer's body back.
pub(crate) fn post(port: u16, host: &str, authorization: &str, form: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: {authorization}\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{form}",
        form.len()
    )
    .unwrap();
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    assert!(line.contains(" 200 "), "{form}: {line}");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    rest.split_once("\r\n\r\n").unwrap().1.to_owned()
}
