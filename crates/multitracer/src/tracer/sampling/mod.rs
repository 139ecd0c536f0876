//! Sampling: the configured sampler of a tracer, and the rate that can replace it at run time.

mod rate_limited;
mod rated_traces;

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{ParentBasedSampler, Sampler, SamplingDecision, SamplingResult, ShouldSample};

use self::rate_limited::RateLimited;
use self::rated_traces::RatedTraces;
use crate::config::model::SamplerConfig;
use crate::record::CodePlace;

/// The sampling of one tracer: its sampler, and a rate that replaces the sampler while it is set.
pub(crate) struct Sampling {
    configured: Box<dyn ShouldSample>,
    /// The bits of the rate that was set at run time, or [`UNSET`].
    rate: AtomicU64,
    is_custom: bool,
    samples_unsampled_traces: bool,
    /// Decisions of the configured sampler that need no call.
    quick: QuickRule,
    /// The traces that a rate decided. `None` for a sampler that follows each local parent.
    rated_traces: Option<RatedTraces>,
}

/// Decisions of a sampler that need no call.
#[derive(Clone, Copy, Debug, Default)]
struct QuickRule {
    /// `true` if all roots are sampled.
    samples_roots: bool,
    /// `true` if no root is sampled.
    drops_roots: bool,
    /// `true` if the children of sampled local spans are sampled.
    samples_children: bool,
}

/// The bits that stand for an unset rate. No rate from 0.0 to 1.0 has them.
const UNSET: u64 = u64::MAX;

impl Sampling {
    pub(crate) fn new(config: &SamplerConfig) -> Self {
        let samples_unsampled_traces = match config {
            SamplerConfig::ParentBased(delegates) => {
                delegates.local_parent_not_sampled != SamplerConfig::AlwaysOff
            }
            _ => false,
        };
        let rated_traces = (!follows_local_parents(config)).then(RatedTraces::default);
        let quick = QuickRule::of(config);
        Self {
            is_custom: false,
            samples_unsampled_traces,
            quick,
            rated_traces,
            ..Self::custom(build_sampler(config))
        }
    }

    /// Creates the sampling of a tracer with a custom sampler.
    pub(crate) fn custom(configured: Box<dyn ShouldSample>) -> Self {
        let rated_traces = Some(RatedTraces::default());
        Self {
            configured,
            rate: AtomicU64::new(UNSET),
            is_custom: true,
            samples_unsampled_traces: false,
            quick: QuickRule::default(),
            rated_traces,
        }
    }

    /// Returns `true` if the configuration may sample a span inside an unsampled trace of this
    /// process. The result is a partial trace.
    pub(crate) fn samples_unsampled_traces(&self) -> bool {
        self.samples_unsampled_traces
    }

    /// Sets the share of new traces that are sampled, as `sample_rate` does. `None` restores the
    /// configured sampler for new traces. A trace that began under a rate keeps its decision.
    pub(crate) fn set_rate(&self, rate: Option<f64>) {
        self.rate.store(rate.map_or(UNSET, f64::to_bits), Ordering::Relaxed);
    }

    fn rate(&self) -> Option<f64> {
        let bits = self.rate.load(Ordering::Relaxed);
        (bits != UNSET).then(|| f64::from_bits(bits))
    }
}

impl QuickRule {
    fn of(config: &SamplerConfig) -> Self {
        match config {
            SamplerConfig::AlwaysOn => {
                Self { samples_roots: true, samples_children: true, ..Self::default() }
            }
            SamplerConfig::AlwaysOff => Self { drops_roots: true, ..Self::default() },
            SamplerConfig::TraceIdRatioBased(_) => Self::default(),
            SamplerConfig::RateLimited(_) => Self { samples_children: true, ..Self::default() },
            SamplerConfig::ParentBased(delegates) => Self {
                samples_roots: Self::of(&delegates.root).samples_roots,
                drops_roots: Self::of(&delegates.root).drops_roots,
                samples_children: delegates.local_parent_sampled == SamplerConfig::AlwaysOn,
            },
        }
    }
}

impl Sampling {
    /// Returns `true` if each span of this kind is sampled: each root, or each child of a sampled
    /// local span. The sampler's code need not run for that.
    #[inline]
    pub(super) fn samples_each(&self, is_child: bool) -> bool {
        let is_rate_unset = self.rate.load(Ordering::Relaxed) == UNSET;
        is_rate_unset && if is_child { self.quick.samples_children } else { self.quick.samples_roots }
    }

    /// Returns `true` if code gave the sampler.
    #[cfg(feature = "tower")]
    pub(super) fn is_custom(&self) -> bool {
        self.is_custom
    }

    /// Returns `true` if the trace ids of sampled roots may name their first span.
    ///
    /// A custom sampler sees the trace id before the decision. Inside of a trace that is unsampled
    /// at its root, the root is no parent.
    pub(super) fn names_roots(&self) -> bool {
        !self.is_custom && !self.samples_unsampled_traces
    }
}

