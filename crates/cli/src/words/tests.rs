use std::io;

use keymoor_vault::{
    Alarm, Backend, CacheError, Candidate, Error, HomeName, Input, KeychainProblem, LendError, Past,
    PastHome, RecordId, ServerProblem, Why, lend::Source,
};

use super::*;
use crate::{
    commands::run::{NotRun, ProjectError},
    input::InputError,
};

/// Every error, in every form of words.
fn failures() -> Vec<Failure> {
    let candidate = |provider: &str| Candidate {
        id: RecordId::generate(),
        provider: provider.into(),
        display: "work".into(),
    };
    let past = |id: &str, alternate| Past {
        id: id.into(),
        version: 2,
        alternate,
        saved_at: 0,
        deleted: false,
        name: "work".into(),
        last_four: Some("1234".into()),
        home: PastHome::Here,
        current: false,
    };
    let keychain = [
        KeychainProblem::NotAvailable,
        KeychainProblem::Locked,
        KeychainProblem::Full,
        KeychainProblem::Damaged,
        KeychainProblem::Cancelled,
        KeychainProblem::Other,
    ];
    let server = [
        ServerProblem::Unreachable,
        ServerProblem::TimedOut,
        ServerProblem::NotOurs,
        ServerProblem::Tls,
        ServerProblem::WrongPin,
        ServerProblem::SignIn,
        ServerProblem::SessionStolen,
        ServerProblem::RateLimited(7),
        ServerProblem::OverQuota,
        ServerProblem::TooLarge,
        ServerProblem::RegistrationClosed,
        ServerProblem::UnknownAccount,
        ServerProblem::KeysBehind,
        ServerProblem::CommitRefused,
        ServerProblem::Refused,
        ServerProblem::Failed(503),
    ];
    let alarms = [
        Alarm::ChainBroken,
        Alarm::StateWrong,
        Alarm::KeysDocument,
        Alarm::RolledBack,
        Alarm::PutBack,
        Alarm::SessionStolen,
    ];
    let homes =
        [Why::SealBroken, Why::Missing, Why::OutOfReach, Why::NotSetUp].map(|why| (HomeName::Cache, why));
    let vault = [
        Error::EmptySecret,
        Error::NoSecret,
        Error::Invalid(Input::Name),
        Error::Invalid(Input::Provider),
        Error::Invalid(Input::Note),
        Error::NulByte(Input::Secret),
        Error::TooLarge { limit: 65_536 },
        Error::WeakPassword,
        Error::InvalidServer,
        Error::PlainHttp,
        Error::WhichField(vec!["a".into(), "b".into()]),
        Error::NoSuchField(vec!["a".into()]),
        Error::NoSuchField(Vec::new()),
        Error::Ambiguous(vec![candidate("aws"), candidate("openai")]),
        Error::Ambiguous(vec![candidate("openai"), candidate("openai")]),
        Error::WhichVersion(vec![past("2-aaaaaaaa", false), past("2-bbbbbbbb", true)]),
        Error::LastSecret,
        Error::AddressAlone(vec!["a".into()]),
        Error::NothingToChange,
        Error::ChangedMeanwhile,
        Error::Unsettled,
        Error::CredentialOff("vapi/a b".into()),
        Error::NotFound,
        Error::NoSuchVersion,
        Error::NoSuchChoice,
        Error::NoAccount,
        Error::NameTaken,
        Error::HasAccount,
        Error::KitsMade,
        Error::KeychainOfAnother,
        Error::KitWithoutServer,
        Error::FileExists("kit.txt".into()),
        Error::MassDelete { count: 90, of: 100 },
        Error::NewerRecord,
        Error::Locked,
        Error::PasswordNeeded,
        Error::WrongPassword,
        Error::LoginRefused,
        Error::RecoveryRefused,
        Error::UnlockedHere(ServerProblem::UnknownAccount),
        Error::BackendChanged(Backend::None),
        Error::LockedEmpty,
        Error::LockedAndDamaged,
        Error::File { path: "/data/keymoor".into(), kind: io::ErrorKind::PermissionDenied },
        Error::KitDamaged(None),
        Error::KitDamaged(Some(3)),
        Error::WordsAlone,
        Error::KitOfAnotherAccount,
        Error::Unreadable { id: RecordId::generate(), homes: homes.to_vec() },
        Error::Io(io::ErrorKind::Other),
        Error::NoRandomNumbers,
    ];
    let cache = [
        CacheError::Full,
        CacheError::ReadOnly,
        CacheError::Damaged,
        CacheError::Newer { found: 9, known: 1 },
        CacheError::Migration,
        CacheError::Busy,
        CacheError::Replaced,
        CacheError::Other(1),
    ];
    let kits = [KitError::NotAKit, KitError::Line("epoch"), KitError::Check, KitError::Word(3)];
    let name = |place, elsewhere| Failure::NoSuchName { name: "work".into(), place, elsewhere };
    let setting = |id, wrong| Failure::Setting { service: keymoor_providers::service(id).unwrap(), wrong };
    let of_service = |id: &str, error| Failure::Service { id: id.to_owned(), error };
    (vault.into_iter())
        .chain(keychain.into_iter().map(Error::Keychain))
        .chain(server.into_iter().map(Error::Server))
        .chain(alarms.into_iter().map(Error::Alarm))
        .chain(cache.into_iter().map(Error::Cache))
        .map(Failure::Vault)
        .chain([ConfigError::Keychain, ConfigError::Service, ConfigError::Home].map(Failure::Config))
        .chain(kits.map(|error| Failure::Kit { path: "kit.txt".into(), error }))
        .chain(
            [(Place::Active, true), (Place::Active, false), (Place::Trash, true), (Place::Trash, false)]
                .map(|(place, elsewhere)| name(place, elsewhere)),
        )
        .chain([
            Failure::NobodysKey { unread: 0 },
            Failure::NobodysKey { unread: 2 },
            Failure::WhichProvider(Vec::new()),
            Failure::NameTaken { provider: Some("openai".into()), name: "work".into() },
            Failure::NameTaken { provider: None, name: "work".into() },
            Failure::NoPassword,
            Failure::PasswordsDiffer,
            Failure::NothingToLookFor,
            Failure::TooMuchToLookThrough(32 << 20),
            Failure::NoName { provider: Some("openai".into()) },
            Failure::SeveralCredentials(Vec::new()),
            setting("google_sheets", WrongSetting::Form),
            setting("google_sheets", WrongSetting::Name),
            setting("google_sheets", WrongSetting::Value),
            setting("openai", WrongSetting::Name),
            of_service("opnai", Error::NoSuchService),
            of_service("sheets", Error::NoSuchService),
            of_service("google_sheets", Error::NothingToUse),
            of_service("google_sheets", Error::WhichCredential(vec!["openai/a".into()])),
            of_service("google_sheets", Error::NotAccepted(Vec::new())),
            of_service("openai", Error::ServiceOff),
            of_service("openai", Error::Unsettled),
            Failure::NoTemplate,
            Failure::Cancelled,
            Failure::Mended,
            Failure::Clipboard(ClipboardError::NoDisplay),
            Failure::Input(InputError::NotUtf8),
        ])
        .chain(lent())
        .collect()
}

