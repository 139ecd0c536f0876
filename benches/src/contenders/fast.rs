//! fastrace with its reporter for OpenTelemetry.

use std::borrow::Cow;

use fastrace::collector::Config;
use fastrace_opentelemetry::OpenTelemetryReporter;
use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter;

use super::exporter::CountSpans;
use crate::measure::Arrivals;

/// The traces of a turn that fit into fastrace's channel of 10,240 commands. Each takes up to four.
pub(crate) const TRACES: u64 = 2_500;

/// Makes fastrace report to this exporter.
pub(crate) fn report_to(exporter: impl SpanExporter + 'static) {
    let scope = InstrumentationScope::builder("bench").build();
    let resource = Cow::Owned(Resource::builder_empty().with_service_name("bench").build());
    fastrace::set_reporter(OpenTelemetryReporter::new(exporter, resource, scope), Config::default());
}

/// Makes fastrace report to an exporter that counts, and returns its arrivals.
pub(crate) fn reported() -> Arrivals {
    let spans = CountSpans::default();
    report_to(spans.clone());
    Arrivals::new(move || {
        fastrace::flush();
        spans.count()
    })
}
