//! Everything in the installed package is used once.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use super::said;
use crate::{
    Outcome,
    device::{Device, fed},
    dist::display::Display,
    local_server::LocalServer,
    process::{Process, until},
};

/// What the key of the trial is called.
pub(super) const NAME: &str = "trial";

/// A key that no provider gave out.
pub(super) const SECRET: &str = "the-secret-of-the-trial";

const UNIT: &str = "/usr/lib/systemd/user/keymoor-server.service";
const ENTRY: &str = "/usr/share/applications/Keymoor.desktop";

/// Uses all of it on this device, whose folder is `folder`.
pub(super) fn use_it(device: &Device, folder: &Path) -> Outcome {
    command_line(device)?;
    manual(device)?;
    completions(device)?;
    server(folder)?;
    window(device, folder)
}

fn command_line(device: &Device) -> Outcome {
    let version = printed(device, &["keymoor", "--version"], "")?;
    if version.trim() != concat!("keymoor ", env!("CARGO_PKG_VERSION")) {
        return Err(format!("keymoor --version says {version:?}"));
    }
    printed(device, &["keymoor", "add", "nobody", "--name", NAME, "--stdin"], SECRET)?;
    if printed(device, &["keymoor", "get", NAME], "")?.trim() != SECRET {
        return Err("keymoor get does not print what keymoor add was given".into());
    }
    said("the command line keeps a key");
    Ok(())
}

fn manual(device: &Device) -> Outcome {
    for page in ["keymoor", "keymoor-add", "keymoor-account-create", "keymoor-desktop", "keymoor-server"] {
        let path = printed(device, &["man", "--where", page], "")?;
        let text = printed(device, &["man", "--local-file", "--warnings", path.trim()], "")?;
        if !text.contains(&page.to_uppercase()) {
            return Err(format!("the page {page} does not name itself:\n{text}"));
        }
    }
    said("man finds the pages");
    Ok(())
}

/// As bash does when Tab is pressed for the first time behind `keymoor`.
fn completions(device: &Device) -> Outcome {
    let pressed = "source /usr/share/bash-completion/bash_completion; _completion_loader keymoor; \
                   COMP_WORDS=(keymoor li); COMP_CWORD=1; _keymoor keymoor li keymoor; echo \"${COMPREPLY[*]}\"";
    let offered = printed(device, &["bash", "-c", pressed], "")?;
    if offered.trim() != "list" {
        return Err(format!("bash completes keymoor li to {offered:?}"));
    }
    said("bash completes the commands");
    Ok(())
}

/// What the unit starts, with its data in a temporary folder and on a free port.
fn server(folder: &Path) -> Outcome {
    let unit = fs::read_to_string(UNIT).map_err(|error| format!("{UNIT}: {error}"))?;
    let started = value(&unit, "ExecStart");
    let Some(program) = started.and_then(|line| line.strip_suffix(" serve")) else {
        return Err(format!("{UNIT} starts {started:?}"));
    };
    LocalServer::start(Path::new(program), folder)?;
    said(
        "the server that the unit starts answers; the unit itself is NOT tried, which needs a session of systemd",
    );
    Ok(())
}

/// The window, started as the menu does: it shows the key of the command line, and copies it.
fn window(device: &Device, folder: &Path) -> Outcome {
    let entry = fs::read_to_string(ENTRY).map_err(|error| format!("{ENTRY}: {error}"))?;
    let program = value(&entry, "Exec").ok_or_else(|| format!("{ENTRY} starts nothing"))?;
    let display = Display::start()?;
    let mut command = device.command(program);
    command.env("DISPLAY", display.name()).env("HOME", folder).env_remove("TAURI_WEBVIEW_AUTOMATION");
    command.env("XDG_CONFIG_HOME", folder.join("config")).env("XDG_CACHE_HOME", folder.join("cache"));
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    let mut process = Process::new(child);
    let class = display.window("Keymoor", Duration::from_secs(60))?;
    let known = value(&entry, "StartupWMClass").map(|class| format!("\"{class}\""));
    if !known.is_some_and(|known| class.contains(&known)) {
        return Err(format!("the window is of the class {class:?}, which {ENTRY} does not know"));
    }
    let copied = until(Duration::from_secs(30), || {
        display.press("Down");
        display.press("ctrl+c");
        display.clipboard() == SECRET
    });
    if !copied || process.has_ended() {
        return Err("the window does not copy the key that the command line has".into());
    }
    said("the window opens from the menu's entry and copies the key");
    Ok(())
}

/// The value of a line `name=value`.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

/// What a program on the device prints; an error if it fails.
fn printed(device: &Device, line: &[&str], input: &str) -> Outcome<String> {
    let mut command: Command = device.command(line[0]);
    command.args(&line[1..]);
    let output = fed(command, input).map_err(|error| format!("{} cannot be started: {error}", line[0]))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{} failed:\n{}", line.join(" "), String::from_utf8_lossy(&output.stderr)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_their_whole_name() {
        let text = "ExecStartPre=a\nExecStart=b serve\n";
        assert_eq!(value(text, "ExecStart"), Some("b serve"));
        assert_eq!(value(text, "Exec"), None);
    }
}
