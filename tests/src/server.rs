//! A real sync server in a process of its own.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use keymoor_protocol::AccountId;

use crate::programs::program;

/// A sync server; it ends when dropped.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    /// Where it listens, once known; it keeps its place over restarts.
    address: String,
    log_level: &'static str,
    process: Option<Child>,
}

impl Server {
    /// Starts it on a free port with its data in `folder`.
    pub(crate) fn start(folder: PathBuf, log_level: &'static str) -> Self {
        Self::start_at(folder, "127.0.0.1:0", log_level)
    }

    /// The same at this address.
    pub fn start_at(folder: PathBuf, address: &str, log_level: &'static str) -> Self {
        fs::create_dir_all(&folder).unwrap();
        let mut server = Self { folder, address: address.to_owned(), log_level, process: None };
        server.start_again();
        server
    }

    /// Where devices find it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// Everything it keeps: database, OPAQUE setup, log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its database's write-ahead log.
    pub fn wal(&self) -> PathBuf {
        self.folder.join("server.db-wal")
    }

    /// The command, not yet started.
    pub fn command(&self) -> Command {
        let mut command = Command::new(program("keymoor-server"));
        let database = format!("sqlite:{}", self.folder.join("server.db").display());
        command.args(["serve", "--listen", &self.address, "--database", &database]);
        // The tests log in as often as they like.
        command.args(["--logins", "100000", "--burst", "100000", "--rate", "100000"]);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("HOME", &self.folder).env("RUST_LOG", self.log_level);
        command
    }

    /// Starts it again after [`stop`](Self::stop), at the same address.
    pub fn start_again(&mut self) {
        self.start_as(self.command());
    }

    /// Starts it by this command, which ends in what [`command`](Self::command) is.
    pub fn start_as(&mut self, mut command: Command) {
        assert!(self.process.is_none(), "it runs already");
        let started = Instant::now();
        loop {
            let log = File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
            let mut child = command.spawn().unwrap();
            let mut line = String::new();
            BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
            if let Some(address) = line.trim().strip_prefix("listening on http://") {
                self.address = address.to_owned();
                self.process = Some(child);
                return;
            }
            let _ = child.kill();
            child.wait().unwrap();
            // While it was away, its port may have served as the near end of somebody's connection.
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(started.elapsed() < Duration::from_secs(10), "the server did not start: {line}\n{log}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it without a warning, as `kill -9` does.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            process.wait().unwrap();
        }
    }

    /// Waits until it has ended by itself; whether it did within some seconds.
    pub fn has_ended(&mut self) -> bool {
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(5) {
            if self.process.as_mut().is_none_or(|process| process.try_wait().unwrap().is_some()) {
                return true;
            }
            thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// Keeps a copy of everything it has, as a backup would.
    pub fn copy(&mut self, name: &str) -> PathBuf {
        let copy = self.folder.with_file_name(name);
        self.stop();
        copy_folder(&self.folder, &copy);
        self.start_again();
        copy
    }

    /// Goes on from a copy, as after a restore.
    pub fn put_back(&mut self, copy: &Path) {
        self.lose_everything();
        copy_folder(copy, &self.folder);
        self.start_again();
    }

    /// Keeps a copy of its database while it runs, as an operator's backup does.
    pub fn back_up(&self, file: &Path) {
        self.database().execute("VACUUM INTO ?1", [file.to_str().unwrap()]).unwrap();
    }

    /// Goes on from a copy of the database that [`back_up`](Self::back_up) kept.
    pub fn restore(&mut self, file: &Path) {
        self.stop();
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(self.folder.join(format!("server.db{suffix}")));
        }
        fs::copy(file, self.folder.join("server.db")).unwrap();
        self.start_again();
    }

    /// Ends every session, as after 90 days. It may run meanwhile.
    pub fn end_sessions(&self) {
        self.database().execute_batch("DELETE FROM session").unwrap();
    }

    /// Lets every access token expire, as after an hour.
    pub fn expire_access_tokens(&self) {
        self.database().execute_batch("UPDATE session SET access_expires_at = 0").unwrap();
    }

    /// Ends every session of one account.
    pub fn end_sessions_of(&self, account: AccountId) {
        self.database().execute("DELETE FROM session WHERE account_id = ?1", [account.0]).unwrap();
    }

    /// Its database, opened beside it.
    pub fn database(&self) -> rusqlite::Connection {
        let database = rusqlite::Connection::open(self.folder.join("server.db")).unwrap();
        database.busy_timeout(Duration::from_secs(10)).unwrap();
        database
    }

    /// Lets it end as on a machine that is shut down: nothing is left in its log files.
    pub fn shut_down(&mut self) {
        if let Some(mut process) = self.process.take() {
            let told = Command::new("kill").arg(process.id().to_string()).status().unwrap();
            assert!(told.success() && process.wait().unwrap().success(), "the server did not end well");
        }
    }

    /// Stops it and loses everything that it kept.
    pub fn lose_everything(&mut self) {
        self.stop();
        fs::remove_dir_all(&self.folder).unwrap();
        fs::create_dir_all(&self.folder).unwrap();
    }
}

/// Copies the files of a folder, and makes the new one.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
