//! Names of variables into which a secret may go.

use crate::words::Failure;

/// With these begin the names by which the system's loader, git and Keymoor itself are told what to load and run.
const GOVERNING_BEGIN: [&str; 4] = ["LD_", "DYLD_", "GIT_CONFIG", "KEYMOOR_"];

/// What shells, interpreters and common tools load or run because of a variable.
const GOVERNING: [&str; 46] = [
    "BASHOPTS",
    "BASH_ENV",
    "BROWSER",
    "CDPATH",
    "CLASSPATH",
    "COMSPEC",
    "DOTNET_STARTUP_HOOKS",
    "EDITOR",
    "ENV",
    "GCONV_PATH",
    "GIT_ASKPASS",
    "GIT_EDITOR",
    "GIT_EXEC_PATH",
    "GIT_PAGER",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "HOME",
    "IFS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "LESSOPEN",
    "LUA_CPATH",
    "LUA_INIT",
    "LUA_PATH",
    "MAKEFLAGS",
    "NODE_OPTIONS",
    "NODE_PATH",
    "OPENSSL_CONF",
    "PAGER",
    "PATH",
    "PATHEXT",
    "PERL5LIB",
    "PERL5OPT",
    "PHPRC",
    "PROMPT_COMMAND",
    "PS4",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "RUBYLIB",
    "RUBYOPT",
    "SHELL",
    "SHELLOPTS",
    "SSH_ASKPASS",
    "VISUAL",
    "_JAVA_OPTIONS",
];

/// # Errors
/// [`Failure::NotAVariable`]; [`Failure::Governing`].
pub(super) fn checked(name: &str) -> Result<(), Failure> {
    if !is_variable(name) || super::secret::looks_like_one(name) {
        return Err(Failure::NotAVariable);
    }
    // Windows does not tell small letters from capitals.
    let upper = name.to_ascii_uppercase();
    let governs =
        GOVERNING.contains(&upper.as_str()) || GOVERNING_BEGIN.iter().any(|begin| upper.starts_with(begin));
    if governs { Err(Failure::Governing(name.to_owned())) } else { Ok(()) }
}

/// Whether every program can look for it.
fn is_variable(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_those_that_a_shell_can_name() {
        assert!(["A", "_a", "GH_TOKEN", "x2", "HTTPS_PROXY"].into_iter().all(|name| checked(name).is_ok()));
        for name in ["", "2x", "A-B", "A B", "Ä", "A=B", "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"] {
            assert!(matches!(checked(name), Err(Failure::NotAVariable)), "{name}");
        }
    }

    #[test]
    fn none_says_what_a_program_loads_or_runs() {
        for name in ["PATH", "Path", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "IFS", "ENV", "NODE_OPTIONS"] {
            assert!(matches!(checked(name), Err(Failure::Governing(_))), "{name}");
        }
        assert!(GOVERNING.is_sorted());
    }

    #[test]
    fn no_provider_s_variable_is_one_of_them() {
        for provider in keymoor_providers::providers() {
            let of = |field: &'static keymoor_providers::Field| {
                field.env.iter().chain(&field.env_file).chain(field.env_parts.keys())
            };
            for name in provider.fields.iter().flat_map(of) {
                assert!(checked(name).is_ok(), "{name}");
            }
        }
    }
}
