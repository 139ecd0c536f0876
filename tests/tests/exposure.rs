//! Variants that were decided elsewhere, and exposures of variants.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use multitracer::experiment::{Assignment, Reason};
use multitracer::testing::TestRegistry;
use multitracer::{Registry, assert_tree, span, traced};

const YAML: &str = "
default_tracer: production
tracers: {production: {}, warm: {}, terse: {}}
experiments:
  tone: {variants: [{name: warm}, {name: terse}]}
  depth: {variants: [{name: shallow, tracer: warm}]}
";

fn assign(experiment: &str, unit: &str) -> Assignment {
    Registry::current().unwrap().experiment(experiment).unwrap().assign(unit)
}

#[traced(tracer = assignment)]
fn answer(assignment: &Assignment) {
    assignment.record_exposure();
    // the same unit again, inside the first span
    show(assignment);
}

#[traced]
fn show(assignment: &Assignment) {
    assignment.record_exposure();
}

#[test]
fn a_variant_that_was_decided_elsewhere_is_used_and_recorded() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    let tone = test.registry().experiment("tone").unwrap();
    let forced = tone.with_variant("terse", Reason::TargetingMatch).unwrap();
    assert_eq!((forced.variant(), forced.tracer().name()), (Some("terse"), "terse"));
    assert_eq!((forced.reason(), forced.hash(), forced.bucket()), (Reason::TargetingMatch, 0, 0));
    // a name from outside selects only variants of this experiment
    for name in ["", "production", "TERSE", "terse ", "shallow"] {
        assert!(tone.with_variant(name, Reason::TargetingMatch).is_none(), "{name}");
    }
    test.scope(|| answer(&forced));
    assert_tree!(test.trees().only_attributes(["feature_flag.*"]).with_events(), "
        terse
          answer feature_flag.key=tone feature_flag.result.variant=terse feature_flag.result.reason=targeting_match
            - feature_flag.evaluation feature_flag.key=tone feature_flag.result.variant=terse feature_flag.result.reason=targeting_match
            show
    ");
}

#[test]
fn an_exposure_is_recorded_once_per_unit_and_trace() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    let events = |name: &str| -> Vec<usize> {
        test.spans("production")
            .iter()
            .filter(|span| span.name == name)
            .map(|span| span.events.len())
            .collect()
    };
    test.scope(|| {
        let _span = span!("trace");
        for unit in ["a", "b", "a", "b", "a"] {
            assign("tone", unit).record_exposure();
        }
        // another experiment, the same unit
        assign("depth", "a").record_exposure();
        assign("depth", "a").record_exposure();
        let _inner = span!("inner");
        assign("tone", "a").record_exposure();
    });
    assert_eq!((events("trace"), events("inner")), (vec![3], vec![0]));
    // another trace
    test.scope(|| {
        let _span = span!("next");
        assign("tone", "a").record_exposure();
    });
    assert_eq!(events("next"), [1]);
    // no span is current, so there is no place to record
    test.scope(|| assign("tone", "a").record_exposure());
}

#[test]
fn an_exposure_that_was_not_recorded_can_be_recorded_later() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    test.registry().set_enabled("production", false).unwrap();
    let again = || {
        let _span = span!("trace");
        assign("tone", "a").record_exposure();
    };
    test.scope(again);
    test.registry().set_enabled("production", true).unwrap();
    test.scope(again);
    assert_eq!(test.span("production", "trace").events.len(), 1);
}
