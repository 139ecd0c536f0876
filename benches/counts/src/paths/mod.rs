//! The hot paths.
#![expect(clippy::unwrap_used, reason = "a path that fails has no count")]

mod calls;
mod futures;
mod library_spans;
mod peers;
mod requests;
mod world;

use super::meter::Meter;

/// The threads whose work is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// The calling thread alone.
    Calling,
    /// All threads of the process, until the spans are exported.
    All,
}

/// A path through the library that a program takes often.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// The name of the row.
    pub name: &'static str,
    /// The threads whose work is counted.
    pub threads: Threads,
    /// `true` for other libraries, which are counted for comparison and are not checked.
    pub is_peer: bool,
    run: fn(&mut Meter<'_>, endpoint: &str),
}

impl Path {
    const fn new(name: &'static str, run: fn(&mut Meter<'_>, &str)) -> Self {
        Self { name, threads: Threads::Calling, is_peer: false, run }
    }

    const fn all_threads(self) -> Self {
        Self { threads: Threads::All, ..self }
    }

    const fn peer(self) -> Self {
        Self { is_peer: true, ..self }
    }

    /// Runs the path under `meter`. `endpoint` is an OTLP receiver over HTTP.
    pub fn run(&self, meter: &mut Meter<'_>, endpoint: &str) {
        (self.run)(meter, endpoint);
    }

    /// Returns the path of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        PATHS.iter().find(|path| path.name == name).copied()
    }
}

/// All paths.
pub const PATHS: &[Path] = &[
    Path::new("empty loop", calls::nothing),
    Path::new("off, sync", calls::off),
    Path::new("off, async", futures::off),
    Path::new("root of an installed registry", calls::root_of_installed),
    Path::new("root of an entered registry", calls::root_of_entered),
    Path::new("root, unsampled", calls::unsampled_root),
    Path::new("child", calls::child),
    Path::new("child, unsampled", calls::unsampled_child),
    Path::new("async call", futures::call_sampled),
    Path::new("async call, unsampled", futures::call_unsampled),
    Path::new("poll in a span", futures::poll_in_span),
    Path::new("poll without a span", futures::poll_without_span),
    Path::new("#[instrument] under the layer", library_spans::instrument),
    Path::new("span of an OpenTelemetry library", library_spans::opentelemetry),
    Path::new("request without the layer", requests::plain),
    Path::new("request", requests::sampled),
    Path::new("request with traceparent", requests::with_traceparent),
    Path::new("request, unsampled", requests::unsampled),
    Path::new("request of an installed registry", requests::of_installed),
    Path::new("request of an installed registry, unsampled", requests::of_installed_unsampled),
    Path::new("route over 10 rules", requests::route),
    Path::new("assign a variant", requests::assign),
    Path::new("root, until its batch is dropped", calls::root_until_dropped).all_threads(),
    Path::new("root, until its bytes are sent", calls::root_until_sent).all_threads(),
    Path::new("child, until its batch is dropped", calls::child_until_dropped).all_threads(),
    Path::new("child, until its bytes are sent", calls::child_until_sent).all_threads(),
    Path::new("S: hand-written SDK span", peers::sdk).peer(),
    Path::new("T: #[instrument]", peers::tracing).peer(),
    Path::new("O: request", requests::peer).peer(),
    Path::new("O: request with traceparent", requests::peer_with_traceparent).peer(),
    Path::new("O: request, unsampled", requests::peer_unsampled).peer(),
    Path::new("S, until its batch is dropped", peers::sdk_until_dropped).peer().all_threads(),
];
