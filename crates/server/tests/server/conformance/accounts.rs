use keymoor_protocol::api::{NewKeys, NewPassword};
use keymoor_protocol::limits::Limits;
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{AccountId, VaultId};
use keymoor_server::store::{Store, StoreError};

use crate::author::Author;

pub(super) async fn an_account_is_registered_once<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let author = Author::new();
    store.create_account(author.new_account(), 1).await.unwrap();
    assert_eq!(store.create_account(author.new_account(), 2).await, Err(StoreError::AccountExists));
    let same_vault = Author { account: AccountId::generate(), ..author.clone() };
    assert_eq!(store.create_account(same_vault.new_account(), 2).await, Err(StoreError::AccountExists));
    let same_account = Author { vault: VaultId::generate(), ..author.clone() };
    assert_eq!(store.create_account(same_account.new_account(), 2).await, Err(StoreError::AccountExists));
    let kept = |kind| store.registration(author.account, kind);
    assert_eq!(kept(LoginKind::Password).await.unwrap().unwrap(), b"password");
    assert_eq!(kept(LoginKind::Recovery).await.unwrap().unwrap(), b"recovery");
    assert_eq!(store.registration(AccountId::generate(), LoginKind::Password).await, Ok(None));
    assert_eq!(store.keys(author.account).await.unwrap(), author.keys(1, 1));
}

pub(super) async fn the_keys_document_is_compared_and_swapped<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let author = Author::new();
    store.create_account(author.new_account(), 1).await.unwrap();
    let put = |expected, version, epoch| {
        store.put_keys(author.account, NewKeys { expected, keys: author.keys(version, epoch) })
    };
    assert_eq!(put(0, 2, 1).await, Err(StoreError::KeysMoved), "another was expected");
    assert_eq!(put(1, 1, 1).await, Err(StoreError::KeysMoved), "not higher");
    assert_eq!(put(1, 2, 0).await, Err(StoreError::InvalidKeys), "an epoch that falls");
    assert_eq!(
        put(1, 2, 2).await,
        Err(StoreError::InvalidKeys),
        "one that rises: its proof would not be known"
    );
    assert_eq!(store.keys(author.account).await.unwrap(), author.keys(1, 1));
    put(1, 2, 1).await.unwrap();
    assert_eq!(put(1, 3, 1).await, Err(StoreError::KeysMoved));
    assert_eq!(store.keys(author.account).await.unwrap(), author.keys(2, 1));
}

pub(super) async fn a_new_password_comes_with_its_keys_document<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let author = Author::new();
    store.create_account(author.new_account(), 1).await.unwrap();
    let set = |expected, recovery: Option<&[u8]>| {
        let keys = NewKeys { expected, keys: author.keys(expected + 1, 1) };
        let new = NewPassword { password: b"new".to_vec(), recovery: recovery.map(<[u8]>::to_vec), keys };
        store.set_password(author.account, new)
    };
    let kept = |kind| store.registration(author.account, kind);
    assert_eq!(set(7, None).await, Err(StoreError::KeysMoved));
    assert_eq!(kept(LoginKind::Password).await.unwrap().unwrap(), b"password", "all or nothing");
    set(1, None).await.unwrap();
    assert_eq!(kept(LoginKind::Password).await.unwrap().unwrap(), b"new");
    assert_eq!(kept(LoginKind::Recovery).await.unwrap().unwrap(), b"recovery");
    set(2, Some(b"fresh")).await.unwrap();
    assert_eq!(kept(LoginKind::Recovery).await.unwrap().unwrap(), b"fresh");
    assert_eq!(store.keys(author.account).await.unwrap().version, 3);
}

pub(super) async fn a_version_beyond_counting_is_refused<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let author = Author::new();
    for version in [0, 1 << 63, u64::MAX] {
        let mut new = author.new_account();
        new.keys.version = version;
        assert_eq!(store.create_account(new, 1).await, Err(StoreError::InvalidKeys), "{version}");
    }
    store.create_account(author.new_account(), 1).await.unwrap();
    for version in [1 << 63, u64::MAX] {
        let new = NewKeys { expected: 1, keys: author.keys(version, 1) };
        assert_eq!(store.put_keys(author.account, new).await, Err(StoreError::InvalidKeys), "{version}");
    }
    assert_eq!(store.keys(author.account).await.unwrap().version, 1);
}
