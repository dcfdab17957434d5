//! The one thread that talks to the system's keychain, and how callers wait for it.
//!
//! A call is a job on a queue. If its caller gives up while it runs (the user cancels, the system still shows its
//! prompt), the thread is retired: a new one takes over the queue with a connection of its own, and the old one ends
//! when the system lets it go.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    error::Error,
    patience::Patience,
    system::{Fault, System},
};

/// How often a waiting caller looks at its cancel token.
const TICK: Duration = Duration::from_millis(50);

pub(crate) struct Worker {
    service: String,
    jobs: Sender<Job>,
    queue: Arc<Mutex<Receiver<Job>>>,
    current: Mutex<Option<Arc<Life>>>,
}

type Job = Box<dyn FnOnce(&Arc<Life>, &mut Desk) + Send>;

/// One thread's life; set when it shall take no further job.
#[derive(Default)]
struct Life {
    retired: AtomicBool,
}

/// What the thread has before it: the connection, once there is one.
struct Desk {
    service: String,
    system: Option<System>,
}

/// One call as its caller and the thread see it.
#[derive(Clone, Default)]
pub(crate) struct Ticket(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    withdrawn: bool,
    running_on: Option<Arc<Life>>,
}

impl Ticket {
    /// To be asked before each step of a longer job: an error once the caller has given up.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if lock(&self.0).withdrawn { Err(Error::Cancelled.into()) } else { Ok(()) }
    }
}

impl Worker {
    pub(crate) fn new(service: &str) -> Self {
        let (jobs, queue) = mpsc::channel();
        Self {
            service: service.to_owned(),
            jobs,
            queue: Arc::new(Mutex::new(queue)),
            current: Mutex::new(None),
        }
    }

    /// Runs `work` on the thread and waits for it. Work that fails because the connection went stale is run once more on
    /// a new connection, so it must be such that it can be repeated.
    pub(crate) fn call<T: Send + 'static>(
        &self,
        patience: Option<&Patience>,
        work: impl Fn(&System, &Ticket) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Error> {
        if patience.is_some_and(|patience| patience.cancel.is_cancelled()) {
            return Err(Error::Cancelled);
        }
        let ticket = Ticket::default();
        let (answer, reply) = mpsc::sync_channel(1);
        self.send(&ticket, move |desk, ticket| {
            // Nobody listens any more if the caller has given up.
            let _ = answer.send(desk.run(|system| work(system, ticket)));
        })?;
        match patience {
            None => reply.recv().unwrap_or(Err(DIED)),
            Some(patience) => self.wait(patience, &ticket, &reply),
        }
    }

    /// Connects in the background, so that the first call finds the connection made.
    pub(crate) fn warm(&self) {
        // Whatever fails here fails again in the first call, which reports it.
        let _ = self.send(&Ticket::default(), |desk, _| {
            let _ = desk.run(|_| Ok(()));
        });
    }

    fn wait<T>(
        &self,
        patience: &Patience,
        ticket: &Ticket,
        reply: &Receiver<Result<T, Error>>,
    ) -> Result<T, Error> {
        let start = Instant::now();
        let mut told = false;
        loop {
            match reply.recv_timeout(TICK) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Disconnected) => return Err(DIED),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if patience.cancel.is_cancelled() {
                self.withdraw(ticket);
                return Err(Error::Cancelled);
            }
            if !told && start.elapsed() >= patience.after {
                told = true;
                (patience.on_wait)();
            }
        }
    }

    fn send(
        &self,
        ticket: &Ticket,
        work: impl FnOnce(&mut Desk, &Ticket) + Send + 'static,
    ) -> Result<(), Error> {
        let ticket = ticket.clone();
        let job: Job = Box::new(move |life, desk| {
            {
                let mut state = lock(&ticket.0);
                if state.withdrawn {
                    return;
                }
                state.running_on = Some(Arc::clone(life));
            }
            work(desk, &ticket);
        });
        let mut current = lock(&self.current);
        if current.as_ref().is_none_or(|life| life.retired.load(Ordering::Acquire)) {
            *current = Some(self.hire()?);
        }
        self.jobs.send(job).map_err(|_| DIED)
    }

    fn withdraw(&self, ticket: &Ticket) {
        let running_on = {
            let mut state = lock(&ticket.0);
            state.withdrawn = true;
            state.running_on.take()
        };
        let Some(stuck) = running_on else { return };
        stuck.retired.store(true, Ordering::Release);
        let mut current = lock(&self.current);
        if current.as_ref().is_some_and(|life| Arc::ptr_eq(life, &stuck)) {
            // Others may be queued behind; without a new thread now they would wait for the next call.
            *current = self.hire().ok();
        }
    }

    fn hire(&self) -> Result<Arc<Life>, Error> {
        let life = Arc::new(Life::default());
        let (mine, queue) = (Arc::clone(&life), Arc::clone(&self.queue));
        let mut desk = Desk { service: self.service.clone(), system: None };
        thread::Builder::new()
            .name("keychain".to_owned())
            .spawn(move || {
                while !mine.retired.load(Ordering::Acquire) {
                    let Ok(job) = lock(&queue).recv() else { return };
                    job(&mine, &mut desk);
                }
            })
            .map_err(|_| Error::Other("no thread for it could be started"))?;
        Ok(life)
    }
}

/// How long a call waits before it is tried again.
const AGAIN_AFTER: [Duration; 2] = [Duration::ZERO, Duration::from_millis(200)];

const DIED: Error = Error::Other("its thread has died");

impl Desk {
    /// Tried again over a new connection, and after a moment once more: a daemon that starts anew needs one.
    fn run<T>(&mut self, work: impl Fn(&System) -> Result<T, Fault>) -> Result<T, Error> {
        let mut waits = AGAIN_AFTER.iter();
        loop {
            match self.attempt(&work) {
                Ok(value) => return Ok(value),
                Err(Fault::Final(error)) => return Err(error),
                Err(Fault::Stale(what)) => {
                    self.system = None;
                    thread::sleep(*waits.next().ok_or(Error::Other(what))?);
                }
            }
        }
    }

    fn attempt<T>(&mut self, work: &impl Fn(&System) -> Result<T, Fault>) -> Result<T, Fault> {
        // A store may panic (its mutexes and random numbers do): that must not take the thread and its queue along.
        let result = catch_unwind(AssertUnwindSafe(|| {
            let system = match self.system.take() {
                Some(system) => system,
                None => System::connect(&self.service)?,
            };
            work(self.system.insert(system))
        }));
        result.unwrap_or_else(|panic: Box<dyn Any + Send>| {
            drop(panic);
            self.system = None;
            Err(Fault::Final(DIED))
        })
    }
}

/// A poisoned lock holds nothing here that a panic could have left half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
