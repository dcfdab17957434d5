//! The one writer: it takes what waits, runs each in a savepoint, commits once, and only then answers all.
//!
//! An fsync costs milliseconds and a commit's rows cost microseconds, so under load one fsync serves many pushes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use keymoor_fail_points::reached;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::rows;
use crate::store::StoreError;

/// Use cases in one transaction at most: keeps the wait of the first one bounded.
const GROUP: usize = 256;
/// Use cases that wait at most. Each holds a request's body, also when its client has hung up.
const WAITING: usize = 512;

/// Told whether the transaction was committed, answers the caller.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Does the work inside the transaction; `false` beside the answer if the transaction is not to be committed any more.
type Job = Box<dyn FnOnce(&Connection) -> (Answer, bool) + Send>;

/// Dropped, it finishes what waits and closes the database.
pub(super) struct Writer {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    counts: Arc<(AtomicU64, AtomicU64)>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Self {
        let (jobs, waiting) = sync_channel(WAITING);
        let counts = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let counted = Arc::clone(&counts);
        let thread = std::thread::Builder::new().name("writer".to_owned());
        // Without a thread nothing is written, and that is what each caller hears.
        let thread = thread.spawn(move || serve_or_end(&connection, &waiting, &counted)).ok();
        Self { jobs: Some(jobs), thread, counts }
    }

    /// Runs `work` and returns when it is on the disk. An error, or a panic, rolls back this work alone.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run_and_then(work, |_| ()).await
    }

    /// The same; `then` is called when it is on the disk, also when nobody waits for the answer any more.
    pub(super) async fn run_and_then<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
        then: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let (done, whole) = in_savepoint(connection, work);
            let answer: Answer = Box::new(move |committed| {
                let done = committed.and(done);
                if let Ok(done) = &done {
                    then(done);
                }
                // Nobody waits any more where the client hung up: the work is done all the same.
                let _ = sender.send(done);
            });
            (answer, whole)
        });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Unavailable)?;
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Unavailable,
        })?;
        receiver.await.map_err(|_| StoreError::Unavailable)?
    }

    /// Transactions, and use cases in them.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.counts.0.load(Ordering::Relaxed), self.counts.1.load(Ordering::Relaxed))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // Waited for, or the process would end before the log was written back into the database.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Runs `work` so that nothing of it stays when it fails; `false` if that did not come about.
fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> (Result<T, StoreError>, bool) {
    if let Err(error) = rows::execute(connection, "SAVEPOINT work", ()) {
        return (Err(error), true);
    }
    // A panic must not end the writer: its work is rolled back like that of an error.
    let done = catch_unwind(AssertUnwindSafe(|| work(connection))).unwrap_or(Err(StoreError::Unavailable));
    let undone = if done.is_ok() { Ok(0) } else { rows::execute(connection, "ROLLBACK TO work", ()) };
    match undone.and_then(|_| rows::execute(connection, "RELEASE work", ())) {
        Ok(_) => (done, true),
        Err(error) => (Err(error), false),
    }
}

/// Without its writer a server reads and takes nothing, and nobody would notice soon. What ends is started anew.
fn serve_or_end(connection: &Connection, waiting: &Receiver<Job>, counts: &(AtomicU64, AtomicU64)) {
    if catch_unwind(AssertUnwindSafe(|| serve(connection, waiting, counts))).is_err() {
        tracing::error!("the thread that writes has panicked: the server ends, to be started anew");
        std::process::exit(1); // what was not committed was not acknowledged either
    }
}

fn serve(connection: &Connection, waiting: &Receiver<Job>, counts: &(AtomicU64, AtomicU64)) {
    while let Ok(first) = waiting.recv() {
        if rows::execute(connection, "BEGIN IMMEDIATE", ()).is_err() {
            drop(first); // its caller hears that the database is out of order
            continue;
        }
        let (answers, whole) = run_group(connection, first, waiting);
        reached("writer.before_commit");
        let committed = match whole {
            true => rows::execute(connection, "COMMIT", ()).map(drop),
            false => Err(StoreError::Unavailable),
        };
        if committed.is_err() && !connection.is_autocommit() {
            // A full disk leaves the transaction open.
            let _ = connection.execute_batch("ROLLBACK");
        }
        reached("writer.committed");
        counts.0.fetch_add(1, Ordering::Relaxed);
        counts.1.fetch_add(answers.len() as u64, Ordering::Relaxed);
        answers.into_iter().for_each(|answer| answer(committed));
        reached("writer.answered");
    }
}

