//! An old key that somebody uses again since it was replaced is not revoked.

use keymoor_vault::{GrantScope, StillUsed};

use super::*;

fn on(yes: bool) -> Edit {
    Edit { on: Some(yes), ..Edit::default() }
}

fn token(secret: &str) -> Edit {
    Edit { fields: vec![sealed("token", secret)], ..Edit::default() }
}

#[test]
fn an_old_key_that_is_on_edited_chosen_or_granted_is_not_revoked() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let (options, seen) = provider("github", |text| if text.starts_with("POST ") { (202, "") } else { GOOD });
    let Rotation { old, new, .. } = switched(&mut vault);
    let is_used = |vault: &mut Vault, why: StillUsed| {
        let rotation = vault.rotation(new).unwrap().unwrap();
        assert_eq!(vault.old_key_is_used(&rotation).unwrap(), Some(why.clone()));
        let done = vault.revoke_rotated(&rotation, &options, true).unwrap();
        assert_eq!(done, Revoking::Used(why));
        assert_eq!(seen.lock().unwrap().len(), 0, "nothing is sent");
    };
    edit(&mut vault, old, on(true));
    is_used(&mut vault, StillUsed::On);
    vault.enable_service("github", Some(old)).unwrap();
    edit(&mut vault, old, on(false));
    is_used(&mut vault, StillUsed::Services(vec!["github".to_owned()]));
    vault.disable_service("github").unwrap();
    is_used(&mut vault, StillUsed::Services(vec!["github".to_owned()]));
    vault.enable_service("github", Some(new)).unwrap();
    edit(&mut vault, old, token("ghp_another"));
    is_used(&mut vault, StillUsed::Edited);
    edit(&mut vault, old, token("ghp_old"));
    edit(&mut vault, old, note("a note is no use"));
    vault.add_grant("n8n", GrantScope::Read, Some(vec![old])).unwrap();
    is_used(&mut vault, StillUsed::Programs(vec!["n8n".to_owned()]));
    vault.revoke_grant("n8n").unwrap();

    let rotation = vault.rotation(new).unwrap().unwrap();
    assert_eq!(vault.old_key_is_used(&rotation).unwrap(), None);
    let done = vault.revoke_rotated(&rotation, &options, false).unwrap();
    assert!(matches!(done, Revoking::Asked(Outcome::Revoked(_))), "{done:?}");
}

/// The provider takes its time to accept the new one.
#[test]
fn a_service_that_takes_the_old_key_while_the_new_one_is_verified_keeps_it() {
    let home = tempfile::tempdir().unwrap();
    let mut vault = open(home.path());
    let rotation = switched(&mut vault);
    let (path, old) = (home.path().to_owned(), rotation.old);
    // A fallback is used visibly, so that the one that is off can be chosen.
    vault
        .add(NewCredential {
            fields: vec![sealed("token", "ghp_company")],
            fallback: true,
            ..new("github", "company", "")
        })
        .unwrap();
    edit(&mut vault, rotation.new, on(false));
    let (options, seen) = provider("github", move |text| {
        if text.starts_with("POST ") {
            return (202, "");
        }
        open(&path).enable_service("github", Some(old)).unwrap();
        GOOD
    });
    let rotation = vault.rotation(rotation.new).unwrap().unwrap();
    let done = vault.revoke_rotated(&rotation, &options, true).unwrap();
    assert_eq!(done, Revoking::Used(StillUsed::Services(vec!["github".to_owned()])));
    assert_eq!(revocations(&seen), 0);
}
