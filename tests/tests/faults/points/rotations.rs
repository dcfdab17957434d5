//! A rotation that is killed at each of its points: the old key or the new one is in use, and the same command goes on.

use keymoor_journeys::{Device, Provider, Reply, World};

use super::{client::Work, struck, table::CLIENT};

/// What Amazon answers to every question at once: another key, whose it is, and that a change was made.
const AMAZON: &str = "<Response><AccessKeyId>AKIAEXAMPLEMADE00002</AccessKeyId>\
    <SecretAccessKey>a-made-secret-of-forty-characters-000002</SecretAccessKey>\
    <Arn>arn:aws:iam::123456789012:user/ci</Arn><Account>123456789012</Account></Response>";
const MADE: &str = "a-made-secret-of-forty-characters-000002";
const OLD: &str = "the-first-secret-of-forty-characters-001";
const ROTATE: [&str; 4] = ["rotate", "k", "--yes", "--allow-test-providers"];

fn amazon(device: &mut Device) -> Provider {
    let provider = Provider::new("aws");
    provider.stands_in_for(device);
    provider.say("", Reply::of(200, AMAZON));
    let fields = format!(r#"{{"secret_access_key": "{OLD}"}}"#);
    let set = ["--set", "access_key_id=AKIAEXAMPLEMADE00001"];
    let add = [&["add", "aws", "--name", "k", "--fields-stdin"], &set[..]].concat();
    device.feed(&add, fields.as_bytes()).done();
    provider
}

fn github(device: &mut Device) -> Provider {
    let provider = Provider::new("github");
    provider.stands_in_for(device);
    provider.say("", Reply::of(202, ""));
    provider.say(MADE, Reply::of(200, r#"{"login":"octocat"}"#));
    device.add("github", "k", OLD).done();
    provider
}

/// What a program that asks for the service gets.
#[track_caller]
fn in_use(device: &Device) -> String {
    String::from_utf8(device.done(&["get", "k", "--raw"]).out).unwrap()
}

fn walk(work: Work) {
    let mut count = 0;
    for (point, _) in CLIENT.iter().filter(|(_, at)| *at == work) {
        let world = World::without_a_disk();
        let mut device = world.device_without_keychain("a");
        let makes = work == Work::Make;
        let (provider, more) = match makes {
            true => (amazon(&mut device), "--make"),
            false => (github(&mut device), "--stdin"),
        };
        device.done(&["service", "enable", if makes { "aws" } else { "github" }]);
        let arguments = [&ROTATE[..], &[more]].concat();
        let input = if makes { "" } else { MADE };
        struck(&device, point, &arguments, input.as_bytes());

        // Whatever is in use is a whole key, the old one is nowhere lost, and none is forgotten.
        let key = in_use(&device);
        assert!([OLD, MADE].contains(&key.as_str()), "{point}: {key}");
        let known = |secret: &str| device.feed(&["whose", "--stdin"], secret.as_bytes()).code == Some(0);
        assert!(known(OLD), "{point}");
        let asked = provider.asked().len();
        if makes && asked > 0 && !known(MADE) {
            device.feed(&arguments, b"").ends(5, &["there may be one that nobody has"]);
            assert_eq!(provider.asked().len(), asked, "{point}: no second one is made");
        }

        // Once all is done, the same command would begin anew.
        if *point != "save.written:3" {
            let looked = [&arguments[..], if makes { &["--looked"] } else { &[] }].concat();
            let ran = device.feed(&looked, input.as_bytes());
            assert_eq!(ran.code, Some(0), "{point}: {ran}");
        }
        assert_eq!((in_use(&device).as_str(), device.list().len()), (MADE, 1), "{point}");
        assert_eq!(device.done(&["trash", "--json"]).json().as_array().unwrap().len(), 1, "{point}");
        device.assert_well();
        count += 1;
    }
    eprintln!("killed at {count} points");
}

#[test]
fn of_a_key_that_is_brought() {
    walk(Work::Rotate);
}

#[test]
fn of_a_key_that_is_made() {
    walk(Work::Make);
}
