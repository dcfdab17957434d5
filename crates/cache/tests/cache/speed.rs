//! How long things take with 10,000 records. Printed; the bounds are loose, since test machines are busy.

use std::time::{Duration, Instant};

use keymoor_cache::{Cache, Error};
use keymoor_protocol::{Record, RecordId};

use crate::made::{numbered, read, record, write};

const RECORDS: u64 = 10_000;

fn timed<T>(what: &str, times: u32, mut f: impl FnMut(u32) -> T) -> Duration {
    let mut taken: Vec<Duration> = (0..times)
        .map(|n| {
            let begun = Instant::now();
            f(n);
            begun.elapsed()
        })
        .collect();
    taken.sort_unstable();
    let median = taken[taken.len() / 2];
    println!("{what}: {median:?} (least {:?}, most {:?})", taken[0], taken[taken.len() - 1]);
    median
}

#[test]
fn ten_thousand_records() {
    let records: Vec<Record> = (0..RECORDS).map(|n| record(RecordId::generate(), 1, n as u8)).collect();
    let fill = |cache: &mut Cache| {
        write(cache, |c| {
            records.iter().zip(0..).try_for_each(|(record, n)| c.put_base(record, n, numbered(n)))
        });
    };
    let first_sync = timed("put_base of 10,000 in one write", 3, |_| {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(dir.path()).unwrap();
        let begun = Instant::now();
        fill(&mut cache);
        println!("    the write alone {:?}", begun.elapsed());
    });
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    fill(&mut Cache::open(path).unwrap());
    timed("the same again over it", 1, |_| fill(&mut Cache::open(path).unwrap()));
    let opened = timed("open", 200, |_| Cache::open(path).unwrap());
    let found = timed("open, by_full_name, current, close", 200, |n| {
        let n = u64::from(n) * 47 % RECORDS;
        let mut cache = Cache::open(path).unwrap();
        read(&mut cache, |v| v.current(v.by_full_name(numbered(n).full)?[0])).unwrap()
    });
    let _other = Cache::open(path).unwrap();
    read(&mut Cache::open(path).unwrap(), |v| v.device());
    let mut cache = Cache::open(path).unwrap();
    timed("by_full_name and current, open already", 200, |n| {
        read(&mut cache, |v| v.current(v.by_full_name(numbered(n.into()).full)?[0])).unwrap()
    });
    timed("for_each_meta", 5, |_| read(&mut cache, |v| v.for_each_meta(|_| Ok::<_, Error>(()))));
    timed("for_each_current", 5, |_| read(&mut cache, |v| v.for_each_current(|_| Ok::<_, Error>(()))));
    timed("change_counter", 200, |_| cache.change_counter().unwrap());
    timed("state", 20, |_| read(&mut cache, |v| v.state()));
    timed("a durable save", 100, |n| {
        let n = u64::from(n);
        write(&mut cache, |c| c.put_draft(&record(RecordId::generate(), 1, 1), numbered(RECORDS + n), 1));
    });
    timed("open, save, close", 50, |n| {
        let n = u64::from(n);
        let mut cache = Cache::open(path).unwrap();
        write(&mut cache, |c| c.put_draft(&record(RecordId::generate(), 1, 1), numbered(2 * RECORDS + n), 1));
    });
    timed("integrity", 1, |_| assert_eq!(cache.integrity().unwrap(), Vec::<String>::new()));
    assert!(
        first_sync < Duration::from_secs(3) && found < Duration::from_millis(50),
        "{first_sync:?} {found:?} {opened:?}"
    );
}