/// Everything that keeps a program from being lent what it was to get.
fn lent() -> Vec<Failure> {
    let credential = || "openai/work".to_owned();
    let of = |name: &str| Source::Credential(name.to_owned());
    let setting = || Source::Setting { service: "vapi".into(), setting: "assistant_id".into() };
    let fields = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let twice = |one, other| LendError::VariableTwice { variable: "KEY".into(), one, other };
    let service = |error| LendError::Service { service: "vapi".into(), error };
    let lend = [
        LendError::SwitchedOff(credential()),
        LendError::NoVariable { credential: credential(), fields: fields(&["a"]) },
        LendError::NoVariable { credential: credential(), fields: fields(&["a", "b"]) },
        LendError::WhichField { credential: credential(), fields: fields(&["a", "b"]) },
        LendError::NoSuchField { credential: credential(), fields: fields(&["a"]) },
        twice(of("openai/work"), of("openai/home")),
        LendError::Nul { variable: "KEY".into(), of: of("openai/work") },
        twice(of("openai/work"), setting()),
        twice(setting(), setting()),
        LendError::SettingsMissing { service: "vapi".into(), settings: fields(&["assistant_id"]) },
        service(Error::NoSuchService),
        service(Error::ServiceOff),
        service(Error::NothingToUse),
        service(Error::Unsettled),
        service(Error::WhichCredential(fields(&["vapi/a", "vapi/b"]))),
    ];
    let project = [
        ProjectError::OfOthers,
        ProjectError::FolderOfOthers,
        ProjectError::NoFile,
        ProjectError::NotToml(3),
        ProjectError::Unknown("keys".into()),
        ProjectError::NotTexts("with"),
        ProjectError::Secret,
        ProjectError::Empty,
    ];
    let not_run = [NotRun::NotFound, NotRun::NotRunnable, NotRun::TooMuch, NotRun::NoFiles, NotRun::Failed];
    (lend.into_iter().map(Failure::Lend))
        .chain(project.map(|error| Failure::Project { path: "/p/keymoor.toml".into(), error }))
        .chain(not_run.map(|why| Failure::NotRun { program: "app".into(), why, noted: true }))
        .chain([
            Failure::NothingToLend,
            Failure::NotAVariable,
            Failure::KeyNamed,
            Failure::Governing("PATH".into()),
        ])
        .collect()
}

