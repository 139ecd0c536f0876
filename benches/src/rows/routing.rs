//! Rows about the choice of a tracer.

use std::hint::black_box;

use ::http::{HeaderMap, HeaderName, HeaderValue};
use multitracer::builder::{ExperimentBuilder, RouteBuilder};
use multitracer::{Registry, TracerBuilder};

use super::{Budget, Metric, Row};
use crate::contenders::exporter::CountSpans;
use crate::measure::{Arrivals, Contender, Done, Failure, times};

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "routing/none",
        "route over 10 rules, none holds",
        &[("multitracer", || route(["content-type", "x-request-id"], None))],
    )
    .budgets(&[Budget::AtMost(Metric::Wall, 100.0)]),
    Row::new(
        "routing/last",
        "route over 10 rules, the last holds",
        &[("multitracer", || route(["x-customer", "x-region"], Some("rule-9")))],
    )
    .budgets(&[Budget::AtMost(Metric::Wall, 100.0)]),
    Row::new("routing/assign", "assign a variant", &[("multitracer", assign)])
        .budgets(&[Budget::AtMost(Metric::Wall, 30.0)]),
];

fn registry() -> Result<Registry, Failure> {
    let tracer = |name: &str| TracerBuilder::new(name).exporter(CountSpans::default());
    let mut builder =
        Registry::builder().default_tracer("stable").tracer(tracer("stable")).tracer(tracer("canary"));
    for number in 0..10 {
        let route = RouteBuilder::to_tracer(format!("rule-{number}"), "canary");
        builder = builder.route(match number % 2 {
            0 => route.header("x-customer", format!("customer-{number}")),
            _ => route.header_prefix("x-region", format!("region-{number}")),
        });
    }
    let experiment =
        ExperimentBuilder::new("prompt_tone").variant("control", 1, "stable").variant("warm", 1, "canary");
    Ok(builder.experiment(experiment).build()?)
}

/// Returns the headers of a usual request. The two names decide if a rule holds.
fn headers(names: [&'static str; 2]) -> HeaderMap {
    let headers = [
        ("host", "shop.example"),
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
        ("accept", "text/html,application/json"),
        ("accept-encoding", "gzip, br"),
        (names[0], "customer-1234"),
        (names[1], "region-9-west"),
    ];
    let pair = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    headers.into_iter().map(pair).collect()
}

fn route(names: [&'static str; 2], expected: Option<&str>) -> Result<Contender, Failure> {
    let (registry, headers) = (registry()?, headers(names));
    if registry.route(&headers).name() != expected {
        return Err("another rule holds than the row says".into());
    }
    Ok(calls(move || drop(black_box(registry.route(black_box(&headers))))))
}

fn assign() -> Result<Contender, Failure> {
    let experiment = registry()?.experiment("prompt_tone")?;
    Ok(calls(move || drop(black_box(experiment.assign(black_box("user-1234567"))))))
}

/// Returns a contender that calls `f`, without spans.
fn calls(mut f: impl FnMut() + 'static) -> Contender {
    let run = move |n| {
        times(n, &mut f);
        Done { units: n, spans: 0 }
    };
    Contender::timed(run, Arrivals::none())
}
