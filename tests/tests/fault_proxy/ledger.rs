//! The requests that a proxy read, and its responses.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use multitracer_tests::{ReceivedSpan, read_spans};

use crate::faults::{Effect, RequestFault};
use crate::stalls;

/// Time after a response in which the end of its connection can still destroy it.
const IN_DOUBT: Duration = Duration::from_millis(500);

/// One span of one tracer of one seed. Its name says all three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SpanKey {
    pub(crate) seed: u64,
    pub(crate) tracer: usize,
    pub(crate) span: usize,
}

impl SpanKey {
    pub(crate) fn name(self) -> String {
        format!("{}-{}-{}", self.seed, self.tracer, self.span)
    }

    /// Reads the name of a span, which its project has to agree with.
    pub(crate) fn of(span: &ReceivedSpan) -> Result<Self, String> {
        let wrong = || format!("span {:?} arrived in project {:?}", span.name(), span.project());
        let mut numbers = span.name().splitn(3, '-');
        let mut next = || numbers.next().ok_or_else(wrong);
        let (seed, tracer, number) = (next()?, next()?, next()?);
        let key = Self {
            seed: seed.parse().map_err(|_| wrong())?,
            tracer: tracer.parse().map_err(|_| wrong())?,
            span: number.parse().map_err(|_| wrong())?,
        };
        if span.project() == project(key.seed, key.tracer) { Ok(key) } else { Err(wrong()) }
    }
}

/// Returns the project of a tracer of a seed.
pub(crate) fn project(seed: u64, tracer: usize) -> String {
    format!("project-{seed}-{tracer}")
}

/// One request that a proxy read to its end.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) connection: usize,
    /// The time at which its first byte arrived.
    pub(crate) began: Instant,
    pub(crate) spans: Vec<SpanKey>,
    pub(crate) effect: Effect,
    pub(crate) fault: Option<RequestFault>,
    /// The time of the response, if it was complete and in good time.
    pub(crate) responded: Option<Instant>,
}

/// The body of a request.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) content_type: &'static str,
    encoding: Option<&'static str>,
    bytes: Vec<u8>,
}

impl Body {
    /// Finds out the encoding of a body from its first bytes.
    pub(crate) fn over_http(bytes: Vec<u8>) -> Self {
        let is_gzip = bytes.starts_with(&[0x1f, 0x8b]);
        let mut first = [0];
        let is_read = if is_gzip {
            flate2::read::GzDecoder::new(&*bytes).read_exact(&mut first).is_ok()
        } else {
            (&*bytes).read_exact(&mut first).is_ok()
        };
        let content_type =
            if is_read && first == *b"{" { "application/json" } else { "application/x-protobuf" };
        Self { content_type, encoding: is_gzip.then_some("gzip"), bytes }
    }

    /// Removes the frame of gRPC.
    pub(crate) fn over_grpc(mut bytes: Vec<u8>) -> Self {
        let is_gzip = bytes.first() == Some(&1);
        bytes.drain(..bytes.len().min(5));
        Self { content_type: "application/x-protobuf", encoding: is_gzip.then_some("gzip"), bytes }
    }
}

/// The requests that a proxy read, in the order of their ends.
#[derive(Debug)]
pub(crate) struct Ledger {
    seed: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) entries: Vec<Entry>,
    /// Everything that must not happen.
    pub(crate) wrong: Vec<String>,
    /// The faults that took effect.
    pub(crate) used: BTreeMap<String, usize>,
    /// `true` if the receiver behind the proxy was slow.
    pub(crate) is_receiver_slow: bool,
    pub(crate) strangers: Strangers,
}

/// The number of spans from each other seed. Such a seed lost its port to this one.
pub(crate) type Strangers = BTreeMap<u64, usize>;

impl Ledger {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, state: Mutex::default() }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count(&self, fault: String) {
        *self.state().used.entry(fault).or_default() += 1;
    }

    /// Notes a request, and returns its number.
    pub(crate) fn note(
        &self,
        connection: usize,
        began: Instant,
        body: &Body,
        effect: Effect,
        fault: Option<RequestFault>,
    ) -> usize {
        let spans = read_spans(body.content_type, body.encoding, &body.bytes);
        let mut state = self.state();
        let spans = spans.unwrap_or_else(|error| {
            state.wrong.push(format!("a request is no OTLP: {error}"));
            Vec::new()
        });
        let mut keys = Vec::new();
        for span in &spans {
            match SpanKey::of(span) {
                Ok(key) if key.seed == self.seed => keys.push(key),
                Ok(key) => *state.strangers.entry(key.seed).or_default() += 1,
                Err(wrong) => state.wrong.push(wrong),
            }
        }
        state.entries.push(Entry { connection, began, spans: keys, effect, fault, responded: None });
        state.entries.len() - 1
    }

    /// Notes that the whole response was written in good time.
    pub(crate) fn responded(&self, entry: usize) {
        self.state().entries[entry].responded = Some(Instant::now());
    }

    /// Notes that a connection breaks, with the responses that are under way.
    pub(crate) fn broke(&self, connection: usize) {
        for entry in &mut self.state().entries {
            if entry.connection == connection
                && entry.responded.is_some_and(|responded| responded.elapsed() < IN_DOUBT)
            {
                entry.responded = None;
            }
        }
    }
}

impl Entry {
    /// Returns `true` if the client knows the effect for sure.
    pub(crate) fn is_certain(&self) -> bool {
        self.responded.is_some_and(|responded| !stalls::is_near((self.began, responded)))
    }

    pub(crate) fn of_tracer(&self, tracer: usize) -> impl Iterator<Item = SpanKey> {
        self.spans.iter().copied().filter(move |span| span.tracer == tracer)
    }
}

impl State {
    /// Returns the spans of one tracer in the requests that `filter` chooses.
    pub(crate) fn spans(&self, tracer: usize, filter: impl Fn(&Entry) -> bool) -> BTreeSet<SpanKey> {
        self.entries.iter().filter(|entry| filter(entry)).flat_map(|entry| entry.of_tracer(tracer)).collect()
    }
}
