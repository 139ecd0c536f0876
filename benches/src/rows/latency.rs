//! Rows with the latency that tracing adds to a request, whatever the backend does.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::trace::TracerProvider as _;

use super::{Metric, Row, SetUp};
use crate::contenders::otlp::{self, Backend};
use crate::contenders::web::{self, Client};
use crate::contenders::with_tracing as subscriber;
use crate::functions::{by_hand, ours, plain, with_tracing};
use crate::measure::{Contender, Failure, Size, Turn, quantile};

/// The size of each queue, which is the default of all contenders.
const QUEUE: usize = 2_048;
/// The requests of a turn, and of a quick turn.
const SIZE: Size = Size::Fixed(4_000, 200);
/// The time between two requests.
const PAUSE: Duration = Duration::from_micros(400);
/// The traced functions that a request calls.
const CALLS: u64 = 4;
/// An endpoint that no process serves.
const GONE: &str = "http://127.0.0.1:9/v1/traces";

pub(super) const ROWS: &[Row] = &[
    row(
        "latency/well",
        "latency added to a request, backend well",
        &[
            ("multitracer", || of_ours(&Place::Well)),
            ("none", none),
            ("O", || opentelemetry(&Place::Well)),
            ("T", || tower_http(&Place::Well)),
        ],
    ),
    row(
        "latency/slow",
        "latency added to a request, backend slow (1 s)",
        &[
            ("multitracer", || of_ours(&Place::Slow)),
            ("none", none),
            ("O", || opentelemetry(&Place::Slow)),
            ("T", || tower_http(&Place::Slow)),
        ],
    ),
    row(
        "latency/gone",
        "latency added to a request, backend gone",
        &[
            ("multitracer", || of_ours(&Place::Gone)),
            ("none", none),
            ("O", || opentelemetry(&Place::Gone)),
            ("T", || tower_http(&Place::Gone)),
        ],
    ),
];

const fn row(name: &'static str, title: &'static str, contenders: &'static [(&'static str, SetUp)]) -> Row {
    let metrics = &[Metric::P50, Metric::P99, Metric::P999];
    Row::new(name, title, contenders).metrics(metrics).over("none").long().may_lose()
}

/// The state of the backend.
enum Place {
    Well,
    Slow,
    Gone,
}

impl Place {
    /// Starts the backend, and returns its endpoint. The backend lives as long as this process.
    fn start(&self) -> Result<String, Failure> {
        let delay = match self {
            Self::Well => Duration::ZERO,
            Self::Slow => Duration::from_secs(1),
            Self::Gone => return Ok(GONE.to_owned()),
        };
        let backend = Backend::start(delay)?;
        let endpoint = backend.endpoint();
        std::mem::forget(backend);
        Ok(endpoint)
    }
}

fn none() -> Result<Contender, Failure> {
    Ok(requests(web::plain(Arc::new(|| plain::trace(CALLS)))))
}

fn of_ours(place: &Place) -> Result<Contender, Failure> {
    let registry = otlp::installed(&place.start()?, QUEUE)?;
    Ok(requests(web::ours(&registry, Arc::new(|| (0..CALLS).map(ours::leaf).sum()))))
}

fn opentelemetry(place: &Place) -> Result<Contender, Failure> {
    let provider = otlp::provider(&place.start()?, QUEUE)?;
    let tracer = provider.tracer("bench");
    let work = Arc::new(move || (0..CALLS).map(|n| by_hand::leaf(&tracer, n)).sum());
    Ok(requests(web::opentelemetry(provider, work)?))
}

fn tower_http(place: &Place) -> Result<Contender, Failure> {
    let provider = otlp::provider(&place.start()?, QUEUE)?;
    subscriber::subscribe(&provider)?;
    Ok(requests(web::tower_http(Arc::new(|| (0..CALLS).map(with_tracing::leaf).sum()))))
}

/// Returns a contender that sends requests, with a pause between them.
fn requests(mut client: Client) -> Contender {
    Contender::new(SIZE, move |requests| {
        let begun = Instant::now();
        let mut taken = Vec::new();
        for _ in 0..requests {
            let started = Instant::now();
            client();
            taken.push(started.elapsed().as_nanos() as f64 / 1e3);
            thread::sleep(PAUSE);
        }
        taken.sort_by(f64::total_cmp);
        let values = [0.5, 0.99, 0.999].map(|share| quantile(&taken, share).unwrap_or(f64::NAN));
        Turn { time: begun.elapsed().as_nanos() as f64, values: values.to_vec(), ..Turn::default() }
    })
}