#[test]
fn every_failure_is_a_sentence_in_a_calm_voice() {
    for failure in failures() {
        let Words { what, safe, hint } = words(&failure);
        assert!(what.ends_with(['.', ')']), "{failure:?}: {what}");
        assert!(
            what.starts_with(|first: char| first.is_uppercase() || !first.is_alphabetic())
                || matches!(
                    failure,
                    Failure::NameTaken { .. }
                        | Failure::Kit { .. }
                        | Failure::Vault(Error::FileExists(_) | Error::CredentialOff(_))
                        | Failure::Config(_)
                        | Failure::Lend(_)
                        | Failure::Project { .. }
                        | Failure::NotRun { .. }
                ),
            "{failure:?}: {what}"
        );
        let all = format!("{what} {safe} {hint}");
        for bad in ["!", "please", "sorry", "oops", "invalid", "illegal", "fatal", "panic"] {
            assert!(!all.to_lowercase().contains(bad), "{failure:?} says {bad:?}: {all}");
        }
        assert!(!all.contains(&format!("{failure:?}")), "no bare code: {all}");
    }
}

#[test]
fn whatever_can_be_mended_says_how() {
    for failure in failures() {
        let words = words(&failure);
        let nothing_to_do = matches!(
            failure,
            Failure::Cancelled
                | Failure::Vault(
                    Error::EmptySecret
                        | Error::NoSecret
                        | Error::NulByte(_)
                        | Error::TooLarge { .. }
                        | Error::NameTaken
                        | Error::NoRandomNumbers
                )
        );
        assert_eq!(words.hint.is_empty(), nothing_to_do, "{failure:?}: {}", words.hint);
    }
}

#[test]
fn exit_codes_are_as_documented() {
    for (failure, code) in [
        (Failure::NobodysKey { unread: 0 }, 3),
        (Failure::NobodysKey { unread: 1 }, 7),
        (Failure::Vault(Error::Io(io::ErrorKind::Other)), 1),
        (Failure::Clipboard(ClipboardError::NoDisplay), 1),
        (Failure::WhichProvider(Vec::new()), 2),
        (Failure::Input(InputError::Empty), 2),
        (Failure::Vault(Error::Ambiguous(Vec::new())), 2),
        (Failure::Vault(Error::NotFound), 3),
        (Failure::NoSuchName { name: "x".into(), place: Place::Active, elsewhere: false }, 3),
        (Failure::Vault(Error::Locked), 4),
        (Failure::Vault(Error::WrongPassword), 4),
        (Failure::NameTaken { provider: None, name: "x".into() }, 5),
        (Failure::Vault(Error::Server(ServerProblem::Unreachable)), 6),
        (Failure::Kit { path: "x".into(), error: KitError::Check }, 7),
        (Failure::Kit { path: "x".into(), error: KitError::NotAKit }, 2),
        (Failure::Vault(Error::Cache(CacheError::Damaged)), 7),
        (Failure::Vault(Error::Keychain(KeychainProblem::Locked)), 8),
        (Failure::NotRun { program: "x".into(), why: NotRun::NotRunnable, noted: false }, 126),
        (Failure::NotRun { program: "x".into(), why: NotRun::NotFound, noted: false }, 127),
    ] {
        assert_eq!(exit_code(&failure), code, "{failure:?}");
    }
}

#[test]
fn credentials_that_share_a_provider_and_a_name_are_told_apart_by_their_ids() {
    let id = RecordId::generate();
    let one = |provider: &str| Candidate { id, provider: provider.into(), display: "work".into() };
    let hint = |candidates| words(&Failure::Vault(Error::Ambiguous(candidates))).hint;
    assert!(hint(vec![one("openai"), one("openai")]).contains(&id.to_string()));
    let apart = hint(vec![one("aws"), one("openai")]);
    assert!(apart.contains("aws/work") && apart.contains("openai/work") && !apart.contains(&id.to_string()));
}

#[test]
fn names_in_messages_cannot_move_the_cursor() {
    let failure = Failure::NoSuchName { name: "a\u{1b}[2J".into(), place: Place::Active, elsewhere: false };
    assert!(!words(&failure).what.contains('\u{1b}'));
}

#[test]
fn hints_can_be_pasted_whatever_the_name_is() {
    let hint = |name: &str| {
        words(&Failure::NoSuchName { name: name.into(), place: Place::Active, elsewhere: true }).hint
    };
    assert!(hint("work").ends_with("keymoor restore work"));
    assert!(hint("-name").ends_with("keymoor restore -- -name"));
    assert!(hint("my key").ends_with("keymoor restore 'my key'"));
}

#[test]
fn a_number_that_several_versions_have_lists_their_ids_and_last_four() {
    let found =
        failures().into_iter().find(|failure| matches!(failure, Failure::Vault(Error::WhichVersion(_))));
    let failure = found.unwrap();
    let hint = words(&failure).hint;
    assert_eq!(exit_code(&failure), 2);
    for part in ["2-aaaaaaaa", "2-bbbbbbbb", "ends in 1234", "--to ID"] {
        assert!(hint.contains(part), "{hint}");
    }
}
