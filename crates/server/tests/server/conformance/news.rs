use std::sync::{Arc, Mutex};

use keymoor_protocol::limits::Limits;
use keymoor_protocol::opaque::LoginKind;
use keymoor_protocol::{DeviceId, RecordId};
use keymoor_server::store::{NewSession, News, Presented, RefreshRequest, Store, StoreError, TokenHashes};

use crate::author::{Author, Edit, started};

/// What a store has told.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<News>>>);

impl Heard {
    fn of<S: Store>(store: &S) -> Self {
        let heard = Self::default();
        let ear = heard.clone();
        store.tell(Box::new(move |news| ear.0.lock().unwrap().push(news)));
        heard
    }

    /// What came since it was asked last.
    fn since(&self) -> Vec<News> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn tokens(number: u8) -> TokenHashes {
    TokenHashes { access: [number; 32], refresh: [100 + number; 32] }
}

async fn log_in<S: Store>(store: &S, author: &Author, device: DeviceId, family: u8) -> [u8; 16] {
    let now = i64::from(family);
    let (account, kind, family) = (author.account, LoginKind::Password, [family; 16]);
    let session = NewSession { account, device, kind, family, salt: [9; 32], tokens: tokens(1), now };
    store.begin_session(session).await.unwrap();
    family
}

pub(super) async fn a_new_head_is_told_when_it_can_be_read<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let heard = Heard::of(&store);
    let (mut one, mut two) = (started(&store).await, started(&store).await);
    assert_eq!(heard.since(), []);
    for author in [&mut one, &mut two] {
        for seq in 1..=2 {
            let push = author.write(&[Edit::Put(RecordId::generate(), 10)]);
            store.push(author.account, push, 2).await.unwrap();
            assert_eq!(heard.since(), [News::Head(author.account, seq)]);
        }
    }
    let mut wrong = one.draft(&[]);
    wrong.commit.seq += 1;
    assert_eq!(store.push(one.account, wrong.push(), 2).await, Err(StoreError::InvalidCommit));
    let late = two.draft(&[]);
    store.push(two.account, two.write(&[Edit::Put(RecordId::generate(), 10)]), 2).await.unwrap();
    assert!(matches!(store.push(two.account, late.push(), 2).await, Err(StoreError::HeadMoved(_))));
    assert_eq!(heard.since(), [News::Head(two.account, 3)], "what is refused is no news");
}

pub(super) async fn whatever_ends_a_session_is_told<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let heard = Heard::of(&store);
    let author = started(&store).await;
    let (account, device) = (author.account, author.device);
    let other = log_in(&store, &author, DeviceId::generate(), 1).await;

    let first = log_in(&store, &author, device, 2).await;
    assert_eq!(heard.since(), [], "one that begins ends none of another device");
    let second = log_in(&store, &author, device, 3).await;
    assert_eq!(heard.since(), [News::Ended(account, vec![first])], "logged in anew");
    store.end_session(second).await.unwrap();
    assert_eq!(heard.since(), [News::Ended(account, vec![second])], "signed out");
    store.end_session(second).await.unwrap();
    assert_eq!(heard.since(), [], "twice");

    let third = log_in(&store, &author, device, 4).await;
    store.remove_device(account, device).await.unwrap();
    assert_eq!(heard.since(), [News::Ended(account, vec![third])], "device deleted");

    let fourth = log_in(&store, &author, device, 5).await;
    let refresh = |number: u8| {
        let presented = Presented { family: fourth, hash: tokens(1).refresh };
        let request = RefreshRequest { presented, refresh_id: [number; 16], now: 1 };
        store.refresh(request, tokens(number))
    };
    refresh(2).await.unwrap();
    assert_eq!(heard.since(), [], "a rotation ends nothing");
    assert_eq!(refresh(3).await, Err(StoreError::RefreshReused));
    assert_eq!(heard.since(), [News::Ended(account, vec![fourth])], "a used refresh token came back");

    // Devices beyond the number end others, the one longest unseen first.
    for family in 10..110 {
        log_in(&store, &author, DeviceId([family; 16]), family).await;
    }
    assert_eq!(heard.since(), [News::Ended(account, vec![other])]);
}

pub(super) async fn the_head_is_read_by_a_family_that_lives<S: Store>(open: impl Fn(Limits) -> S) {
    let store = open(Limits::default());
    let mut author = started(&store).await;
    let device = author.device;
    let family = log_in(&store, &author, device, 1).await;
    assert_eq!(store.head(family).await, Ok(0));
    store.push(author.account, author.write(&[]), 2).await.unwrap();
    assert_eq!(store.head(family).await, Ok(1));
    store.end_session(family).await.unwrap();
    assert_eq!(store.head(family).await, Err(StoreError::NoSession));
}
