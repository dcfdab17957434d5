use keymoor_protocol::ActorId;

use super::*;

const CHOICE: &str = "service:openai:credential";

fn record(n: u8, set: &[(&str, &str)]) -> (RecordId, Content) {
    let mut action = Content::empty([n; 16], 0).act(ActorId([n; 16]), 1);
    action.set_text(field::KIND, field::SERVICES);
    for (name, text) in set {
        action.set_text(name, text);
    }
    (RecordId([n; 16]), action.finish())
}

fn document(records: &[(RecordId, Content)]) -> Document {
    let mut found = Document::default();
    for (id, content) in records {
        found.take(*id, content.meta.clone());
    }
    found
}

fn written(records: &[(RecordId, Content)], document: &Document) -> Vec<(RecordId, Content)> {
    let after = |(id, content): &(RecordId, Content)| {
        let Share { set, exchanged } = document.share_of(Some(*id));
        let mut action = content.clone().act(ActorId([9; 16]), 2);
        set.iter().for_each(|(name, text)| action.set_text(name, text));
        exchanged.iter().for_each(|(name, (from, to))| action.exchange(name, from, to.as_deref()));
        (*id, action.finish())
    };
    records.iter().map(after).collect()
}

fn choice(n: u8) -> String {
    Chosen::text(RecordId([n; 16]), &format!("openai/{n}"))
}

fn titles(document: &Document) -> Vec<String> {
    document.choices("openai").into_iter().map(|chosen| chosen.title).collect()
}

#[test]
fn two_records_are_read_as_one_and_what_is_set_again_has_one_value() {
    let (one, two) = (choice(1), choice(2));
    let records = [
        record(1, &[(CHOICE, &one), ("service:openai:on", "yes"), ("policy:all", "365")]),
        record(
            2,
            &[(CHOICE, &two), ("service:openai:on", "no"), ("policy:all", "30"), ("service:x:on", "yes")],
        ),
    ];
    let mut read = document(&records);
    assert_eq!(titles(&read), ["openai/2", "openai/1"], "the highest stamp first");
    assert!(read.is_off("openai") && !read.is_on("openai") && read.is_on("x"));
    assert_eq!(read.conflicts("openai"), [("on".to_owned(), vec!["no".to_owned(), "yes".to_owned()])].into());
    assert_eq!(read.policy_conflicts().collect::<Vec<_>>(), [("all", vec!["30", "365"])]);

    read.choose("openai", RecordId([1; 16]), "openai/1");
    read.turn("openai", true);
    read.limit("all", "365");
    let settled = document(&written(&records, &read));
    assert_eq!(titles(&settled), ["openai/1"]);
    assert!(settled.is_on("openai") && settled.is_on("x") && settled.conflicts("openai").is_empty());
    assert_eq!(settled.policy_conflicts().count(), 0);
    assert_eq!(settled.text("policy:all").as_deref(), Some("365"));
}

#[test]
fn what_takes_the_place_of_a_chosen_one_is_no_choice_between_two() {
    let (one, two) = (choice(1), choice(2));
    let records = [record(1, &[(CHOICE, &one)]), record(2, &[(CHOICE, &two)]), record(0, &[(CHOICE, &two)])];
    let mut read = document(&records);
    read.exchange("openai", RecordId([3; 16]), "openai/3");
    assert_eq!(titles(&document(&written(&records, &read))), ["openai/3", "openai/1"]);
}

#[test]
fn a_choice_has_its_credentials_new_id_after_a_join() {
    let (id, content) = record(1, &[(CHOICE, &choice(1))]);
    let moved = moved(content, &[(RecordId([1; 16]), RecordId([7; 16]))].into());
    assert_eq!(document(&[(id, moved)]).chosen("openai").unwrap().id, Some(RecordId([7; 16])));
}
