//! Samplers of both sides, and a record of what they are asked.

use std::sync::{Arc, Mutex};

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt as _, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{ParentBasedSampler, Sampler, SamplingDecision, SamplingResult, ShouldSample};

use crate::random::Random;

/// Names of spans, with which programs tell [`Scripted`] what to decide.
pub(crate) const NAMES: [&str; 7] = ["keep", "keep", "drop", "record", "tag", "state", "record and tag"];

/// The sampler of a world.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Choice {
    On,
    Off,
    Ratio(f64),
    /// The delegates for a root, for a remote parent (sampled, not sampled) and for a local one.
    ParentBased(Box<[Self; 5]>),
    /// The SDK's older sampler, which keeps only the decision of its delegate.
    FollowsParent(Box<Self>),
    Scripted,
}

impl Choice {
    /// Returns any sampler that a configuration can describe.
    pub(crate) fn configured(random: &mut Random, is_inside: bool) -> Self {
        match random.below(if is_inside { 4 } else { 9 }) {
            0 | 1 => Self::On,
            2 => Self::Off,
            3 => Self::Ratio(random.pick(&[0.0, 0.3, 0.7, 1.0])),
            _ => {
                let mut of = |usual| if random.chance(50) { usual } else { Self::configured(random, true) };
                Self::ParentBased(Box::new([
                    of(Self::On),
                    of(Self::On),
                    of(Self::Off),
                    of(Self::On),
                    of(Self::Off),
                ]))
            }
        }
    }

    /// Returns any sampler that code can give.
    pub(crate) fn custom(random: &mut Random) -> Self {
        let delegate = |random: &mut Random| match random.chance(60) {
            true => Self::Scripted,
            false => Self::configured(random, true),
        };
        match random.below(6) {
            0 => Self::configured(random, false),
            1 => Self::FollowsParent(Box::new(delegate(random))),
            2 => Self::ParentBased(Box::new([(); 5].map(|()| delegate(random)))),
            _ => Self::Scripted,
        }
    }

    pub(crate) fn build(&self) -> Box<dyn ShouldSample> {
        match self {
            Self::On => Box::new(Sampler::AlwaysOn),
            Self::Off => Box::new(Sampler::AlwaysOff),
            Self::Ratio(ratio) => Box::new(Sampler::TraceIdRatioBased(*ratio)),
            Self::FollowsParent(root) => Box::new(Sampler::ParentBased(root.build())),
            Self::Scripted => Box::new(Scripted),
            Self::ParentBased(delegates) => {
                let [root, remote_on, remote_off, local_on, local_off] = &**delegates;
                Box::new(
                    ParentBasedSampler::new(root.build())
                        .with_remote_parent_sampled(remote_on.build())
                        .with_remote_parent_not_sampled(remote_off.build())
                        .with_local_parent_sampled(local_on.build())
                        .with_local_parent_not_sampled(local_off.build()),
                )
            }
        }
    }

    /// Returns the sampler as YAML. A configuration does not describe the other samplers.
    pub(crate) fn yaml(&self) -> String {
        match self {
            Self::On => "always_on".to_owned(),
            Self::Off => "always_off".to_owned(),
            Self::Ratio(ratio) => format!("{{trace_id_ratio_based: {{ratio: {ratio:?}}}}}"),
            Self::ParentBased(delegates) => {
                let keys = ["root", "remote_parent_sampled", "remote_parent_not_sampled"];
                let keys = keys.into_iter().chain(["local_parent_sampled", "local_parent_not_sampled"]);
                let delegates: Vec<_> = keys
                    .zip(&**delegates)
                    .map(|(key, delegate)| format!("{key}: {}", delegate.yaml()))
                    .collect();
                format!("{{parent_based: {{{}}}}}", delegates.join(", "))
            }
            Self::FollowsParent(_) | Self::Scripted => unreachable!("only code can give this sampler"),
        }
    }
}

/// A user's own sampler, which decides by the name of the span.
#[derive(Clone, Debug)]
struct Scripted;

impl ShouldSample for Scripted {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        _trace: TraceId,
        name: &str,
        _kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let decision = match name {
            "drop" => SamplingDecision::Drop,
            "record" | "record and tag" => SamplingDecision::RecordOnly,
            _ => SamplingDecision::RecordAndSample,
        };
        let attributes = match name {
            "tag" | "record and tag" => vec![
                KeyValue::new("sampler.links", links.len() as i64),
                KeyValue::new("sampler.attributes", not_code(attributes).count() as i64),
            ],
            _ => Vec::new(),
        };
        let state = parent.map_or(TraceState::NONE, |cx| cx.span().span_context().trace_state().clone());
        let trace_state = match name {
            "state" => state.insert("sampler", "was here").unwrap_or(state),
            // a sampler may forget the state of the parent
            "tag" => TraceState::NONE,
            _ => state,
        };
        SamplingResult { decision, attributes, trace_state }
    }
}

/// The place in the source is no part of a question: `docs/semantics.md`, section "Sampling", says
/// that a sampler sees no attribute of a traced function.
fn not_code(attributes: &[KeyValue]) -> impl Iterator<Item = &KeyValue> {
    attributes.iter().filter(|attribute| !attribute.key.as_str().starts_with("code."))
}

/// A question to a sampler.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Question {
    parent: Option<SpanContext>,
    is_parent_active: bool,
    user: Option<String>,
    trace: TraceId,
    name: String,
    kind: SpanKind,
    attributes: Vec<KeyValue>,
    links: Vec<Link>,
}

/// A sampler that keeps the questions which another one answers.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    inner: Box<dyn ShouldSample>,
    questions: Arc<Mutex<Vec<Question>>>,
}

impl Recorder {
    pub(crate) fn new(choice: &Choice) -> Self {
        Self { inner: choice.build(), questions: Arc::default() }
    }

    pub(crate) fn take(&self) -> Vec<Question> {
        std::mem::take(&mut *self.questions.lock().unwrap())
    }
}

impl ShouldSample for Recorder {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        self.questions.lock().unwrap().push(Question {
            parent: parent.map(|cx| cx.span().span_context().clone()),
            is_parent_active: parent.is_some_and(Context::has_active_span),
            user: parent.and_then(|cx| cx.baggage().get("user").map(ToString::to_string)),
            trace,
            name: name.to_owned(),
            kind: kind.clone(),
            attributes: not_code(attributes).cloned().collect(),
            links: links.to_vec(),
        });
        self.inner.should_sample(parent, trace, name, kind, attributes, links)
    }
}
