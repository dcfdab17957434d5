use keymoor_protocol::DeviceId;
use keymoor_protocol::limits::Limits;
use keymoor_protocol::opaque::LoginKind;
use keymoor_server::store::{
    NewSession, Presented, Purged, RefreshRequest, SessionInfo, Store, StoreError, TokenHashes,
};

use crate::author::Author;

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

/// A family on one device, and short names for what is done with it. Tokens are numbered; a hash is the number.
struct Family<S> {
    store: S,
    author: Author,
    name: [u8; 16],
}

fn tokens(number: u8) -> TokenHashes {
    TokenHashes { access: [number; 32], refresh: [100 + number; 32] }
}

impl<S: Store> Family<S> {
    /// Begun at the moment 0, with token 1.
    async fn begin(store: S) -> Self {
        let author = Author::new();
        store.create_account(author.new_account(), 0).await.unwrap();
        let family = Self { store, author, name: [1; 16] };
        family.log_in(family.author.device, LoginKind::Password, family.name, 0).await;
        family
    }

    async fn log_in(&self, device: DeviceId, kind: LoginKind, family: [u8; 16], now: i64) {
        let account = self.author.account;
        let session = NewSession { account, device, kind, family, salt: [9; 32], tokens: tokens(1), now };
        self.store.begin_session(session).await.unwrap();
    }

    async fn access_of(&self, family: [u8; 16], number: u8, now: i64) -> Result<SessionInfo, StoreError> {
        self.store.session(Presented { family, hash: tokens(number).access }, now).await
    }

    async fn access(&self, number: u8, now: i64) -> Result<(), StoreError> {
        self.access_of(self.name, number, now).await.map(drop)
    }

    /// Refreshes with token `from`, so that token `to` follows.
    async fn refresh(&self, from: u8, to: u8, refresh_id: u8, now: i64) -> Result<(), StoreError> {
        let presented = Presented { family: self.name, hash: tokens(from).refresh };
        self.store.refresh(RefreshRequest { presented, refresh_id: [refresh_id; 16], now }, tokens(to)).await
    }

    async fn is_gone(&self) -> bool {
        self.store.refresh_salt(self.name).await == Err(StoreError::NoSession)
            && self.access(1, 1).await == Err(StoreError::NoSession)
    }
}

pub(super) async fn a_session_is_found_by_its_token<S: Store>(open: impl Fn(Limits) -> S) {
    let family = Family::begin(open(Limits::default())).await;
    let author = &family.author;
    let session = family.access_of(family.name, 1, 1).await.unwrap();
    assert_eq!(
        (session.account, session.vault, session.device),
        (author.account, author.vault, author.device)
    );
    assert_eq!((session.kind, session.logged_in_at), (LoginKind::Password, 0));
    assert_eq!(session.proof_hash, author.new_account().proof_hash);
    assert_eq!(session.expires_at, HOUR);
    assert_eq!(family.store.refresh_salt(family.name).await, Ok([9; 32]));
    assert_eq!(family.access_of([2; 16], 1, 1).await, Err(StoreError::NoSession));
    family.store.end_session(family.name).await.unwrap();
    assert!(family.is_gone().await);
}

pub(super) async fn tokens_rotate_and_a_repetition_gets_the_same<S: Store>(open: impl Fn(Limits) -> S) {
    let family = Family::begin(open(Limits::default())).await;
    family.refresh(1, 2, 1, 1).await.unwrap();
    // The answer was lost, for hours: asked again, it is the same and its time begins anew.
    family.refresh(1, 2, 1, 5 * HOUR).await.unwrap();
    family.access(2, 5 * HOUR + 1).await.unwrap();
    family.refresh(2, 3, 2, 5 * HOUR + 2).await.unwrap();
    family.access(3, 5 * HOUR + 3).await.unwrap();
}

pub(super) async fn a_repetition_after_the_first_use_ends_the_family<S: Store>(open: impl Fn(Limits) -> S) {
    let family = Family::begin(open(Limits::default())).await;
    family.refresh(1, 2, 1, 1).await.unwrap();
    family.access(2, 2).await.unwrap();
    assert_eq!(family.refresh(1, 2, 1, 3).await, Err(StoreError::RefreshReused));
    assert!(family.is_gone().await);
}

pub(super) async fn any_older_token_ends_the_family<S: Store>(open: impl Fn(Limits) -> S) {
    let family = Family::begin(open(Limits::default())).await;
    family.refresh(1, 2, 1, 1).await.unwrap();
    family.refresh(2, 3, 2, 2).await.unwrap();
    assert_eq!(family.refresh(1, 2, 1, 3).await, Err(StoreError::RefreshReused), "two rotations old");
    assert!(family.is_gone().await);
    assert_eq!(family.refresh(3, 4, 3, 4).await, Err(StoreError::NoSession), "the newest is void too");
}

pub(super) async fn another_refresh_id_for_the_token_before_ends_the_family<S: Store>(
    open: impl Fn(Limits) -> S,
) {
    let family = Family::begin(open(Limits::default())).await;
    family.refresh(1, 2, 1, 1).await.unwrap();
    assert_eq!(family.refresh(1, 7, 9, 2).await, Err(StoreError::RefreshReused));
    assert!(family.is_gone().await);
}

