//! The parts of a built tracer: its sampling, its pipeline and its counters.

use std::fmt;
use std::sync::Arc;

use super::enabled::EnabledFlag;
use super::sampling::Sampling;
use crate::config::model::CaptureConfig;
use crate::export::{Pipeline, SpanSinks};
use crate::tracer::owner::builds::{BuildEntry, TracerId};
use crate::tracer::starting::span_limit::SpanLimit;

/// One build of a tracer, which its handles share.
pub(crate) struct TracerCore {
    pub(crate) info: TracerInfo,
    pub(crate) build: BuildEntry,
    pub(crate) capture: CaptureConfig,
    pub(crate) pipeline: Arc<Pipeline>,
    /// The counts and limits of its spans.
    pub(crate) sinks: SpanSinks,
    pub(crate) sampling: Sampling,
    /// The limit `limits.max_spans_per_trace`.
    pub(crate) span_limit: Option<Arc<SpanLimit>>,
    pub(crate) enabled: EnabledFlag,
}

/// The description of a tracer for logs and reports. It holds no secret.
#[derive(Clone, Debug)]
pub(crate) struct TracerInfo {
    pub(crate) name: Arc<str>,
    pub(crate) project: Arc<str>,
    pub(crate) environment: Option<Arc<str>>,
    pub(crate) exporter: String,
    pub(crate) sampler: String,
}

impl TracerCore {
    pub(crate) fn id(&self) -> TracerId {
        self.build.id()
    }

    pub(crate) fn is_on(&self) -> bool {
        self.enabled.is_on()
    }
}

impl fmt::Debug for TracerCore {
    /// Shows no exporter, whose own output may show credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer").field("info", &self.info).field("on", &self.is_on()).finish_non_exhaustive()
    }
}
