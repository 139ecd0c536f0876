//! Span trees as text.

use std::fmt;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::trace::SpanData;

use super::order::{Numbers, SiblingOrder, in_tree_order};
use crate::export::{Indent, PlacedSpan};
use crate::text::Escaped;

/// Attributes that a tree hides by default, because they describe the place or the time of a span.
const HIDDEN_BY_DEFAULT: [&str; 10] = [
    "code.",
    "thread.",
    "target",
    "level",
    "busy_ns",
    "idle_ns",
    "network.",
    "server.",
    "user_agent.",
    "url.scheme",
];

/// Returns `true` if `key` equals `pattern`, or starts with a pattern that ends in `.` or `*`.
fn matches_pattern(key: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => key.starts_with(prefix),
        None => key == pattern || (pattern.ends_with('.') && key.starts_with(pattern)),
    }
}

/// The spans of one tracer that have ended.
#[derive(Clone, Debug)]
pub(super) struct TracerSpans {
    pub(super) tracer: String,
    pub(super) spans: Vec<SpanData>,
}

/// The spans of a [`TestRegistry`](super::TestRegistry) as an indented tree.
///
/// [`TestRegistry::tree`](super::TestRegistry::tree) and
/// [`TestRegistry::trees`](super::TestRegistry::trees) return it. Its `Display` is made for inline
/// snapshots, and is the same in every run. Each span has one line, in the order of the starts:
/// - the name, and the kind unless it is internal;
/// - `ERROR` with the status's description;
/// - the attributes, except those that describe place and time (`code.*`, `thread.*`, `network.*`,
///   `server.*` and others), which [`all_attributes`](Self::all_attributes) shows;
/// - the links, and a note if the parent is missing.
///
/// Control characters and bidirectional marks are shown escaped, as in a Rust string.
///
/// ```
/// use multitracer::testing::TestRegistry;
/// use multitracer::{assert_tree, traced};
///
/// #[traced(fields(items = items.len()), err)]
/// fn rank(items: &[u32]) -> Result<u32, std::fmt::Error> {
///     items.first().copied().ok_or(std::fmt::Error)
/// }
///
/// let test = TestRegistry::new(["production"]);
/// test.scope(|| rank(&[3, 1])).unwrap();
/// test.scope(|| rank(&[])).unwrap_err();
///
/// assert_tree!(test.tree("production").only_attributes(["items"]).with_ids(), r#"
///     rank t1.s1 items=2
///     rank t2.s2 ERROR "an error occurred when formatting an argument" items=0
/// "#);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a tree is nothing until it is shown or compared"]
pub struct Tree {
    tracers: Vec<TracerSpans>,
    only: Option<String>,
    shows_ids: bool,
    shows_times: bool,
    shows_events: bool,
    sibling_order: SiblingOrder,
    attributes: ShownAttributes,
}

#[derive(Clone, Debug)]
enum ShownAttributes {
    Default,
    Only(Vec<String>),
    All,
}

impl Tree {
    pub(super) fn new(tracers: Vec<TracerSpans>, only: Option<String>) -> Self {
        let attributes = ShownAttributes::Default;
        Self {
            tracers,
            only,
            shows_ids: false,
            shows_times: false,
            shows_events: false,
            sibling_order: SiblingOrder::Start,
            attributes,
        }
    }

    /// Shows numbers of traces and spans, in the order of the tree: `t1.s2`.
    pub fn with_ids(self) -> Self {
        Self { shows_ids: true, ..self }
    }

    /// Shows the order of the starts and ends of all shown spans: `1..4`.
    pub fn with_times(self) -> Self {
        Self { shows_times: true, ..self }
    }

    /// Shows events, each on its own line.
    pub fn with_events(self) -> Self {
        Self { shows_events: true, ..self }
    }

    /// Orders siblings by name, for spans that run concurrently.
    pub fn sorted(self) -> Self {
        Self { sibling_order: SiblingOrder::Name, ..self }
    }

