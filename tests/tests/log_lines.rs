//! Log lines that name the trace, the span and the tracer.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod captured_log;

use multitracer::subscriber::LogFormat;
use multitracer::testing::TestRegistry;
use multitracer::{Registry, traced};
use opentelemetry_sdk::trace::SpanData;
use tracing::Subscriber;
use tracing_subscriber::fmt::format;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

use self::captured_log::CapturedLog;

/// Returns the lines that `work` logs inside the registry, with the tracing layer.
fn logged<S, F>(test: &TestRegistry, fmt: F, work: fn()) -> Vec<String>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    F: FnOnce(CapturedLog) -> S,
{
    let lines = CapturedLog::default();
    tracing::subscriber::with_default(fmt(lines.clone()), || test.scope(work));
    lines.text().lines().map(str::to_owned).collect()
}

#[traced(tracer = "canary")]
fn outer() {
    tracing::info!(rows = 3, "in outer");
    inner();
}

#[tracing::instrument]
fn inner() {
    tracing::warn!("in inner");
}

fn work() {
    tracing::info!("outside");
    outer();
}

/// Returns the trace id and the span id.
fn ids(span: &SpanData) -> (String, String) {
    (span.span_context.trace_id().to_string(), span.span_context.span_id().to_string())
}

/// Returns a subscriber that writes bare text lines.
fn text_lines(lines: CapturedLog) -> impl Subscriber + for<'span> LookupSpan<'span> + Send + Sync {
    let fmt = tracing_subscriber::fmt::layer()
        .event_format(LogFormat::text(format().without_time().with_target(false).with_ansi(false)))
        .with_writer(move || lines.clone());
    tracing_subscriber::registry().with(multitracer::tracing_layer()).with(fmt)
}

#[test]
fn a_text_line_begins_with_trace_span_and_tracer() {
    let test = TestRegistry::new(["production", "canary"]);
    let lines = logged(&test, text_lines, work);
    let [outer, inner] = ["outer", "inner"].map(|name| ids(&test.span("canary", name)));
    assert_eq!(
        lines,
        [
            "tracer=production  INFO outside".to_owned(),
            format!("trace_id={} span_id={} tracer=canary  INFO in outer rows=3", outer.0, outer.1),
            format!("trace_id={} span_id={} tracer=canary  WARN inner: in inner", inner.0, inner.1),
        ]
    );
    assert_eq!(outer.0, inner.0);
}

#[test]
fn a_json_line_has_trace_span_and_tracer_as_members() {
    let test = TestRegistry::new(["production", "canary"]);
    let lines = logged(
        &test,
        |lines| {
            let fmt = tracing_subscriber::fmt::layer()
                .json()
                .event_format(LogFormat::json(format().json()))
                .with_writer(move || lines.clone());
            tracing_subscriber::registry().with(multitracer::tracing_layer()).with(fmt)
        },
        work,
    );
    let objects: Vec<serde_json::Value> =
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (trace, span) = ids(&test.span("canary", "inner"));
    assert_eq!(objects[0].get("trace_id"), None);
    assert_eq!(objects[0]["tracer"], "production");
    assert_eq!(objects[2]["trace_id"], trace);
    assert_eq!(objects[2]["span_id"], span);
    assert_eq!(objects[2]["tracer"], "canary");
    assert_eq!(objects[2]["fields"]["message"], "in inner");
}

#[test]
fn a_line_outside_a_registry_is_unchanged() {
    let lines = CapturedLog::default();
    let writer = lines.clone();
    let fmt = tracing_subscriber::fmt::layer()
        .event_format(LogFormat::text(format().without_time().with_target(false).with_ansi(false)))
        .with_writer(move || writer.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(fmt), || tracing::info!("plain"));
    assert_eq!(lines.text(), " INFO plain\n");
}

#[test]
fn the_tracer_of_a_line_is_the_owner_of_its_span() {
    let test = TestRegistry::new(["production", "canary"]);
    let lines = logged(&test, text_lines, || {
        let tracer = |name: &str| Registry::current().unwrap().tracer(name).unwrap();
        tracer("production").in_span("checkout", || {
            tracer("canary").scope(|| {
                tracing::info!("no span of canary");
                outer();
            });
        });
    });
    let (checkout, outer) = (ids(&test.span("production", "checkout")), ids(&test.span("canary", "outer")));
    // canary is ambient, and the printed span is production's
    assert_eq!(
        lines[0],
        format!("trace_id={} span_id={} tracer=production  INFO no span of canary", checkout.0, checkout.1)
    );
    assert_eq!(
        lines[1],
        format!("trace_id={} span_id={} tracer=canary  INFO in outer rows=3", outer.0, outer.1)
    );
}
