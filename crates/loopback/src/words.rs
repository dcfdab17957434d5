//! What a person reads in an error: what is wrong, and a way out.

use keymoor_vault::Input;

use crate::refusal::Code;
use crate::wrong::{self, Wrong};

/// Of a token that nobody has, in place of the words for one that is missing.
pub(crate) const WRONG_TOKEN: (&str, &str) = (
    "The token is wrong, or was revoked.",
    "keymoor grant list says who may ask. To let a program in anew: keymoor grant revoke PROGRAM, keymoor grant add PROGRAM.",
);

/// Of a setting that says where a key goes, in place of the words for such a field.
pub(crate) const SETTING_LEADS: (&str, &str) = (
    "A program may not send a key to another address.",
    "Whoever owns the key sets that, with keymoor service set or in the window.",
);
/// Of a service that has none, in place of the words for a setting that it lacks.
pub(crate) const NO_SETTINGS: (&str, &str) = ("The service has no settings.", "");
/// Of a value that a setting cannot have. The settings that there are follow.
pub(crate) const BAD_SETTING: (&str, &str) = ("A setting cannot have that value.", "The service's settings:");

/// What of a credential is not valid.
pub(crate) fn input(input: Input) -> Option<Wrong> {
    let (field, problem) = match input {
        Input::Provider => ("/provider", wrong::PROVIDER),
        Input::Name => ("/name", wrong::NAME),
        Input::Label => ("/labels", "each has to be one line of 1 to 200 characters"),
        Input::Note => ("/note", "has at most 16 KiB, and no NUL byte"),
        Input::FieldName => ("/fields", "needs names of one line of 1 to 200 characters, each once"),
        Input::FieldValue => ("/fields", "has a value with a NUL byte"),
        Input::Secret => ("/secret", wrong::TEXT),
        Input::Setting => ("", "has a value that the setting cannot have"),
        Input::KeyAsName => ("", "has a key where a provider, a name or a label belongs"),
        Input::Program | Input::Sample | Input::Days => return None,
    };
    Some(Wrong { field: field.to_owned(), problem: problem.to_owned() })
}

/// Message and hint of a code; an empty hint is none. Names that could be meant follow the hint.
pub(crate) fn of(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::BadRequest => ("The request is not of the documented form.", "See /openapi.json."),
        Code::InvalidValue => (
            "A value is empty, too long, or has characters that do not belong there.",
            "Names have up to 200 characters on one line, a provider no slash; nothing has a NUL byte.",
        ),
        Code::NoSecret => ("A credential needs at least one secret, and a secret is not empty.", ""),
        Code::MaskedSecret => (
            "That is a masked value and no secret.",
            "Send the secret itself. A field that is left out stays as it is.",
        ),
        Code::ExampleSecret => ("That is an example out of the catalogue and nobody's key.", ""),
        Code::LastSecret => {
            ("The last secret field cannot be removed.", "DELETE moves the whole credential to the trash.")
        }
        Code::AddressAlone => (
            "A program may not send a key to another address.",
            "Whoever owns the key changes that, with keymoor edit or in the window. Or send all its secrets anew in the same request:",
        ),
        Code::WhichField => ("It has several secret fields.", "Name them under \"secrets\":"),
        Code::FieldTwice => ("One field has two values.", "Send each field once, secret or not."),
        Code::SecretField => (
            "That field is secret, and does not become open by a slip.",
            "Send it under \"secrets\", or remove it first.",
        ),
        Code::NoSuchSetting => ("The service has no setting of that name.", "It has:"),
        Code::NotAccepted => ("The service does not take that credential.", "It takes credentials of"),
        Code::Unauthenticated => (
            "No token was sent, or not as it should be.",
            "keymoor grant add PROGRAM makes one. Send it as \"Authorization: Bearer kml_…\".",
        ),
        Code::HostRefused => (
            "That host name is not this machine's.",
            "Ask for 127.0.0.1 or localhost, with the port, and without a proxy.",
        ),
        Code::OriginRefused => (
            "Requests of web pages are not answered.",
            "Call from a program, without the headers Origin and Sec-Fetch-Site.",
        ),
        Code::OutOfScope => (
            "The program's grant does not allow that.",
            "keymoor grant list shows what it allows. To allow more: revoke it, and add another.",
        ),
        Code::NotFound => ("That is not here.", ""),
        Code::NoSuchService => ("There is no such service.", "GET /api/services?all=true lists them."),
        Code::MethodNotAllowed => ("That method is not for this address.", "See /openapi.json."),
        Code::TimedOut => ("The request did not arrive in time.", ""),
        Code::NameTaken => ("The provider has a credential of that name already.", "Choose another name."),
        Code::Ambiguous => ("Two devices made a credential of that name.", "Say which, by its id:"),
        Code::WhichCredential => ("Several credentials could be meant.", "Say which, with \"credential\":"),
        Code::NothingToUse => (
            "There is no credential that the service could use.",
            "Save one of a provider that it accepts, or switch one on.",
        ),
        Code::ReadOnly => {
            ("A newer version of Keymoor wrote that.", "It can be read here. Update Keymoor to change it.")
        }
        Code::Unreadable => (
            "No copy of it can be read.",
            "It is kept as it is. keymoor doctor says what each home has of it.",
        ),
        Code::TooLarge => ("That is larger than a credential may be.", "64 KiB for all fields together."),
        Code::UnsupportedMediaType => ("Only JSON is read.", "Send \"Content-Type: application/json\"."),
        Code::RateLimited => ("Too many tokens were wrong.", "Try again in a moment."),
        Code::Internal => ("It could not be done.", "keymoor doctor says how the vault is."),
        Code::DiskFull => ("The disk takes no more.", "Nothing was changed."),
        Code::Busy => (
            "It takes too long, for something else goes on.",
            "Try again. A change may have been made: look first.",
        ),
        Code::Mended => ("The cache was damaged, and was made anew.", "Try again. Nothing was changed."),
        Code::Locked => (
            "The vault is locked.",
            "keymoor status says why. Stop keymoor serve, unlock the vault, and start it again.",
        ),
        Code::Keychain => ("The system's keychain is out of order or locked.", "Unlock it, and try again."),
    }
}
