//! Log lines with the identity of their trace, span and tracer.

use std::fmt::{self, Write as _};

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::tracer::{Tracer, with_current};

/// A log format for `tracing-subscriber` that adds `trace_id`, `span_id` and `tracer` to each line.
///
/// It wraps another format. The span is the innermost one, from `#[traced]`, `#[instrument]` or a
/// library. A span that is not sampled has identifiers too. The tracer is that of the span; without
/// a span of multitracer, it is the ambient one. Without a span, `trace_id` and `span_id` are
/// missing; without a tracer, `tracer` is missing.
///
/// Add the `fmt` layer after [`tracing_layer`](crate::tracing_layer). Otherwise the span of
/// `tracing` is not yet current when a line is written.
///
/// ```
/// use multitracer::subscriber::LogFormat;
/// use tracing_subscriber::fmt::format;
///
/// let subscriber = tracing_subscriber::fmt().event_format(LogFormat::text(format())).finish();
/// # drop(subscriber);
/// ```
///
/// A line then looks like this:
///
/// ```text
/// trace_id=5c1a.. span_id=77f0.. tracer=canary 2026-11-21T08:00:00Z  INFO shop: sold
/// ```
///
/// With the feature `json` of tracing-subscriber, `LogFormat::json(format().json())` puts the three
/// fields at the start of each JSON object.
#[derive(Clone, Debug)]
pub struct LogFormat<F> {
    inner: F,
    is_json: bool,
}

impl<F> LogFormat<F> {
    /// Wraps a format of text lines, and puts `name=value` pairs in front of each line.
    pub fn text(inner: F) -> Self {
        Self { inner, is_json: false }
    }

    /// Wraps a format of JSON objects, and puts the fields in front of each object's own members.
    pub fn json(inner: F) -> Self {
        Self { inner, is_json: true }
    }
}

impl<S, N, F> FormatEvent<S, N> for LogFormat<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        cx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let fields = LineFields::current();
        if !self.is_json {
            fields.write(&mut writer, |writer, name, value| write!(writer, "{name}={value} "))?;
            return self.inner.format_event(cx, writer, event);
        }
        let mut line = String::new();
        self.inner.format_event(cx, Writer::new(&mut line), event)?;
        let Some(members) = line.strip_prefix('{') else { return writer.write_str(&line) };
        writer.write_char('{')?;
        fields.write(&mut writer, |writer, name, value| {
            write!(writer, "\"{name}\":\"{}\",", JsonEscaped(value))
        })?;
        writer.write_str(members)
    }
}

/// The fields that are added to one line.
struct LineFields {
    span: Option<SpanContext>,
    tracer: Option<Tracer>,
}

impl LineFields {
    /// Returns the fields for the current context.
    fn current() -> Self {
        let fields = with_current(|cx| {
            let span = cx.span();
            let span = Some(span.span_context()).filter(|span| span.is_valid()).cloned();
            Self { span, tracer: Tracer::of_current_span(cx).or_else(|| Tracer::ambient(cx)) }
        });
        fields.unwrap_or(Self { span: None, tracer: None })
    }

    /// Calls `write_field` with the name and the value of each field.
    fn write<'w>(
        &self,
        writer: &mut Writer<'w>,
        mut write_field: impl FnMut(&mut Writer<'w>, &str, &str) -> fmt::Result,
    ) -> fmt::Result {
        if let Some(span) = &self.span {
            write_field(writer, "trace_id", &span.trace_id().to_string())?;
            write_field(writer, "span_id", &span.span_id().to_string())?;
        }
        match &self.tracer {
            Some(tracer) => write_field(writer, "tracer", tracer.name()),
            None => Ok(()),
        }
    }
}

/// A tracer's name inside a JSON string.
///
/// Names contain no control characters, so only quotes and backslashes need an escape.
struct JsonEscaped<'a>(&'a str);

impl fmt::Display for JsonEscaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            if matches!(char, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(char)?;
        }
        Ok(())
    }
}
