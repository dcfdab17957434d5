//! A sync server for a demonstration: its data in a temporary folder, on a free port of this machine.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::{
    Outcome,
    process::{Process, until},
};

/// A running sync server, ended when dropped.
pub(crate) struct LocalServer {
    address: String,
    process: Process,
}

impl LocalServer {
    /// Starts it with its data below `folder`, and returns when it answers.
    pub(crate) fn start(program: &Path, folder: &Path) -> Outcome<Self> {
        Self::start_with(program, folder, &[])
    }

    /// The same with these settings in its environment.
    pub(crate) fn start_with(program: &Path, folder: &Path, settings: &[(&str, &str)]) -> Outcome<Self> {
        let folder = folder.join("server");
        let address = free_address().map_err(|error| format!("no free port: {error}"))?;
        let log = folder.join("log");
        let process = spawn(program, &folder, &address, &log, settings)
            .map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
        let mut process = Process::new(process);
        let ready = until(Duration::from_secs(10), || process.has_ended() || is_healthy(&address));
        if ready && !process.has_ended() {
            return Ok(Self { address, process });
        }
        let words = fs::read_to_string(&log).unwrap_or_default();
        Err(format!("the server did not come up:\n{words}"))
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where devices find it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn spawn(
    program: &Path,
    folder: &PathBuf,
    address: &str,
    log: &Path,
    settings: &[(&str, &str)],
) -> std::io::Result<std::process::Child> {
    fs::create_dir_all(folder)?;
    let log = File::create(log)?;
    let database = format!("sqlite:{}", folder.join("server.sqlite").display());
    Command::new(program)
        .args(["serve", "--listen", address, "--database", &database])
        .envs(settings.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
}

/// A port that was free a moment ago.
fn free_address() -> std::io::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn is_healthy(address: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.lines().next().is_some_and(|status| status.split(' ').nth(1) == Some("200")))
    };
    ask().unwrap_or(false)
}
