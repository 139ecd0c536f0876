//! Tracers that are switched at run time, sample rates that are changed, and the limit of a trace.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod two_tracers;

use multitracer::error::SwitchError;
use multitracer::export::InMemoryExporter;
use multitracer::{Registry, TracerBuilder};

use self::two_tracers::TwoTracers;

fn fixture() -> TwoTracers {
    TwoTracers::new(|builder| builder)
}

#[test]
fn a_tracer_can_be_switched_off_and_on() {
    let f = fixture();
    let canary = f.registry.tracer("canary").unwrap();
    f.registry.set_enabled("canary", false).unwrap();
    assert!(!canary.is_enabled());
    canary.in_span("unseen", || {});
    f.span("production", "work", || {});
    assert_eq!((f.canary.spans().len(), f.production.spans().len()), (0, 1));
    f.registry.set_enabled("canary", true).unwrap();
    f.span("canary", "work", || {});
    assert_eq!(f.canary.spans().len(), 1);
}

#[test]
fn an_open_span_is_exported_after_its_tracer_is_switched_off() {
    let f = fixture();
    f.registry.tracer("canary").unwrap().in_span("open", || f.registry.set_enabled("canary", false).unwrap());
    assert_eq!(f.canary.spans().len(), 1);
}

#[test]
fn all_tracers_can_be_switched_off_and_on() {
    let f = fixture();
    f.registry.set_all_enabled(false).unwrap();
    f.span("production", "work", || {});
    f.span("canary", "work", || {});
    f.registry.set_all_enabled(true).unwrap();
    f.span("production", "work", || {});
    assert_eq!((f.production.spans().len(), f.canary.spans().len()), (1, 0));
}

#[test]
fn a_tracer_that_was_built_off_gets_its_exporter_when_it_is_switched_on() {
    let spans = InMemoryExporter::new();
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("only").in_memory(&spans).enabled(false))
        .build()
        .unwrap();
    let handle = registry.tracer("only").unwrap();
    handle.in_span("unseen", || {});
    registry.set_enabled("only", true).unwrap();
    assert!(handle.is_enabled());
    handle.in_span("seen", || {});
    registry.set_enabled("only", false).unwrap();
    handle.in_span("unseen", || {});
    registry.set_enabled("only", true).unwrap();
    handle.in_span("seen", || {});
    assert_eq!(spans.spans().len(), 2);
    assert_eq!(registry.report().tracer("only").unwrap().started, 2);
}

#[test]
fn a_new_sample_rate_applies_from_the_next_trace() {
    let f = fixture();
    f.registry.tracer("production").unwrap().in_span("outer", || {
        f.registry.set_sample_rate("production", 0.0).unwrap();
        f.span("production", "work", || {});
    });
    assert_eq!(f.production.take().len(), 2, "the running trace is not whole");
    f.span("production", "work", || {});
    assert!(f.production.spans().is_empty());
    f.span("canary", "work", || {});
    assert_eq!(f.canary.spans().len(), 1);
    f.registry.reset_sample_rate("production").unwrap();
    f.span("production", "work", || {});
    assert_eq!(f.production.spans().len(), 1);
    let report = f.registry.report();
    let production = report.tracer("production").unwrap();
    assert_eq!((production.started, production.sampled_out, production.open()), (4, 1, 0));
}

#[test]
fn a_switch_that_fails_is_an_error_with_a_reason() {
    let f = fixture();
    let error_of = |result: Result<(), SwitchError>| result.unwrap_err().to_string();
    let unknown = "no tracer is named `canry`; did you mean `canary`? (there are: production, canary)";
    assert_eq!(error_of(f.registry.set_enabled("canry", false)), unknown);
    assert_eq!(error_of(f.registry.set_sample_rate("canry", 0.5)), unknown);
    assert_eq!(error_of(f.registry.reset_sample_rate("canry")), unknown);
    for rate in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let error = f.registry.set_sample_rate("canary", rate).unwrap_err();
        assert!(error.to_string().ends_with("is not within 0 to 1"), "{error}");
    }
    f.registry.shutdown_blocking(std::time::Duration::from_secs(1)).unwrap();
    assert_eq!(error_of(f.registry.set_enabled("canary", true)), "the registry was shut down");
}

#[test]
fn an_exporter_that_cannot_be_set_up_leaves_the_tracer_off() {
    let registry = Registry::builder()
        .tracer(
            TracerBuilder::new("only").otlp_http("http://user:pw@localhost:4318/v1/traces").enabled(false),
        )
        .build()
        .unwrap();
    for _ in 0..2 {
        let error = registry.set_enabled("only", true).unwrap_err();
        assert!(error.to_string().starts_with("tracer `only`: "), "{error}");
        assert!(!error.to_string().contains("pw"));
        assert!(!registry.default_tracer().is_enabled());
    }
}

/// An endless loop cannot fill the queue. Spans past the limit are counted as dropped.
#[test]
fn a_trace_has_at_most_max_spans_per_trace_spans() {
    let (spans, other) = (InMemoryExporter::new(), InMemoryExporter::new());
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("capped").in_memory(&spans).max_spans_per_trace(10))
        .tracer(TracerBuilder::new("other").in_memory(&other))
        .default_tracer("other")
        .build()
        .unwrap();
    let (capped, uncapped) = (registry.tracer("capped").unwrap(), registry.tracer("other").unwrap());
    let run = || {
        uncapped.in_span("caller", || {
            capped.in_span("root", || {
                for _ in 0..100 {
                    capped.in_span("loop", || {
                        // a span inside a dropped span has the same tracer, and is dropped too
                        let ambient = multitracer::current_tracer().unwrap();
                        assert_eq!(ambient.name(), "capped");
                        ambient.in_span("inside", || {});
                    });
                }
                uncapped.in_span("elsewhere", || {});
            });
        });
    };
    run();
    let names: Vec<_> = spans.spans().into_iter().map(|span| span.name).collect();
    assert_eq!(names.len(), 10);
    assert_eq!(names.last().unwrap(), "root", "the first spans are kept");
    assert_eq!(other.spans().len(), 2);
    run();
    assert_eq!(spans.spans().len(), 20, "another trace has its own limit");
    let report = registry.report();
    let line = report.tracer("capped").unwrap();
    assert_eq!((line.started, line.exported, line.dropped.total(), line.open()), (402, 20, 382, 0));
}
