//! What devices and server said to each other: it is read to the last member, and both sides still answer it alike.

use keymoor_journeys::{
    Answer, Call, Liar, Member, World,
    frozen::{ADDRESS, Address, Exchange},
};
use keymoor_protocol::{
    Cursor,
    api::{
        Chain, ErrorBody, Keys, LoginAnswer, LoginFinish, LoginStart, NewAccount, NewKeys, NewPassword, Page,
        Push, Refresh, RegistrationAnswer, RegistrationStart, Session, Snapshot,
    },
    limits::Limits,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{device, state, v1};

fn recorded() -> Vec<Exchange> {
    v1().read("traffic.json")
}

#[test]
fn every_message_is_read_and_written_alike() {
    let mut calls = std::collections::BTreeSet::new();
    for exchange in recorded() {
        let path = exchange.path.split('?').next().unwrap();
        let last = path.rsplit('/').next().unwrap();
        let read: fn(&Exchange) = match (exchange.method.as_str(), path, last) {
            ("GET", "/healthz", _) => |_| {},
            ("POST", "/v1/accounts/registration", _) => both::<RegistrationStart, RegistrationAnswer>,
            ("POST", "/v1/accounts", _) => sent::<NewAccount>,
            ("POST", "/v1/sessions/start", _) => both::<LoginStart, LoginAnswer>,
            ("POST", "/v1/sessions", _) => both::<LoginFinish, Session>,
            ("POST", "/v1/sessions/refresh", _) => both::<Refresh, Session>,
            ("PUT", "/v1/password", _) => sent::<NewPassword>,
            ("GET", "/v1/keys", _) => got::<Keys>,
            ("PUT", "/v1/keys", _) => sent::<NewKeys>,
            ("GET", "/v1/limits", _) => got::<Limits>,
            ("POST", _, "commits") => both::<Push, Cursor>,
            ("GET", _, "commits") => got::<Page>,
            ("GET", _, "chain") => got::<Chain>,
            ("GET", _, "snapshot") => got::<Snapshot>,
            other => panic!("what is {other:?}?"),
        };
        read(&exchange);
        calls.insert((exchange.method.clone(), last.to_owned(), exchange.status));
    }
    assert!(calls.len() >= 7, "the record is not whole: {calls:?}");
}

fn both<S: Serialize + DeserializeOwned, A: Serialize + DeserializeOwned>(exchange: &Exchange) {
    sent::<S>(exchange);
    got::<A>(exchange);
}

fn sent<T: Serialize + DeserializeOwned>(exchange: &Exchange) {
    alike::<T>(exchange, &exchange.request);
}

fn got<T: Serialize + DeserializeOwned>(exchange: &Exchange) {
    match exchange.status {
        200..300 => alike::<T>(exchange, &exchange.answer),
        _ => alike::<ErrorBody>(exchange, &exchange.answer),
    }
}

#[track_caller]
fn alike<T: Serialize + DeserializeOwned>(exchange: &Exchange, text: &str) {
    let place = format!("{} {}", exchange.method, exchange.path);
    let read: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{place}: {error}"));
    let (was, is): (Value, Value) =
        (serde_json::from_str(text).unwrap(), serde_json::to_value(read).unwrap());
    assert!(was == is, "{place}: a member was lost, or another came");
}

#[test]
fn the_server_takes_old_commits_and_gives_them_out_as_before() {
    let (world, v1) = (World::new(), v1());
    let address = Address::take();
    let server = v1.thaw_server("server-before", &world, &address);
    let password = std::fs::read_to_string(v1.path("password")).unwrap();
    let kit = v1.path("join-kit.txt");
    let member = Member::log_in(&server.url(), &kit, password.trim(), keymoor_sealing::Profile::One);
    let vault = member.document.vault;

    let before = member.line.pull(vault, Cursor::START).unwrap().head;
    let mut head = before;
    let mut given = 0;
    for exchange in recorded().iter().filter(|exchange| exchange.status == 200) {
        let path = exchange.path.split('?').next().unwrap();
        if exchange.method == "POST" && path.ends_with("/commits") {
            let push: Push = serde_json::from_str(&exchange.request).unwrap();
            if push.signed.commit().unwrap().seq <= before.seq {
                continue; // it is there already
            }
            head = member.line.push(vault, &push).unwrap();
            assert_eq!(head, serde_json::from_str(&exchange.answer).unwrap());
        }
        if exchange.method == "GET" && path.ends_with("/commits") && head != before {
            let page: Page = serde_json::from_str(&exchange.answer).unwrap();
            let after = cursor(&exchange.path);
            assert!(member.line.pull(vault, after).unwrap() == page, "after {}", after.seq);
            given += 1;
        }
    }
    assert!(head.seq >= before.seq + 2 && given >= 2, "{head:?} {given}");
}

/// What stands in `…/commits?after=SEQ&head=HASH`.
fn cursor(path: &str) -> Cursor {
    let part = |name: &str| path.split(['?', '&']).find_map(|part| part.strip_prefix(name)).unwrap();
    serde_json::from_value(json!({"seq": part("after=").parse::<u64>().unwrap(), "head": part("head=")}))
        .unwrap()
}

/// The phone had slept. It is told word for word what the server of its time told it.
#[test]
fn a_device_takes_old_answers() {
    let (world, v1) = (World::new(), v1());
    let _address = Address::take();
    let server = Liar::at(ADDRESS, "nobody is behind it");
    let recorded: Vec<_> = recorded().into_iter().filter(|exchange| exchange.device == "phone").collect();
    server.tells(move |asked, _| {
        // The recorded session has ended long since; nothing else is new.
        if asked.call == Call::Refresh {
            let session = json!({"access_token": "a", "expires_in": 3600, "refresh_token": "r"});
            return Answer::made_up(200, &session);
        }
        let found = recorded.iter().rfind(|one| (&one.method, &one.path) == (&asked.method, &asked.path));
        let answer =
            |found: &Exchange| Answer { status: found.status, body: found.answer.clone().into_bytes() };
        found.map_or_else(|| Answer::error(404, "NOT_FOUND"), answer)
    });
    let phone = device(&world, &v1, "phone", true, true);
    phone.sync();
    state(&v1, "server").assert_on(&phone);
}
