//! What was entered and cannot be kept.

use std::path::Path;

use keymoor_protocol::limits::BYTES_A_CREDENTIAL;

use super::Words;
use crate::{
    input::{FileError, InputError},
    output::{grouped, plain},
};

const NOTHING_STORED: &str = "Nothing was stored.";

pub(super) fn words(error: &InputError) -> Words {
    let words = match error {
        InputError::Empty => Words::new("The secret is empty."),
        InputError::EmptyField(label) => Words::new(format!("{label} is empty.")),
        InputError::Nul => Words::new("The secret has a NUL byte in it.")
            .hint("Secrets are text. Encode binary ones, for example with base64."),
        InputError::NotUtf8 => Words::new("The secret is not UTF-8 text.")
            .hint("Secrets are text. Encode binary ones, for example with base64."),
        InputError::TooLarge => too_large(BYTES_A_CREDENTIAL),
        InputError::Unreadable => Words::new("The secret could not be read from standard input."),
        InputError::NoTerminal => Words::new("There is no terminal to ask for the secret.")
            .hint("Pipe it in: keymoor add PROVIDER --name NAME --stdin < FILE"),
        InputError::SeveralLines => {
            Words::new("Several lines came at once, and where they end cannot be told.")
                .hint("Pipe it in: keymoor add PROVIDER --name NAME --stdin < FILE")
        }
        InputError::NotFields { line, column } => Words::new(format!(
            "Standard input is not a JSON object of strings (line {line}, column {column})."
        ))
        .hint("It must look like {\"field\": \"secret\", \"another\": \"secret\"}."),
        InputError::FieldTwice(name) => {
            Words::new(format!("The field \"{}\" is given twice.", plain(name))).hint("Give each field once.")
        }
        InputError::NoFields => Words::new("The JSON object has no fields.")
            .hint("It must look like {\"field\": \"secret\", \"another\": \"secret\"}."),
        InputError::RemovesInAdd(name) => {
            Words::new(format!("null removes a field, and \"{}\" is only being added.", plain(name)))
                .hint("To remove one: keymoor edit NAME --fields-stdin, with {\"FIELD\": null} as input.")
        }
        InputError::NotAssignment => {
            Words::new("What follows --set is not FIELD=VALUE.").hint("Example: --set region=eu-west-1")
        }
        InputError::SetSecret(name) => {
            Words::new(format!("\"{}\" is a secret field; --set is for the others.", plain(name)))
                .hint("New values of secret fields come with --stdin or --fields-stdin.")
        }
        InputError::SeveralSecrets { names, command } => {
            let names: Vec<_> = names.iter().map(|name| plain(name)).collect();
            Words::new(format!("It has several secret fields: {}.", names.join(", "))).hint(format!(
                "Say which are new: keymoor {command} NAME --fields-stdin, with {{\"FIELD\": \"SECRET\"}} as input."
            ))
        }
    };
    words.safe(NOTHING_STORED)
}

/// Also said where the vault finds it.
pub(super) fn too_large(limit: usize) -> Words {
    Words::new(format!("The credential is larger than {} KiB.", grouped(limit as u64 / 1024)))
        .safe(NOTHING_STORED)
}

pub(super) fn file(path: &Path, error: FileError) -> Words {
    let path = path.display().to_string();
    let path = plain(&path);
    match error {
        FileError::Missing => Words::new(format!("There is no file {path}.")),
        FileError::Forbidden => Words::new(format!("{path} may not be read by this user.")),
        FileError::Unreadable => Words::new(format!("{path} could not be read.")),
        FileError::TooLarge => Words::new(format!("{path} is far too large to be what was asked for.")),
        FileError::NotText => Words::new(format!("{path} is not UTF-8 text.")),
        FileError::Empty => {
            Words::new(format!("The first line of {path} is empty; the password should stand there."))
        }
    }
    .safe("Nothing was changed.")
}
