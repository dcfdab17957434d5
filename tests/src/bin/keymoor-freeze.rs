//! Freezes what this version leaves behind: `keymoor-freeze FOLDER`, with released programs in `KEYMOOR_BIN_DIR`.
//!
//! Three devices of one account: `desktop` with a keychain and with changes that the server has not seen, `laptop` without
//! a keychain, and `phone`, which lags behind; the server before and after; both kits; and all that was said on the way.
#![cfg_attr(not(target_os = "linux"), allow(unused))]
#![allow(clippy::print_stderr, clippy::unwrap_used)] // A program for a terminal, run by hand.

use std::{
    collections::BTreeMap,
    env, fs,
    path::Path,
    process::ExitCode,
    sync::{Arc, Mutex},
};

use keymoor_journeys::{
    Device, Dice, Liar, PASSWORD, World,
    frozen::{ADDRESS, Address, Credential, Exchange, Frozen, State},
};

fn main() -> ExitCode {
    let Some(folder) = env::args().nth(1) else {
        eprintln!("usage: keymoor-freeze FOLDER");
        return ExitCode::from(2);
    };
    let frozen = Frozen::at(Path::new(&folder));
    if frozen.path("states.json").exists() {
        eprintln!("keymoor-freeze: {folder} is frozen already, and what is frozen never changes");
        return ExitCode::FAILURE;
    }
    fs::create_dir_all(&folder).unwrap();
    freeze(&frozen);
    ExitCode::SUCCESS
}

fn freeze(frozen: &Frozen) {
    let world = World::new();
    let _address = Address::take();
    let mut server = world.server();
    let recorder = Recorder::start(ADDRESS, &server.url());
    let (mut desktop, mut laptop) = (world.device("desktop"), world.device_without_keychain("laptop"));
    let mut phone = world.device("phone");

    recorder.say("desktop");
    let made = Made::new();
    made.first(&desktop);
    let (join, recovery) = (world.join_kit(), world.recovery_kit());
    let create = ["account", "create", "--server", &recorder.between.url()];
    let kits = ["--kit", join.to_str().unwrap(), "--recovery", recovery.to_str().unwrap()];
    desktop.done(&[&create[..], &kits].concat());
    for (name, device) in [("laptop", &laptop), ("phone", &phone)] {
        recorder.say(name);
        world.join(device);
    }
    // From here on the phone sleeps: what it will be told when it wakes up is recorded at the end.
    frozen.freeze("phone", &mut phone, true);
    server.shut_down();
    frozen.freeze_server("server-before", server.folder());
    server.start_again();

    made.apart(&desktop, &laptop);
    for (name, device) in [("desktop", &desktop), ("laptop", &laptop), ("desktop", &desktop)] {
        recorder.say(name);
        device.sync();
    }
    recorder.say("phone");
    phone.sync();
    made.on_server().assert_on(&phone);
    made.on_server().assert_on(&laptop);
    frozen.freeze("laptop", &mut laptop, false);
    server.shut_down();
    frozen.freeze_server("server", server.folder());

    made.unsent(&desktop);
    made.on_desktop().assert_on(&desktop);
    frozen.freeze("desktop", &mut desktop, true);

    for kit in [&join, &recovery] {
        fs::copy(kit, frozen.path(kit.file_name().unwrap().to_str().unwrap())).unwrap();
    }
    frozen.write("traffic.json", &*recorder.exchanges.lock().unwrap());
    frozen.write(
        "states.json",
        &BTreeMap::from([("server", made.on_server()), ("desktop", made.on_desktop())]),
    );
    fs::write(frozen.path("password"), format!("{PASSWORD}\n")).unwrap();
}

