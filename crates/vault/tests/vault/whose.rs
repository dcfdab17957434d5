//! A key that was found somewhere, wherever it stands.

use keymoor_vault::{NewCredential, Owner, Vault};

use crate::place::{add, new, open, plain};

const KEY: &str = "sk-proj-Ab9x0123456789wxyz";
const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\nAgEAAoIBAQDZ\n-----END PRIVATE KEY-----";
const ACCOUNT: &str =
    "{\n  \"type\": \"service_account\",\n  \"rules\": {\"a\": [1, 2]},\n  \"key_id\": \"0123\"\n}";

fn vault() -> (tempfile::TempDir, Vault) {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    add(&mut vault, "key", KEY);
    add(&mut vault, "pem", PEM);
    add(&mut vault, "account", ACCOUNT);
    add(&mut vault, "ending", &format!("{PEM}\n").replace("MIIE", "MIIF"));
    let fields = vec![plain("key_id", "AKIAEXAMPLE000000001")];
    let mut with_id = NewCredential { ..new("aws", "id", "a-secret-of-forty-characters-000000000001") };
    with_id.fields.extend(fields);
    vault.add(with_id).unwrap();
    (home, vault)
}

fn told(vault: &mut Vault, text: &str) -> Vec<(String, usize)> {
    let owners = vault.whose(&text.into()).unwrap();
    owners.into_iter().map(|Owner { name, line, .. }| (name, line)).collect()
}

#[test]
fn a_key_before_any_number_of_boundaries_is_found() {
    let (_home, mut vault) = vault();
    let many: String = (0..200).map(|n| format!("&p{n}=v{n}")).collect();
    for text in [
        format!("GET https://api.example/v1?key={KEY}{many} HTTP/1.1"),
        format!("GET https://api.example/v1?x=1{many}&key={KEY}{many}"),
        format!("https://api.example/v1?x=1{many}&key={KEY}"),
    ] {
        assert_eq!(told(&mut vault, &text), [("key".to_owned(), 1)], "{text}");
    }
    let text = format!("\n?x=1{many}&id=AKIAEXAMPLE000000001{many}");
    assert_eq!(told(&mut vault, &text), [("id".to_owned(), 2)]);
}

#[test]
fn blocks_of_several_lines_are_found_in_the_middle_of_a_log() {
    let (_home, mut vault) = vault();
    let indented = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let ending = PEM.replace("MIIE", "MIIF");
    for (text, name) in [
        (format!("{PEM}\n"), "pem"),
        (format!("\r\n{}\r\n", PEM.replace('\n', "\r\n")), "pem"),
        (indented(PEM), "pem"),
        (format!("\"private_key\": \"{}\\n\",", PEM.replace('\n', "\\n")), "pem"),
        (format!("{PEM}\n").replace("MIIE", "XXXX") + PEM, "pem"),
        (format!("it said {ending} and ended"), "ending"),
        (ACCOUNT.to_owned(), "account"),
        (format!("creds={ACCOUNT}, giving up"), "account"),
        (format!("{{\"level\": \"info\",\n \"with\": {ACCOUNT} }}"), "account"),
        (ACCOUNT.replace('\n', "\r\n"), "account"),
    ] {
        let text = format!("{{ not closed\nsome\tline {{}} }} }}\n{text}\nand }} another {{\n");
        let found = told(&mut vault, &text);
        assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), [name], "{text}");
        assert!((3..=8).contains(&found[0].1), "{found:?}");
    }
}

#[test]
fn a_key_at_the_end_of_a_long_log_is_found_whatever_stands_before() {
    let (_home, mut vault) = vault();
    for unit in
        ["wxyz=", "a=", "{\n", "a\tb\n", "2026-03-01 ERROR 401 for https://api.example/v1?key=abc&limit=1\n"]
    {
        let text = format!("{}\n{KEY}\n", unit.repeat(2000 / unit.len()));
        let found: Vec<_> = told(&mut vault, &text).into_iter().map(|(name, _)| name).collect();
        assert_eq!(found, ["key"], "{unit:?}");
    }
}
