use opentelemetry::trace::{SpanId, TraceFlags};

use super::*;
use crate::config::model::ParentBasedConfig;

fn parent(sampled: bool, remote: bool) -> Context {
    let flags = if sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let span = SpanContext::new(TraceId::from(7), SpanId::from(9), flags, remote, TraceState::default());
    Context::new().with_remote_span_context(span)
}

fn keeps(config: &SamplerConfig, parent: Option<&Context>) -> bool {
    decides(&SharedSampling(Arc::new(Sampling::new(config))), parent)
}

fn decides(sampling: &SharedSampling, parent: Option<&Context>) -> bool {
    let kind = SpanKind::Internal;
    let result = sampling.should_sample(parent, TraceId::from(7), "span", &kind, &[], &[]);
    result.decision == SamplingDecision::RecordAndSample
}

/// Each delegate decides in its own case, and in no other.
#[test]
fn a_parent_based_sampler_asks_the_delegate_of_the_case() {
    let all_off = || ParentBasedConfig {
        root: SamplerConfig::AlwaysOff,
        remote_parent_sampled: SamplerConfig::AlwaysOff,
        remote_parent_not_sampled: SamplerConfig::AlwaysOff,
        local_parent_sampled: SamplerConfig::AlwaysOff,
        local_parent_not_sampled: SamplerConfig::AlwaysOff,
    };
    type Set = fn(&mut ParentBasedConfig);
    let cases: [(Set, Option<(bool, bool)>); 5] = [
        (|config| config.root = SamplerConfig::AlwaysOn, None),
        (|config| config.remote_parent_sampled = SamplerConfig::AlwaysOn, Some((true, true))),
        (|config| config.remote_parent_not_sampled = SamplerConfig::AlwaysOn, Some((false, true))),
        (|config| config.local_parent_sampled = SamplerConfig::AlwaysOn, Some((true, false))),
        (|config| config.local_parent_not_sampled = SamplerConfig::AlwaysOn, Some((false, false))),
    ];
    for (set, own) in cases {
        let mut config = all_off();
        set(&mut config);
        let config = SamplerConfig::ParentBased(Box::new(config));
        for (_, case) in cases {
            let cx = case.map(|(sampled, remote)| parent(sampled, remote));
            assert_eq!(keeps(&config, cx.as_ref()), case == own, "{config:?} for {case:?}");
        }
        assert_eq!(Sampling::new(&config).revives(), own == Some((false, false)));
    }
}

#[test]
fn simple_samplers() {
    assert!(keeps(&SamplerConfig::AlwaysOn, None));
    assert!(!keeps(&SamplerConfig::AlwaysOff, None));
    assert!(keeps(&SamplerConfig::TraceIdRatioBased(1.0), Some(&parent(false, true))));
    assert!(!keeps(&SamplerConfig::TraceIdRatioBased(0.0), None));
}

#[test]
fn a_rate_limit_counts_traces_and_not_spans() {
    let sampling = SharedSampling(Arc::new(Sampling::new(&SamplerConfig::RateLimited(2))));
    assert!(decides(&sampling, None) && decides(&sampling, Some(&parent(true, true))));
    assert!(!decides(&sampling, None), "two are two");
    assert!(
        !decides(&sampling, Some(&parent(true, true))),
        "a sampled flag from outside is no way around it"
    );
    assert!(decides(&sampling, Some(&parent(true, false))), "inside a trace that was kept");
    assert!(!decides(&sampling, Some(&parent(false, true))));
}

#[test]
fn a_rate_over_the_configured_sampler_and_back() {
    let sampling = SharedSampling(Arc::new(Sampling::new(&SamplerConfig::AlwaysOn)));
    sampling.0.set_rate(Some(0.0));
    assert!(!decides(&sampling, None));
    assert!(decides(&sampling, Some(&parent(true, false))), "what has begun goes on");
    sampling.0.set_rate(Some(1.0));
    assert!(decides(&sampling, None));
    sampling.0.set_rate(None);
    assert!(decides(&sampling, Some(&parent(false, true))), "as configured: always");
}