/// Stands between devices and server, and writes down what they say.
struct Recorder {
    between: Liar,
    device: Arc<Mutex<String>>,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Recorder {
    fn start(address: &str, url: &str) -> Self {
        let recorder =
            Self { between: Liar::at(address, url), device: Arc::default(), exchanges: Arc::default() };
        let (device, exchanges) = (Arc::clone(&recorder.device), Arc::clone(&recorder.exchanges));
        recorder.between.tells(move |asked, pass| {
            let answer = pass(asked);
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            exchanges.lock().unwrap().push(Exchange {
                device: device.lock().unwrap().clone(),
                method: asked.method.clone(),
                path: asked.path.clone(),
                request: text(&asked.body),
                status: answer.status,
                answer: text(&answer.body),
            });
            answer
        });
        recorder
    }

    /// Whose calls come now.
    fn say(&self, device: &str) {
        *self.device.lock().unwrap() = device.to_owned();
    }
}

/// Everything that is made up, and where it is at the end.
struct Made {
    openai: [String; 3],
    service_account: String,
    large: String,
    slack: [String; 3],
}

impl Made {
    fn new() -> Self {
        let dice = &mut Dice::new(20_261_121);
        let openai = [1, 2, 3].map(|_| format!("sk-proj-{}T3BlbkFJ{}", dice.text(74), dice.text(74)));
        let slack = [1, 2, 3].map(|_| format!("xoxb-{}", dice.text(48)));
        let lines: Vec<_> = (0..27).map(|_| dice.text(64)).collect();
        let key = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
        let account = serde_json::json!({
            "type": "service_account", "project_id": "made-up", "private_key": key,
            "client_email": "robot@made-up.example",
        });
        let service_account = serde_json::to_string_pretty(&account).unwrap();
        Self { openai, service_account, large: dice.text(40 * 1024), slack }
    }

    /// Before there is an account.
    fn first(&self, desktop: &Device) {
        desktop.add("openai", "work", &self.openai[0]).done();
        desktop.done(&[
            "edit",
            "openai/work",
            "--label",
            "billing",
            "--label",
            "team",
            "--note",
            "ask Ana first",
        ]);
        desktop.edit("openai/work", &self.openai[1]).done();
        desktop.add("google", "analytics", &self.service_account).done();
        desktop.add("vendor", "large", &self.large).done();
        let aws = ["add", "aws", "--name", "main", "--fields-stdin", "--set", "region=eu-west-1"];
        desktop.feed(&aws, AWS.as_bytes()).done();
        desktop.add("slack", "bot", &self.slack[0]).done();
        desktop.add("stripe", "old", "sk_made_up_0123456789").done();
        desktop.done(&["rm", "stripe/old"]);
        desktop.add("github", "gone", "ghp_made_up_0123456789").done();
        desktop.add("heroku", "erased", "hrku_made_up_0123456789").done();
    }

    /// What two devices do unseen of each other.
    fn apart(&self, desktop: &Device, laptop: &Device) {
        desktop.edit("slack/bot", &self.slack[1]).done();
        desktop.done(&["rm", "github/gone"]);
        desktop.done(&["erase", "github/gone"]);
        laptop.edit("slack/bot", &self.slack[2]).done();
        laptop.add("mistral", "lab", "a short one").done();
    }

    /// What the server has not seen yet.
    fn unsent(&self, desktop: &Device) {
        desktop.edit("openai/work", &self.openai[2]).done();
        desktop.add("cohere", "new", "co-made-up-0123456789").done();
        desktop.done(&["rm", "heroku/erased"]);
        desktop.done(&["erase", "heroku/erased"]);
    }

    fn on_server(&self) -> State {
        let work = Credential {
            labels: vec!["billing".to_owned(), "team".to_owned()],
            note: Some("ask Ana first".to_owned()),
            ..credential("openai/work", &self.openai[1])
        };
        let aws = Credential {
            name: "aws/main".to_owned(),
            secrets: serde_json::from_str(AWS).unwrap(),
            open: BTreeMap::from([("region".to_owned(), "eu-west-1".to_owned())]),
            ..Credential::default()
        };
        State {
            credentials: vec![
                work,
                credential("google/analytics", &self.service_account),
                credential("vendor/large", &self.large),
                aws,
                Credential { other: Some(self.slack[1].clone()), ..credential("slack/bot", &self.slack[2]) },
                credential("mistral/lab", "a short one"),
                credential("heroku/erased", "hrku_made_up_0123456789"),
            ],
            trash: vec!["stripe/old".to_owned()],
            gone: vec!["github/gone".to_owned()],
        }
    }

    fn on_desktop(&self) -> State {
        let mut state = self.on_server();
        state.credentials[0].secrets = credential("", &self.openai[2]).secrets;
        state.credentials[0].earlier = self.openai[..2].to_vec();
        state.credentials.retain(|one| one.name != "heroku/erased");
        state.credentials.push(credential("cohere/new", "co-made-up-0123456789"));
        state.gone.push("heroku/erased".to_owned());
        state
    }
}

const AWS: &str =
    r#"{"access_key_id": "AKIAMADEUP0123456789", "secret_access_key": "line one\nline \"two\" é"}"#;

fn credential(name: &str, secret: &str) -> Credential {
    let secrets = BTreeMap::from([("secret".to_owned(), secret.to_owned())]);
    Credential { name: name.to_owned(), secrets, ..Credential::default() }
}