/// The description of a span that a sampler gets.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) parent: Option<&'a SpanContext>,
    pub(super) trace: TraceId,
    pub(super) name: &'a str,
    pub(super) kind: &'a SpanKind,
    pub(super) attributes: &'a [KeyValue],
    /// The place of a traced function, whose attributes follow `attributes`.
    pub(super) code: Option<CodePlace>,
    pub(super) links: &'a [Link],
}

impl Sampling {
    /// Decides about a new span under `cx`.
    pub(super) fn decide(&self, cx: &Context, question: &Question<'_>) -> SamplingResult {
        let parent = question.parent;
        let rated_traces = self.rated_traces.as_ref();
        let result = match (self.rate(), parent) {
            (None, Some(parent))
                if !parent.is_remote() && rated_traces.is_some_and(|t| t.has(question.trace)) =>
            {
                return sampling_result(parent.is_sampled(), Some(parent));
            }
            (None, _) => return self.ask(&*self.configured, cx, question),
            (Some(rate), None) => self.ask(&Sampler::TraceIdRatioBased(rate), cx, question),
            (Some(_), Some(parent)) => sampling_result(parent.is_sampled(), Some(parent)),
        };
        // inside an unsampled trace, most samplers are not asked
        let is_asked_again = result.decision != SamplingDecision::Drop || self.samples_unsampled_traces;
        if let (Some(traces), true) = (rated_traces, is_asked_again) {
            traces.add(question.trace);
        }
        result
    }

    /// Decides about the first span of a trace by the right half of its id. Samplers of the
    /// configuration read nothing else. Returns `None` if [`decide`](Self::decide) has to.
    #[inline]
    pub(super) fn decide_root(&self, right_half: u64, kind: &SpanKind) -> Option<bool> {
        if !self.names_roots() || self.rate().is_some() {
            return None;
        }
        if self.quick.samples_roots {
            return Some(true);
        }
        if self.quick.drops_roots {
            return Some(false);
        }
        let trace = TraceId::from(u128::from(right_half));
        let result = self.configured.should_sample(None, trace, "", kind, &[], &[]);
        Some(result.decision == SamplingDecision::RecordAndSample)
    }

    /// Asks a sampler. It sees `cx` with the parent as its current span.
    fn ask(&self, sampler: &dyn ShouldSample, cx: &Context, question: &Question<'_>) -> SamplingResult {
        let Question { parent, trace, name, kind, attributes, code, links } = question;
        let parent_cx = match *parent {
            Some(span) if cx.span().span_context() == span => Cow::Borrowed(cx),
            Some(span) => Cow::Owned(cx.with_remote_span_context(span.clone())),
            None if cx.has_active_span() => Cow::Owned(Context::new()),
            None => Cow::Borrowed(cx),
        };
        let mut attributes = Cow::Borrowed(*attributes);
        if let Some(code) = code {
            code.add_attributes(attributes.to_mut());
        }
        sampler.should_sample(Some(&*parent_cx), *trace, name, kind, &attributes, links)
    }
}

fn sampling_result(keep: bool, parent: Option<&SpanContext>) -> SamplingResult {
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

/// Returns `true` if the sampler decides as the parent did, for each local parent that
/// [`Sampling`] asks it about.
fn follows_local_parents(config: &SamplerConfig) -> bool {
    match config {
        // unsampled local parents do not reach it
        SamplerConfig::AlwaysOn | SamplerConfig::RateLimited(_) => true,
        SamplerConfig::AlwaysOff | SamplerConfig::TraceIdRatioBased(_) => false,
        SamplerConfig::ParentBased(delegates) => {
            delegates.local_parent_sampled == SamplerConfig::AlwaysOn
                && delegates.local_parent_not_sampled == SamplerConfig::AlwaysOff
        }
    }
}

/// Builds the sampler that `config` describes.
fn build_sampler(config: &SamplerConfig) -> Box<dyn ShouldSample> {
    match config {
        SamplerConfig::AlwaysOn => Box::new(Sampler::AlwaysOn),
        SamplerConfig::AlwaysOff => Box::new(Sampler::AlwaysOff),
        SamplerConfig::TraceIdRatioBased(ratio) => Box::new(Sampler::TraceIdRatioBased(*ratio)),
        SamplerConfig::RateLimited(per_second) => Box::new(RateLimited::new(*per_second)),
        SamplerConfig::ParentBased(delegates) => Box::new(
            ParentBasedSampler::new(build_sampler(&delegates.root))
                .with_remote_parent_sampled(build_sampler(&delegates.remote_parent_sampled))
                .with_remote_parent_not_sampled(build_sampler(&delegates.remote_parent_not_sampled))
                .with_local_parent_sampled(build_sampler(&delegates.local_parent_sampled))
                .with_local_parent_not_sampled(build_sampler(&delegates.local_parent_not_sampled)),
        ),
    }
}

#[cfg(test)]
mod tests;
