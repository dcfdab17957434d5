//! The web view's types are written from ours: this test compares them, and writes them when told to.

use ts_rs::{Config, TS};

use keymoor_vault::Event;

use crate::{
    answers,
    commands::{activity, catalogue, services, settings, state},
    desk, failure, preferences, requests,
    system::tray,
    verifying,
};

const HEADER: &str = "// Written from src-tauri/src by `KEYMOOR_WRITE_TYPES=1 cargo test -p keymoor-desktop types`. Do not edit.\n\n";
/// `HomeState` is the vault's own type, which does not know of TypeScript; `every_home_state_is_known` compares it.
const HOME_STATES: [&str; 8] =
    ["ok", "off", "behind", "not_set_up", "sign_in", "unreachable", "locked", "damaged"];

/// The vault's own type, too; `every_form_is_known` compares it.
const COPY_FORMS: [&str; 3] = ["environment", "json", "curl"];

fn declarations() -> String {
    let config = Config::default().with_large_int("number");
    macro_rules! all {
        ($($ty:ty),* $(,)?) => { vec![$(<$ty as TS>::decl(&config)),*] };
    }
    let mut all = all![
        activity::ActivityRequest,
        answers::ActivityDay,
        answers::ActivityPage,
        answers::Care,
        answers::Changed,
        answers::CheckState,
        answers::Choice,
        answers::Conflict,
        answers::Copied,
        answers::Detail,
        answers::DeviceInfo,
        answers::Happened,
        answers::Kept,
        answers::Kits,
        answers::Listing,
        answers::Notice,
        answers::Past,
        answers::Said,
        answers::Saved,
        answers::ServiceConflict,
        answers::ServiceInfo,
        answers::ServiceTested,
        answers::Services,
        answers::SettingInfo,
        answers::ShownField,
        answers::SyncReport,
        answers::TemplateInfo,
        answers::Tried,
        answers::Used,
        answers::UsedKey,
        answers::Using,
        answers::WhyNone,
        catalogue::FieldInfo,
        catalogue::FoundInfo,
        catalogue::Problem,
        catalogue::ProviderInfo,
        catalogue::Recognised,
        desk::Shown,
        desk::Step,
        failure::Failure,
        preferences::Language,
        preferences::Preferences,
        preferences::Theme,
        requests::AddRequest,
        requests::CreateRequest,
        requests::EditRequest,
        requests::FilePurpose,
        requests::KitRequest,
        requests::NewField,
        requests::RecoveryRequest,
        requests::SyncRequest,
        services::NewSetting,
        state::Counts,
        settings::Notification,
        settings::Settings,
        state::Habits,
        state::Home,
        state::Homes,
        state::Overview,
        state::Status,
        tray::Tray,
        tray::TrayKey,
        verifying::Outcome,
        verifying::VerifiedSoFar,
    ];
    let states: Vec<String> = HOME_STATES.iter().map(|state| format!("{state:?}")).collect();
    all.push(format!("type HomeState = {};", states.join(" | ")));
    all.push(format!("type CopyForm = {};", COPY_FORMS.map(|form| format!("{form:?}")).join(" | ")));
    let codes: Vec<String> = Event::CODES.iter().map(|code| format!("{code:?}")).collect();
    all.push(format!("type EventCode = {};", codes.join(" | ")));
    let members = answers::EVENT_MEMBERS.iter().map(|(name, kind)| format!(" {name}?: {kind},"));
    all.push(format!("type ActivityEvent = {{ event: EventCode,{} }};", members.collect::<String>()));
    all.sort();
    all.iter().fold(HEADER.to_owned(), |text, declaration| text + "export " + declaration + "\n")
}

#[test]
fn the_web_view_has_the_types_of_the_shell() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/src/backend/types.ts");
    let wanted = declarations();
    if std::env::var_os("KEYMOOR_WRITE_TYPES").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap();
    assert!(found == wanted, "write it anew with KEYMOOR_WRITE_TYPES=1; wanted:\n{wanted}");
}

#[test]
fn every_home_state_is_known() {
    use keymoor_vault::HomeState::{Behind, Damaged, Locked, NotSetUp, Off, Ok, SignIn, Unreachable};
    let all = [Ok, Off, Behind, NotSetUp, SignIn, Unreachable, Locked, Damaged];
    let said = all.map(|state| {
        // A state that is added to the vault has to be added here.
        match state {
            Ok | Off | Behind | NotSetUp | SignIn | Unreachable | Locked | Damaged => {}
        }
        serde_json::to_value(state).unwrap()
    });
    assert_eq!(said.as_slice(), HOME_STATES.map(serde_json::Value::from).as_slice());
}

#[test]
fn every_form_is_known() {
    use keymoor_vault::CopyForm::{Curl, Environment, Json};
    let said = [Environment, Json, Curl].map(|form| {
        match form {
            Environment | Json | Curl => {}
        }
        serde_json::to_value(form).unwrap()
    });
    assert_eq!(said.as_slice(), COPY_FORMS.map(serde_json::Value::from).as_slice());
}
