//! The record of each request: what was asked, which functions ran, and when tracers were switched.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::jobs::Job;

/// All tracers of the servers.
pub(crate) const TRACERS: [&str; 8] =
    ["production", "stable", "canary", "shadow", "warm", "terse", "audit", "gone"];
/// The index of the tracer that reloads remove and add again.
pub(crate) const GONE: usize = 7;

/// The visit of everything that stays on the request's own tracer.
pub(crate) const MAIN: &str = "main";
/// The visits of receivers of messages. Their number is that of the headers.
pub(crate) const MESSAGE: &str = "message";
/// The visit of functions that no registry is responsible for.
pub(crate) const NOWHERE: &str = "nowhere";

const SHARDS: usize = 16;

/// Counters that move before and after each switch of a tracer, and of the default tracer.
///
/// The remainder by 4 is 0 for "enabled" (`production` is the default tracer) and 2 for "disabled"
/// (`stable` is the default tracer). Odd values mean that a switch is going on.
#[derive(Debug, Default)]
pub(crate) struct Switches {
    tracers: [AtomicU64; TRACERS.len()],
    default: AtomicU64,
}

/// The state of all switches at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) tracers: [u64; TRACERS.len()],
    pub(crate) default: u64,
}

impl Switches {
    fn now(&self) -> Moment {
        Moment {
            tracers: std::array::from_fn(|at| self.tracers[at].load(Ordering::SeqCst)),
            default: self.default.load(Ordering::SeqCst),
        }
    }

    /// Runs `switch`, which enables or disables a tracer.
    pub(crate) fn around_tracer(&self, tracer: usize, switch: impl FnOnce()) {
        around(&self.tracers[tracer], switch);
    }

    /// Runs `switch`, which changes the default tracer.
    pub(crate) fn around_default(&self, switch: impl FnOnce()) {
        around(&self.default, switch);
    }
}

impl Switches {
    /// Notes that a switch of the chosen tracers begins or ends.
    pub(crate) fn step(&self, is_chosen: impl Fn(usize) -> bool) {
        for (_, counter) in self.tracers.iter().enumerate().filter(|(at, _)| is_chosen(*at)) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn around(counter: &AtomicU64, switch: impl FnOnce()) {
    counter.fetch_add(1, Ordering::SeqCst);
    switch();
    counter.fetch_add(1, Ordering::SeqCst);
}

/// A function that ran for a request.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub(crate) visit: Arc<str>,
    pub(crate) name: &'static str,
}

/// The headers of a request to another service.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) visit: Arc<str>,
    pub(crate) traceparent: String,
    pub(crate) baggage: String,
}

/// One request, from before it was sent until its last task ended.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) job: Job,
    /// The functions that ran, in the order of their starts.
    pub(crate) ran: Vec<Ran>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) started: Moment,
    /// The moment after the last function; `None` if the request reached no handler.
    pub(crate) ended: Option<Moment>,
    /// The tracer that the server named in its response.
    pub(crate) served_by: Option<String>,
}

/// The records of all requests of a round.
#[derive(Debug, Default)]
pub(crate) struct Board {
    shards: [Mutex<HashMap<u64, Record>>; SHARDS],
    outstanding: AtomicUsize,
    pub(crate) switches: Switches,
}

impl Board {
    fn shard(&self, id: u64) -> MutexGuard<'_, HashMap<u64, Record>> {
        self.shards[id as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request that is about to be sent.
    pub(crate) fn send(&self, job: &Job) {
        let started = self.switches.now();
        let (job, ran, sent) = (job.clone(), Vec::new(), Vec::new());
        let record = Record { job, ran, sent, started, ended: None, served_by: None };
        self.shard(record.job.id).insert(record.job.id, record);
    }

    /// Notes the tracer that the response names.
    pub(crate) fn answered(&self, id: u64, tracer: &str) {
        if let Some(record) = self.shard(id).get_mut(&id) {
            record.served_by = Some(tracer.to_owned());
        }
    }

    /// Returns the number of requests whose handler or tasks still run.
    pub(crate) fn outstanding(&self) -> usize {
        self.outstanding.load(Ordering::SeqCst)
    }

    /// Returns the requests whose handler or tasks still run. Removes all records.
    pub(crate) fn open_requests(&self) -> Vec<Record> {
        let is_open = |record: &Record| record.ended.is_none() && !record.ran.is_empty();
        self.take().into_values().filter(is_open).collect()
    }

    /// Removes all records.
    pub(crate) fn take(&self) -> HashMap<u64, Record> {
        let lock = |shard: &Mutex<HashMap<u64, Record>>| {
            std::mem::take(&mut *shard.lock().unwrap_or_else(PoisonError::into_inner))
        };
        self.shards.iter().flat_map(lock).collect()
    }
}

/// The end of a request: its drop, with the last tag, notes the moment.
#[derive(Debug)]
struct Ticket {
    board: Arc<Board>,
    id: u64,
    visits: AtomicUsize,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let now = self.board.switches.now();
        if let Some(record) = self.board.shard(self.id).get_mut(&self.id) {
            record.ended = Some(now);
        }
        self.board.outstanding.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The request and the visit that a function works for.
///
/// A visit is a part of a request whose spans must form one trace of one tracer.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) id: u64,
    pub(crate) visit: Arc<str>,
    ticket: Arc<Ticket>,
}

impl Tag {
    /// Returns the tag of a request that reached its server.
    pub(crate) fn new(board: &Arc<Board>, id: u64) -> Self {
        board.outstanding.fetch_add(1, Ordering::SeqCst);
        let ticket = Ticket { board: Arc::clone(board), id, visits: AtomicUsize::new(0) };
        Self { id, visit: MAIN.into(), ticket: Arc::new(ticket) }
    }

    /// Returns the tag of a new visit to `tracer`.
    pub(crate) fn visit(&self, tracer: &str) -> Self {
        let number = self.ticket.visits.fetch_add(1, Ordering::Relaxed);
        Self { visit: format!("{tracer}#{number}").into(), ..self.clone() }
    }

    /// Returns the tag of functions that run outside of every registry.
    pub(crate) fn nowhere(&self) -> Self {
        Self { visit: NOWHERE.into(), ..self.clone() }
    }

    /// Notes the headers that a request or a message to another service would have here.
    ///
    /// Returns the tag of the receiver's work.
    pub(crate) fn sends(&self, headers: &http::HeaderMap) -> Self {
        let text = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (traceparent, baggage) = (text("traceparent"), text("baggage"));
        if let Some(record) = self.ticket.board.shard(self.id).get_mut(&self.id) {
            record.sent.push(Sent { visit: Arc::clone(&self.visit), traceparent, baggage });
            let visit = format!("{MESSAGE}#{}", record.sent.len() - 1).into();
            return Self { visit, ..self.clone() };
        }
        self.clone()
    }

    /// Notes that a function runs.
    pub(crate) fn ran(&self, name: &'static str) {
        if let Some(record) = self.ticket.board.shard(self.id).get_mut(&self.id) {
            record.ran.push(Ran { visit: Arc::clone(&self.visit), name });
        }
    }
}
