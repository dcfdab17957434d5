//! The one writer: it takes what waits, runs each in a savepoint, commits once, and only then answers all.
//!
//! An fsync costs milliseconds and a commit's rows cost microseconds, so under load one fsync serves many pushes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::rows;
use crate::store::StoreError;

/// Use cases in one transaction at most: keeps the wait of the first one bounded.
const GROUP: usize = 256;

/// Told whether the transaction was committed, answers the caller.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Does the work inside the transaction.
type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;

pub(super) struct Writer {
    jobs: Sender<Job>,
    counts: Arc<(AtomicU64, AtomicU64)>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Self {
        let (jobs, waiting) = channel();
        let counts = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let counted = Arc::clone(&counts);
        // The thread ends when the last handle is gone.
        std::thread::spawn(move || serve(&connection, &waiting, &counted));
        Self { jobs, counts }
    }

    /// Runs `work` and returns when it is on the disk. An error rolls back this work alone.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let done = in_savepoint(connection, work);
            Box::new(move |committed| {
                // Nobody waits any more where the client hung up: the work is done all the same.
                let _ = sender.send(committed.and(done));
            })
        });
        self.jobs.send(job).map_err(|_| StoreError::Unavailable)?;
        receiver.await.map_err(|_| StoreError::Unavailable)?
    }

    /// Transactions, and use cases in them.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.counts.0.load(Ordering::Relaxed), self.counts.1.load(Ordering::Relaxed))
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.execute_batch("SAVEPOINT work").map_err(rows::failed)?;
    let done = work(connection);
    let end = if done.is_ok() { "RELEASE work" } else { "ROLLBACK TO work; RELEASE work" };
    connection.execute_batch(end).map_err(rows::failed)?;
    done
}

fn serve(connection: &Connection, waiting: &Receiver<Job>, counts: &(AtomicU64, AtomicU64)) {
    while let Ok(first) = waiting.recv() {
        if connection.execute_batch("BEGIN IMMEDIATE").is_err() {
            drop(first); // its caller hears that the database is out of order
            continue;
        }
        let mut answers = vec![first(connection)];
        while answers.len() < GROUP {
            match waiting.try_recv() {
                Ok(job) => answers.push(job(connection)),
                Err(_) => break,
            }
        }
        let committed = connection.execute_batch("COMMIT").map_err(rows::failed);
        if committed.is_err() {
            // A full disk leaves the transaction open.
            let _ = connection.execute_batch("ROLLBACK");
        }
        counts.0.fetch_add(1, Ordering::Relaxed);
        counts.1.fetch_add(answers.len() as u64, Ordering::Relaxed);
        answers.into_iter().for_each(|answer| answer(committed));
    }
}
