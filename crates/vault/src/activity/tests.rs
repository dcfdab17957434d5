use keymoor_protocol::{Class, Envelope, RecordId};

use super::*;
use crate::add::{Field, NewCredential, Value};
use crate::config::{Backend, Config};
use crate::error::Alarm;
use crate::vault::Patience;

fn vault(home: &std::path::Path) -> Vault {
    let config =
        Config { home: home.to_owned(), keychain: Backend::None, keychain_service: "unused".to_owned() };
    Vault::open(config, Patience::default(), &mut |_| Some("correct horse".into())).unwrap()
}

fn add(vault: &mut Vault) -> RecordId {
    let fields = vec![Field { name: "secret".to_owned(), value: Value::Secret("a secret".into()) }];
    let (provider, name) = ("openai".to_owned(), "a telling name".to_owned());
    let new = NewCredential { provider, name, fields, ..NewCredential::default() };
    vault.add(new).unwrap().id
}

#[test]
fn every_alarm_is_in_the_status_and_in_the_activity_and_once_while_it_stands() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    for alarm in Alarm::ALL {
        vault.raise(alarm).unwrap();
        let raised = vault.status().unwrap().alarms;
        assert!(raised.iter().any(|raised| raised.code == alarm.code()), "{alarm:?}");
        assert_eq!(vault.activity(0).unwrap()[0].event, Event::Alarm { alarm });
    }
    let told = vault.activity(0).unwrap().len();
    for alarm in Alarm::ALL.into_iter().filter(|alarm| !alarm.informs()) {
        vault.raise(alarm).unwrap();
    }
    let shown = |vault: &mut Vault| vault.status().unwrap().alarms;
    let first = shown(&mut vault);
    std::thread::sleep(std::time::Duration::from_millis(5));
    for alarm in Alarm::ALL {
        vault.raise(alarm).unwrap();
    }
    for again in shown(&mut vault) {
        let before = first.iter().find(|raised| raised.code == again.code).unwrap();
        let informs = Alarm::from_code(&again.code).is_some_and(Alarm::informs);
        assert_eq!(again.at > before.at, informs, "{again:?}: what happens anew is shown from now on");
    }
    let told = told + Alarm::ALL.into_iter().filter(|alarm| alarm.informs()).count();
    assert_eq!(vault.activity(0).unwrap().len(), told, "a sync a minute must not fill it");
}

#[test]
fn every_notice_is_kept_after_it_was_told() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let id = RecordId::generate();
    let notices = [
        Notice::CacheRebuilt { records: 3 },
        Notice::CacheSetAside { path: "/somewhere".into(), taken: 1, whole: false },
        Notice::CacheWasOlder { taken: 2 },
        Notice::Healed { id, from: crate::error::HomeName::Keychain },
        Notice::Quarantined { id },
        Notice::Back { name: "openai/work".to_owned(), erased: true, here: false },
        Notice::OnlyTrashed { name: "openai/work".to_owned() },
        Notice::PasswordWaits,
        Notice::PasswordChanged,
        Notice::ActivityBroken,
        Notice::Alarm(Alarm::PutBack),
    ];
    for notice in notices {
        let event = Event::of(&notice).unwrap();
        vault.tell(notice.clone());
        assert_eq!((vault.notices(), vault.notices()), (vec![notice], vec![]));
        assert_eq!(vault.activity(0).unwrap()[0].event, event);
    }
}

