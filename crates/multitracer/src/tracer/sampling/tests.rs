//! Tests of sampling.

use opentelemetry::trace::{SpanId, TraceFlags};

use super::*;
use crate::config::model::ParentBasedConfig;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Origin {
    Local,
    Remote,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct ParentCase {
    origin: Origin,
    flags: TraceFlags,
}

const LOCAL_SAMPLED: ParentCase = ParentCase { origin: Origin::Local, flags: TraceFlags::SAMPLED };
const LOCAL_UNSAMPLED: ParentCase = ParentCase { origin: Origin::Local, flags: TraceFlags::NOT_SAMPLED };
const REMOTE_SAMPLED: ParentCase = ParentCase { origin: Origin::Remote, flags: TraceFlags::SAMPLED };
const REMOTE_UNSAMPLED: ParentCase = ParentCase { origin: Origin::Remote, flags: TraceFlags::NOT_SAMPLED };

fn parent(case: ParentCase) -> SpanContext {
    let is_remote = case.origin == Origin::Remote;
    let state = TraceState::default();
    SpanContext::new(TraceId::from(7), SpanId::from(9), case.flags, is_remote, state)
}

fn samples_with(config: &SamplerConfig, parent: Option<&SpanContext>) -> bool {
    samples(&Sampling::new(config), parent)
}

fn samples(sampling: &Sampling, parent: Option<&SpanContext>) -> bool {
    let question = Question {
        parent,
        trace: TraceId::from(7),
        name: "span",
        kind: &SpanKind::Internal,
        attributes: &[],
        code: None,
        links: &[],
    };
    let cx =
        parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent.clone()));
    let result = sampling.decide(&cx, &question);
    result.decision == SamplingDecision::RecordAndSample
}

/// Each delegate decides its own case, and no other.
#[test]
fn a_parent_based_sampler_calls_the_delegate_of_the_case() {
    let always_off = || ParentBasedConfig {
        root: SamplerConfig::AlwaysOff,
        remote_parent_sampled: SamplerConfig::AlwaysOff,
        remote_parent_not_sampled: SamplerConfig::AlwaysOff,
        local_parent_sampled: SamplerConfig::AlwaysOff,
        local_parent_not_sampled: SamplerConfig::AlwaysOff,
    };
    type Set = fn(&mut ParentBasedConfig);
    let cases: [(Set, Option<ParentCase>); 5] = [
        (|config| config.root = SamplerConfig::AlwaysOn, None),
        (|config| config.remote_parent_sampled = SamplerConfig::AlwaysOn, Some(REMOTE_SAMPLED)),
        (|config| config.remote_parent_not_sampled = SamplerConfig::AlwaysOn, Some(REMOTE_UNSAMPLED)),
        (|config| config.local_parent_sampled = SamplerConfig::AlwaysOn, Some(LOCAL_SAMPLED)),
        (|config| config.local_parent_not_sampled = SamplerConfig::AlwaysOn, Some(LOCAL_UNSAMPLED)),
    ];
    for (set, own_case) in cases {
        let mut config = always_off();
        set(&mut config);
        let config = SamplerConfig::ParentBased(Box::new(config));
        for (_, case) in cases {
            let cx = case.map(parent);
            assert_eq!(samples_with(&config, cx.as_ref()), case == own_case, "{config:?} for {case:?}");
        }
        let resamples = Sampling::new(&config).samples_unsampled_traces();
        assert_eq!(resamples, own_case == Some(LOCAL_UNSAMPLED));
    }
}

#[test]
fn samplers_without_delegates_decide_alone() {
    assert!(samples_with(&SamplerConfig::AlwaysOn, None));
    assert!(!samples_with(&SamplerConfig::AlwaysOff, None));
    assert!(samples_with(&SamplerConfig::TraceIdRatioBased(1.0), Some(&parent(REMOTE_UNSAMPLED))));
    assert!(!samples_with(&SamplerConfig::TraceIdRatioBased(0.0), None));
}

#[test]
fn a_rate_limit_counts_traces_not_spans() {
    let sampling = Sampling::new(&SamplerConfig::RateLimited(2));
    assert!(samples(&sampling, None) && samples(&sampling, Some(&parent(REMOTE_SAMPLED))));
    assert!(!samples(&sampling, None), "the third trace of the second");
    assert!(
        !samples(&sampling, Some(&parent(REMOTE_SAMPLED))),
        "a remote sampled flag does not bypass the limit"
    );
    assert!(samples(&sampling, Some(&parent(LOCAL_SAMPLED))), "inside a sampled trace");
    assert!(!samples(&sampling, Some(&parent(REMOTE_UNSAMPLED))));
}

#[test]
fn a_rate_replaces_the_configured_sampler_until_it_is_unset() {
    let sampling = Sampling::new(&SamplerConfig::AlwaysOn);
    sampling.set_rate(Some(0.0));
    assert!(!samples(&sampling, None));
    assert!(samples(&sampling, Some(&parent(LOCAL_SAMPLED))), "a trace that has begun stays sampled");
    sampling.set_rate(Some(1.0));
    assert!(samples(&sampling, None));
    sampling.set_rate(None);
    assert!(samples(&sampling, Some(&parent(REMOTE_UNSAMPLED))), "the configured sampler decides again");
}