    /// Shows only the attributes of these keys. A key that ends in `.` or `*` is a prefix.
    pub fn only_attributes<'a>(self, keys: impl IntoIterator<Item = &'a str>) -> Self {
        let keys = keys.into_iter().map(str::to_owned).collect();
        Self { attributes: ShownAttributes::Only(keys), ..self }
    }

    /// Shows every attribute.
    pub fn all_attributes(self) -> Self {
        Self { attributes: ShownAttributes::All, ..self }
    }

    fn shows(&self, key: &str) -> bool {
        match &self.attributes {
            ShownAttributes::Default => !HIDDEN_BY_DEFAULT.iter().any(|of| matches_pattern(key, of)),
            ShownAttributes::Only(keys) => keys.iter().any(|of| matches_pattern(key, of)),
            ShownAttributes::All => true,
        }
    }

    fn write_span(
        &self,
        f: &mut fmt::Formatter<'_>,
        numbers: &Numbers,
        tracer: &str,
        placed: &PlacedSpan<'_>,
    ) -> fmt::Result {
        let span = placed.span;
        write!(f, "{}{}", self.indent(placed.depth), Escaped(&span.name))?;
        if self.shows_ids {
            write!(f, " {}", numbers.id(&span.span_context))?;
        }
        if self.shows_times {
            write!(f, " {}..{}", numbers.time(span.start_time), numbers.time(span.end_time))?;
        }
        match span.span_kind {
            SpanKind::Internal => {}
            SpanKind::Server => f.write_str(" [server]")?,
            SpanKind::Client => f.write_str(" [client]")?,
            SpanKind::Producer => f.write_str(" [producer]")?,
            SpanKind::Consumer => f.write_str(" [consumer]")?,
        }
        match &span.status {
            Status::Unset => {}
            Status::Ok => f.write_str(" OK")?,
            Status::Error { description } if description.is_empty() => f.write_str(" ERROR")?,
            Status::Error { description } => {
                write!(f, " ERROR {}", Escaped(format_args!("{description:?}")))?;
            }
        }
        for attribute in span.attributes.iter().filter(|attribute| self.shows(attribute.key.as_str())) {
            write_attribute(f, attribute)?;
        }
        for link in span.links.iter() {
            match self.link_name(&link.span_context, tracer) {
                Some(name) => write!(f, " (linked to {})", Escaped(name))?,
                None => f.write_str(" (linked to a span elsewhere)")?,
            }
        }
        if placed.depth == 0 && span.parent_span_id != opentelemetry::trace::SpanId::INVALID {
            f.write_str(if span.parent_span_is_remote { " (remote parent)" } else { " (parent not here)" })?;
        }
        writeln!(f)?;
        if self.shows_events {
            for event in span.events.iter() {
                write!(f, "{}- {}", self.indent(placed.depth + 1), Escaped(&event.name))?;
                for attribute in
                    event.attributes.iter().filter(|attribute| self.shows(attribute.key.as_str()))
                {
                    write_attribute(f, attribute)?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }

    fn indent(&self, depth: usize) -> Indent {
        Indent(depth + usize::from(self.only.is_none()))
    }

    /// Returns the name of a linked span: `rank of production`, or `rank` within the same tracer.
    fn link_name(&self, linked: &opentelemetry::trace::SpanContext, from: &str) -> Option<String> {
        self.tracers.iter().find_map(|TracerSpans { tracer, spans }| {
            let span = spans.iter().find(|span| {
                span.span_context.span_id() == linked.span_id()
                    && span.span_context.trace_id() == linked.trace_id()
            })?;
            Some(if tracer == from { span.name.to_string() } else { format!("{} of {tracer}", span.name) })
        })
    }
}

fn write_attribute(f: &mut fmt::Formatter<'_>, attribute: &KeyValue) -> fmt::Result {
    write!(f, " {}={}", Escaped(&attribute.key), Escaped(&attribute.value))
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<(&str, Vec<PlacedSpan<'_>>)> = self
            .tracers
            .iter()
            .filter(|of| match &self.only {
                Some(only) => of.tracer == *only,
                None => !of.spans.is_empty(),
            })
            .map(|of| (of.tracer.as_str(), in_tree_order(&of.spans, self.sibling_order)))
            .collect();
        let numbers =
            Numbers::from_spans(shown.iter().flat_map(|(_, spans)| spans.iter().map(|placed| placed.span)));
        for (name, spans) in &shown {
            if self.only.is_none() {
                writeln!(f, "{}", Escaped(name))?;
            }
            for span in spans {
                self.write_span(f, &numbers, name, span)?;
            }
        }
        Ok(())
    }
}