/// Runs what waits, until the group is full or SQLite has given the transaction up, as it may on a full disk.
fn run_group(connection: &Connection, first: Job, waiting: &Receiver<Job>) -> (Vec<Answer>, bool) {
    let mut answers = Vec::new();
    let mut next = Some(first);
    while let Some(job) = next {
        let (answer, whole) = job(connection);
        answers.push(answer);
        if !whole || connection.is_autocommit() {
            return (answers, false);
        }
        next = if answers.len() < GROUP { waiting.try_recv().ok() } else { None };
    }
    (answers, true)
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn insert(connection: &Connection, value: i64) -> Result<(), StoreError> {
        connection.execute("INSERT INTO t VALUES (?1)", [value]).map(drop).map_err(rows::failed)
    }

    async fn sum(writer: &Writer) -> i64 {
        let sum = |connection: &Connection| {
            connection
                .query_row("SELECT coalesce(sum(v), 0) FROM t", (), |row| row.get(0))
                .map_err(rows::failed)
        };
        writer.run(sum).await.unwrap()
    }

    fn started() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (v INTEGER)").unwrap();
        Writer::start(connection)
    }

    #[tokio::test]
    async fn an_error_and_a_panic_roll_back_their_own_work_alone() {
        let writer = started();
        writer.run(|connection| insert(connection, 1)).await.unwrap();
        let failing = |connection: &Connection| {
            insert(connection, 10)?;
            Err::<(), _>(StoreError::InvalidCommit)
        };
        assert_eq!(writer.run(failing).await, Err(StoreError::InvalidCommit));
        let panicking = |connection: &Connection| {
            insert(connection, 100)?;
            assert_eq!(connection.changes(), 99, "this panic belongs to the test");
            Ok(())
        };
        assert_eq!(writer.run(panicking).await, Err(StoreError::Unavailable));
        writer.run(|connection| insert(connection, 1000)).await.unwrap();
        assert_eq!(sum(&writer).await, 1001);
    }

    #[tokio::test]
    async fn what_waits_is_bounded() {
        let writer = started();
        let ((begun, has_begun), (held, go)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
        let mut holding = Box::pin(writer.run(move |_| {
            begun.send(()).unwrap();
            go.recv().map_err(|_| StoreError::Unavailable)
        }));
        let mut context = Context::from_waker(Waker::noop());
        assert!(holding.as_mut().poll(&mut context).is_pending());
        has_begun.recv().unwrap();
        let mut waiting = Vec::new();
        for _ in 0..WAITING {
            let mut work = Box::pin(writer.run(|connection| insert(connection, 1)));
            assert!(work.as_mut().poll(&mut context).is_pending());
            waiting.push(work);
        }
        let mut beyond = Box::pin(writer.run(|connection| insert(connection, 1)));
        assert_eq!(beyond.as_mut().poll(&mut context), Poll::Ready(Err(StoreError::Busy)));
        held.send(()).unwrap();
        holding.await.unwrap();
        for work in waiting {
            work.await.unwrap();
        }
        assert_eq!(sum(&writer).await, WAITING as i64);
    }

    #[tokio::test]
    async fn when_the_transaction_is_lost_every_work_in_it_is_refused() {
        let writer = Arc::new(started());
        let (held, go) = std::sync::mpsc::channel::<()>();
        let one = Arc::clone(&writer);
        // The first work holds the transaction open until the second waits in the same group.
        let one = tokio::spawn(async move {
            let work = move |connection: &Connection| {
                go.recv().unwrap();
                insert(connection, 1)
            };
            one.run(work).await
        });
        tokio::task::yield_now().await;
        let two = Arc::clone(&writer);
        let two = tokio::spawn(async move {
            let work = |connection: &Connection| connection.execute_batch("ROLLBACK").map_err(rows::failed);
            two.run(work).await
        });
        tokio::task::yield_now().await;
        held.send(()).unwrap();
        assert_eq!(one.await.unwrap(), Err(StoreError::Unavailable));
        assert_eq!(two.await.unwrap(), Err(StoreError::Unavailable));
        writer.run(|connection| insert(connection, 5)).await.unwrap();
        assert_eq!(sum(&writer).await, 5);
    }
}