pub(super) async fn a_superseded_access_token_is_good_until_its_successor_is_used<S: Store>(
    open: impl Fn(Limits) -> S,
) {
    let family = Family::begin(open(Limits::default())).await;
    family.refresh(1, 2, 1, 1).await.unwrap();
    family.access(1, 2).await.unwrap();
    assert_eq!(family.access(1, HOUR + 1).await, Err(StoreError::TokenExpired), "its own time is over");
    // Its use is none of its successor's: the refresh may still be repeated.
    family.refresh(1, 2, 1, 3).await.unwrap();
    family.access(1, 4).await.unwrap();
    family.access(2, 5).await.unwrap();
    assert_eq!(family.access(1, 6).await, Err(StoreError::TokenExpired));
    family.refresh(2, 3, 2, 7).await.unwrap();
    assert_eq!(
        family.access(1, 8).await,
        Err(StoreError::TokenExpired),
        "long superseded, of a living family"
    );
}

pub(super) async fn tokens_expire<S: Store>(open: impl Fn(Limits) -> S) {
    let family = Family::begin(open(Limits::default())).await;
    family.access(1, HOUR).await.unwrap();
    assert_eq!(family.access(1, HOUR + 1).await, Err(StoreError::TokenExpired));
    family.refresh(1, 2, 1, 90 * DAY).await.unwrap();
    assert_eq!(family.refresh(2, 3, 2, 180 * DAY + 1).await, Err(StoreError::NoSession));
}

pub(super) async fn a_new_login_ends_the_device_s_older_session_of_that_kind<S: Store>(
    open: impl Fn(Limits) -> S,
) {
    let family = Family::begin(open(Limits::default())).await;
    let (device, other) = (family.author.device, DeviceId::generate());
    family.log_in(other, LoginKind::Password, [2; 16], 1).await;
    family.log_in(device, LoginKind::Recovery, [3; 16], 1).await;
    family.access(1, 2).await.unwrap();
    assert_eq!(family.access_of([3; 16], 1, 2).await.unwrap().kind, LoginKind::Recovery);
    family.log_in(device, LoginKind::Password, [4; 16], 3).await;
    assert!(family.is_gone().await);
    for alive in [[2; 16], [3; 16], [4; 16]] {
        family.access_of(alive, 1, 4).await.unwrap();
    }
    let devices = family.store.devices(family.author.account).await.unwrap();
    assert_eq!(devices.len(), 2);
}

pub(super) async fn a_revoked_device_has_no_session<S: Store>(open: impl Fn(Limits) -> S) {
    let family = Family::begin(open(Limits::default())).await;
    let (account, device) = (family.author.account, family.author.device);
    family.store.put_device(account, device, b"sealed".to_vec()).await.unwrap();
    assert!(family.store.devices(account).await.unwrap()[0].sealed.is_some());
    let stranger = Author::new();
    family.store.create_account(stranger.new_account(), 0).await.unwrap();
    assert_eq!(family.store.remove_device(stranger.account, device).await, Err(StoreError::NotFound));
    family.access(1, 2).await.unwrap();
    family.store.remove_device(account, device).await.unwrap();
    assert!(family.is_gone().await);
    assert_eq!(family.store.remove_device(account, device).await, Err(StoreError::NotFound));
    assert_eq!(family.store.put_device(account, device, vec![1]).await, Err(StoreError::NotFound));
}

pub(super) async fn expired_sessions_are_purged_and_their_device_stays<S: Store>(open: impl Fn(Limits) -> S) {
    let family = Family::begin(open(Limits::default())).await;
    family.log_in(DeviceId::generate(), LoginKind::Password, [2; 16], DAY).await;
    assert_eq!(family.store.purge(90 * DAY).await.unwrap(), Purged::default(), "not a day early");
    family.store.refresh_salt(family.name).await.unwrap();
    let purged = family.store.purge(90 * DAY + 1).await.unwrap();
    assert_eq!(purged, Purged { sessions: 1, ..Purged::default() });
    assert!(family.is_gone().await);
    family.store.refresh_salt([2; 16]).await.unwrap();
    assert_eq!(family.store.devices(family.author.account).await.unwrap().len(), 2);
}

pub(super) async fn the_hundred_and_first_device_takes_the_place_of_the_one_longest_unseen<S: Store>(
    open: impl Fn(Limits) -> S,
) {
    let family = Family::begin(open(Limits::default())).await;
    let account = family.author.account;
    let devices: Vec<_> = (2..=100).map(|_| DeviceId::generate()).collect();
    for (number, device) in (2..).zip(&devices) {
        family.log_in(*device, LoginKind::Password, [number; 16], i64::from(number)).await;
    }
    assert_eq!(family.store.devices(account).await.unwrap().len(), 100);
    // One without a session goes first, although it was seen after others.
    family.store.end_session([50; 16]).await.unwrap();
    family.log_in(DeviceId::generate(), LoginKind::Password, [101; 16], 200).await;
    let left = family.store.devices(account).await.unwrap();
    assert_eq!(left.len(), 100);
    assert!(left.iter().all(|device| device.id != devices[48]));
    family.access(1, 200).await.unwrap();
    // Then the one that was seen longest ago; logging in again costs nobody a place.
    family.log_in(devices[0], LoginKind::Password, [102; 16], 201).await;
    family.log_in(DeviceId::generate(), LoginKind::Password, [103; 16], 202).await;
    assert_eq!(family.store.devices(account).await.unwrap().len(), 100);
    assert_eq!(family.access_of([3; 16], 1, 203).await, Err(StoreError::NoSession));
    for alive in [[1; 16], [4; 16], [102; 16], [101; 16], [103; 16]] {
        family.access_of(alive, 1, 203).await.unwrap();
    }
}