#[test]
fn what_is_written_is_sealed_and_what_does_not_open_is_left_out() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let id = add(&mut vault);
    vault.reveal(id, None).unwrap();
    vault.reveal_to_copy(id, Some("secret")).unwrap();
    let told = vault.activity(0).unwrap();
    let is_copy = |told: &Activity| matches!(&told.event, Event::Revealed { copied: true, .. });
    assert_eq!((told.len(), is_copy(&told[0]), is_copy(&told[1])), (3, true, false));
    for file in ["keymoor.db", "keymoor.db-wal", "keymoor.db.uses"] {
        let bytes = std::fs::read(home.path().join(file)).unwrap();
        assert!(!bytes.windows(7).any(|part| part == b"telling"), "{file}");
    }
    // Taken over from the file, the same is told.
    vault.take_uses().unwrap();
    assert_eq!(vault.activity(0).unwrap(), told);
    assert_eq!(vault.cache.uses().unwrap(), []);
    assert_eq!(vault.activity(told[0].at + 1).unwrap(), []);

    let (newest, torn) = vault
        .cache
        .write(|change| {
            let newest = change.activity(1)?.remove(0);
            let mut torn = newest.bytes.clone();
            torn[120] ^= 1;
            change.replace_activity(newest.id, &Envelope::try_from(torn.clone()).unwrap())?;
            Ok::<_, Error>((newest, torn))
        })
        .unwrap();
    assert_ne!(newest.bytes, torn);
    let left = vault.activity(0).unwrap();
    assert_eq!((&left[0].event, &left[1..]), (&Event::ActivityBroken, &told[1..]));
}

#[test]
fn what_somebody_has_done_says_who_and_what_the_vault_does_by_itself_does_not() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let by = |vault: &mut Vault| vault.activity(0).unwrap()[0].by.clone();
    let id = add(&mut vault);
    assert_eq!(by(&mut vault), None, "nobody said");
    for who in [Who::CommandLine, Who::Window, Who::Program("app".to_owned())] {
        vault.act_for(who.clone());
        let edit = crate::edit::Edit { note: Some(format!("{who:?}")), ..Default::default() };
        vault.edit(id, edit).unwrap();
        assert_eq!(by(&mut vault), Some(who.clone()));
        vault.trash(id).unwrap();
        assert_eq!(by(&mut vault), Some(who.clone()));
        vault.restore(id).unwrap();
        vault.reveal(id, None).unwrap();
        assert_eq!(by(&mut vault), Some(who.clone()));
        vault.take_uses().unwrap();
        assert_eq!(by(&mut vault), Some(who), "taken over");
        vault.tell(Notice::PasswordWaits);
        assert_eq!(by(&mut vault), None, "nobody had that done");
    }
    vault.act_for(Who::Window);
    vault.erase(id).unwrap();
    assert_eq!(by(&mut vault), Some(Who::Window));
}

#[test]
fn what_was_lent_to_a_program_was_used() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let id = add(&mut vault);
    let used = |vault: &mut Vault| vault.all_devices().unwrap().last(id);
    assert_eq!(used(&mut vault), None);
    let subject = Subject { id, name: "openai/a telling name".to_owned() };
    vault.note_use(&Event::Lent { subject, program: "python".to_owned() });
    let at = vault.activity(0).unwrap()[0].at;
    assert_eq!(used(&mut vault), Some(at));
    vault.take_uses().unwrap();
    assert_eq!(used(&mut vault), Some(at));
}

#[test]
fn what_a_later_version_wrote_goes_over_to_new_keys_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = vault(home.path());
    let keys = &vault.keys;
    let later = br#"{"event":"sung","to":"the moon","by":{"phone":1}}"#;
    let sealed = keys.envelope(Class::Activity, RecordId([0; 16]), 1, 1, later).unwrap();
    let other = tempfile::tempdir().unwrap();
    let new = self::vault(other.path()).keys;
    let handed = vault
        .cache
        .write(|change| {
            chain::append(change, keys, now(), &sealed)?;
            hand_over(change, keys, &new)?;
            Ok::<_, Error>(change.activity(1)?.remove(0).bytes)
        })
        .unwrap();
    let handed = Envelope::try_from(handed).unwrap();
    let text = new.open_envelope(RecordId([0; 16]), 1, Class::Activity, &handed).unwrap();
    assert_eq!(*text, later);
}
