//! Rows with a request through a layer, over the same request without a layer.

use std::sync::Arc;

use opentelemetry_sdk::trace::Sampler;

use super::{Budget, Row};
use crate::contenders::web::{self, Client};
use crate::contenders::{ours as our, sdk, with_tracing as subscriber};
use crate::measure::{Arrivals, Contender, Done, Failure, times};

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "http/sampled",
        "request through http_layer, sampled",
        &[
            ("multitracer", || ours(Sampler::AlwaysOn)),
            ("none", plain),
            ("O", || opentelemetry(Sampler::AlwaysOn)),
            ("T", || tower_http(Sampler::AlwaysOn)),
        ],
    )
    .over("none")
    .budgets(&[Budget::Times("O", 1.0)]),
    Row::new(
        "http/unsampled",
        "request through http_layer, unsampled",
        &[
            ("multitracer", || ours(Sampler::AlwaysOff)),
            ("none", plain),
            ("O", || opentelemetry(Sampler::AlwaysOff)),
            ("T", || tower_http(Sampler::AlwaysOff)),
        ],
    )
    .over("none")
    .budgets(&[Budget::Times("O", 0.4)]),
];

fn plain() -> Result<Contender, Failure> {
    Ok(requests(web::plain(no_work()), Arrivals::none(), 0))
}

fn ours(sampler: Sampler) -> Result<Contender, Failure> {
    let spans = spans(&sampler);
    let (registry, arrivals) = our::installed(sampler)?;
    Ok(requests(web::ours(&registry, no_work()), arrivals, spans))
}

fn opentelemetry(sampler: Sampler) -> Result<Contender, Failure> {
    let spans = spans(&sampler);
    let (provider, arrivals) = sdk::counted(sampler);
    Ok(requests(web::opentelemetry(provider, no_work())?, arrivals, spans))
}

fn tower_http(sampler: Sampler) -> Result<Contender, Failure> {
    let spans = spans(&sampler);
    Ok(requests(web::tower_http(no_work()), subscriber::subscribed(sampler)?, spans))
}

fn no_work() -> web::Work {
    Arc::new(|| 1)
}

/// Returns the number of spans of a request.
fn spans(sampler: &Sampler) -> u64 {
    u64::from(matches!(sampler, Sampler::AlwaysOn))
}

/// Returns a contender that sends requests through a service.
fn requests(mut client: Client, arrivals: Arrivals, spans: u64) -> Contender {
    let run = move |n| {
        times(n, &mut client);
        Done { units: n, spans: n * spans }
    };
    Contender::timed(run, arrivals).at_most(20_000)
}
