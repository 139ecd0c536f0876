//! Which traces a tracer keeps: what its configuration says, until it is told otherwise at run time.

mod rate_limited;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{ParentBasedSampler, Sampler, SamplingDecision, SamplingResult, ShouldSample};

use self::rate_limited::RateLimited;
use crate::config::model::SamplerConfig;

/// A tracer's sampler, with a rate that can be set over it.
pub(crate) struct Sampling {
    configured: Box<dyn ShouldSample>,
    /// Bits of the rate that was set at run time, or [`NONE`].
    rate: AtomicU64,
    revives: bool,
}

/// No rate: a number that no rate within 0 to 1 has the bits of.
const NONE: u64 = u64::MAX;

impl Sampling {
    pub(crate) fn new(config: &SamplerConfig) -> Self {
        let revives = match config {
            SamplerConfig::ParentBased(delegates) => {
                delegates.local_parent_not_sampled != SamplerConfig::AlwaysOff
            }
            _ => false,
        };
        Self { revives, ..Self::by(sampler(config)) }
    }

    /// By a sampler of the user's own.
    pub(crate) fn by(configured: Box<dyn ShouldSample>) -> Self {
        Self { configured, rate: AtomicU64::new(NONE), revives: false }
    }

    /// Whether the configuration says that a span may be kept inside a trace that was not, which makes partial traces.
    pub(crate) fn revives(&self) -> bool {
        self.revives
    }

    /// Keeps this share of the traces from now on, as `sample_rate` does; `None`: what the configuration says.
    pub(crate) fn set_rate(&self, rate: Option<f64>) {
        self.rate.store(rate.map_or(NONE, f64::to_bits), Ordering::Relaxed);
    }

    fn rate(&self) -> Option<f64> {
        let bits = self.rate.load(Ordering::Relaxed);
        (bits != NONE).then(|| f64::from_bits(bits))
    }
}

/// What the SDK is given: a share in a tracer's sampling.
#[derive(Clone, Debug)]
pub(crate) struct SharedSampling(pub(crate) Arc<Sampling>);

impl ShouldSample for SharedSampling {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let ask = |sampler: &dyn ShouldSample| {
            sampler.should_sample(parent, trace_id, name, kind, attributes, links)
        };
        match (self.0.rate(), parent_of(parent)) {
            (None, _) => ask(&*self.0.configured),
            (Some(rate), None) => ask(&Sampler::TraceIdRatioBased(rate)),
            (Some(_), Some(parent)) => decided(parent.is_sampled(), Some(&parent)),
        }
    }
}

/// The span that a new one is inside of.
fn parent_of(cx: Option<&Context>) -> Option<SpanContext> {
    let cx = cx.filter(|cx| cx.has_active_span())?;
    let parent = cx.span().span_context().clone();
    parent.is_valid().then_some(parent)
}

fn decided(keep: bool, parent: Option<&SpanContext>) -> SamplingResult {
    SamplingResult {
        decision: if keep { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop },
        attributes: Vec::new(),
        trace_state: parent.map_or_else(TraceState::default, |parent| parent.trace_state().clone()),
    }
}

impl fmt::Debug for Sampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampling").field("configured", &self.configured).field("rate", &self.rate()).finish()
    }
}

fn sampler(config: &SamplerConfig) -> Box<dyn ShouldSample> {
    match config {
        SamplerConfig::AlwaysOn => Box::new(Sampler::AlwaysOn),
        SamplerConfig::AlwaysOff => Box::new(Sampler::AlwaysOff),
        SamplerConfig::TraceIdRatioBased(ratio) => Box::new(Sampler::TraceIdRatioBased(*ratio)),
        SamplerConfig::RateLimited(per_second) => Box::new(RateLimited::new(*per_second)),
        SamplerConfig::ParentBased(delegates) => Box::new(
            ParentBasedSampler::new(sampler(&delegates.root))
                .with_remote_parent_sampled(sampler(&delegates.remote_parent_sampled))
                .with_remote_parent_not_sampled(sampler(&delegates.remote_parent_not_sampled))
                .with_local_parent_sampled(sampler(&delegates.local_parent_sampled))
                .with_local_parent_not_sampled(sampler(&delegates.local_parent_not_sampled)),
        ),
    }
}

#[cfg(test)]
mod tests;
