//! Many verifications at once, and never too many.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use super::{Fields, Options, Report, verify, verify_service};
use crate::catalogue::{Provider, Service};

/// One credential to be verified.
pub struct Job<'a> {
    /// Whose it is.
    pub provider: &'a Provider,
    /// What it is used for, where that is to be verified with it; its settings are among the fields.
    pub service: Option<&'a Service>,
    /// Its values.
    pub fields: Fields,
}

/// How many verifications run at once.
#[derive(Debug, Clone, Copy)]
pub struct Concurrency {
    /// In all.
    pub at_once: usize,
    /// With one provider, who may count every request against the same limit.
    pub per_provider: usize,
}

/// So many that two hundred take the time of two: a thread that waits for an answer costs next to nothing.
impl Default for Concurrency {
    fn default() -> Self {
        Self { at_once: 100, per_provider: 100 }
    }
}

/// Says that no more is wanted. Clones are one.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// No verification is begun from now on. Those under way end by themselves, within their time limit.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Verifies all of them, and hands each report over as it comes, with its job's place, on the calling thread. Each job is
/// reported exactly once; with [`super::Reason::Cancelled`] where nothing was sent any more.
pub fn verify_all(
    jobs: &[Job<'_>],
    concurrency: Concurrency,
    options: &Options,
    cancel: &Cancel,
    mut on_done: impl FnMut(usize, Report),
) {
    let queue = Queue::of(jobs, concurrency.per_provider.max(1));
    let (reports, done) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..concurrency.at_once.clamp(1, jobs.len().max(1)) {
            let (queue, reports) = (&queue, reports.clone());
            scope.spawn(move || {
                while let Some(at) = queue.take() {
                    let job = &jobs[at];
                    let report = if cancel.is_cancelled() { Report::cancelled() } else { job.run(options) };
                    queue.done(at);
                    if reports.send((at, report)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(reports);
        for (at, report) in done {
            on_done(at, report);
        }
    });
}

impl Job<'_> {
    fn run(&self, options: &Options) -> Report {
        match self.service {
            Some(service) => verify_service(service, self.provider, &self.fields, options),
            None => verify(self.provider, &self.fields, options),
        }
    }
}

/// What waits, and how much runs with each provider.
struct Queue<'a> {
    providers: Vec<&'a str>,
    limit: usize,
    state: Mutex<State<'a>>,
    freed: Condvar,
}

struct State<'a> {
    waiting: VecDeque<usize>,
    running: HashMap<&'a str, usize>,
}

impl<'a> Queue<'a> {
    fn of(jobs: &'a [Job<'_>], limit: usize) -> Self {
        let providers = jobs.iter().map(|job| job.provider.id.as_str()).collect();
        let state = State { waiting: (0..jobs.len()).collect(), running: HashMap::new() };
        Self { providers, limit, state: Mutex::new(state), freed: Condvar::new() }
    }

    /// The next whose provider has a place free; waits for one. `None`: all are taken.
    fn take(&self) -> Option<usize> {
        let mut state = self.state();
        loop {
            if state.waiting.is_empty() {
                return None;
            }
            let has_place =
                |at: &usize| state.running.get(self.providers[*at]).copied().unwrap_or(0) < self.limit;
            if let Some(place) = state.waiting.iter().position(has_place) {
                let at = state.waiting.remove(place)?;
                *state.running.entry(self.providers[at]).or_default() += 1;
                return Some(at);
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self, at: usize) {
        if let Some(running) = self.state().running.get_mut(self.providers[at]) {
            *running -= 1;
        }
        self.freed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        // Nobody panics while holding it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
