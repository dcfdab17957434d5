//! One command of a chore: announced, timed, and on failure shown so that it can be repeated.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use crate::{Outcome, workspace};

/// One command of a chore.
pub(crate) struct Step {
    name: String,
    command: Command,
    folder: PathBuf,
}

impl Step {
    /// Runs `program` at the root of the repository, without standard input.
    pub(crate) fn new(name: &str, program: &str, arguments: &[&str]) -> Self {
        let folder = workspace::root();
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&folder).stdin(Stdio::null());
        Self { name: name.into(), command, folder }
    }

    /// Runs the cargo that started us.
    pub(crate) fn cargo(name: &str, arguments: &[&str]) -> Self {
        Self::new(name, "cargo", arguments)
    }

    /// Runs npm in the folder of the web view. npm is a script on Windows, which must be named in full there.
    pub(crate) fn npm(name: &str, ui: &Path, arguments: &[&str]) -> Self {
        let mut step = Self::new(name, if cfg!(windows) { "npm.cmd" } else { "npm" }, arguments);
        step.command.current_dir(ui);
        step.folder = ui.into();
        step
    }

    /// More arguments.
    pub(crate) fn args(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// One more environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Without this environment variable.
    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Says what is done, does it, and says how long it took.
    pub(crate) fn run(mut self) -> Outcome {
        println!("\n==> {}: {}", self.name, self.as_typed());
        let started = Instant::now();
        let failure = match self.command.status() {
            Ok(status) if status.success() => None,
            Ok(status) => Some(status.to_string()),
            Err(error) => Some(format!("cannot be started: {error}")),
        };
        let seconds = started.elapsed().as_secs_f64();
        match failure {
            None => {
                println!("    {}: ok, {seconds:.1} s", self.name);
                Ok(())
            }
            Some(reason) => Err(format!(
                "{} failed after {seconds:.1} s ({reason}). To repeat it alone:\n    {}",
                self.name,
                self.as_typed()
            )),
        }
    }

    /// The command as one would type it at the root of the repository.
    fn as_typed(&self) -> String {
        let mut words: Vec<String> = self
            .command
            .get_envs()
            .filter_map(|(name, value)| {
                value.map(|value| format!("{}={}", name.to_string_lossy(), quoted(&value.to_string_lossy())))
            })
            .collect();
        words.push(quoted(&self.command.get_program().to_string_lossy()));
        words.extend(self.command.get_args().map(|argument| quoted(&argument.to_string_lossy())));
        let typed = words.join(" ");
        match self.folder.strip_prefix(workspace::root()) {
            Ok(inside) if !inside.as_os_str().is_empty() => format!("(cd {} && {typed})", inside.display()),
            _ => typed,
        }
    }
}

/// Whether a program of this name is on the search path.
pub(crate) fn is_installed(program: &str) -> bool {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(&file).is_file()))
}

fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./:=,@+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_says_how_to_repeat_it() {
        let words =
            Step::cargo("nonsense", &["no-such-command", "two words"]).env("A", "it's").run().unwrap_err();
        assert!(words.starts_with("nonsense failed"), "{words}");
        assert!(words.ends_with(r"A='it'\''s' cargo no-such-command 'two words'"), "{words}");
    }

    #[test]
    fn a_step_elsewhere_names_the_folder() {
        let step = Step::npm("ui", &workspace::root().join("ui"), &["ci"]);
        assert!(step.as_typed().starts_with("(cd ui && npm"), "{}", step.as_typed());
    }
}
