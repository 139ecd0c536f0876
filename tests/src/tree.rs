//! Printed span trees: project by project, trace by trace, children under their parents.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::model::{ReceivedSpan, text};

/// Groups spans by [`ReceivedSpan::project`].
#[must_use]
pub fn by_project(spans: Vec<ReceivedSpan>) -> BTreeMap<String, Vec<ReceivedSpan>> {
    let mut projects = BTreeMap::<_, Vec<_>>::new();
    for span in spans {
        projects.entry(span.project().to_owned()).or_default().push(span);
    }
    projects
}

/// Prints each trace as an indented tree with one span on a line.
///
/// A line holds the name, the kind unless it is internal, an error status, and the attributes for
/// whose names `show` returns `true`. Notes mark a root whose parent is not in `spans`, and a span
/// with links. Traces and siblings stand in the order of their start.
#[must_use]
pub fn trees(spans: &[ReceivedSpan], show: impl Fn(&str) -> bool) -> String {
    let mut traces = BTreeMap::<String, Vec<&ReceivedSpan>>::new();
    for span in spans {
        traces.entry(span.trace_id()).or_default().push(span);
    }
    let mut traces: Vec<_> = traces.into_values().collect();
    for trace in &mut traces {
        trace.sort_by_key(|span| (span.span.start_time_unix_nano, span.span.name.clone()));
    }
    traces.sort_by_key(|trace| trace.first().map(|span| span.span.start_time_unix_nano));
    let mut out = String::new();
    for trace in traces {
        for span in &trace {
            if !trace.iter().any(|other| other.span.span_id == span.span.parent_span_id) {
                write_span(&mut out, &trace, span, 0, &show);
            }
        }
    }
    out
}

fn write_span(
    out: &mut String,
    trace: &[&ReceivedSpan],
    span: &ReceivedSpan,
    depth: usize,
    show: &impl Fn(&str) -> bool,
) {
    // a write to a String cannot fail
    let _ = write!(out, "{:indent$}{}", "", span.name(), indent = depth * 2);
    let kind = match span.span.kind {
        2 => " [server]",
        3 => " [client]",
        4 => " [producer]",
        5 => " [consumer]",
        _ => "",
    };
    out.push_str(kind);
    if span.is_error() {
        out.push_str(" ERROR");
        if let Some(status) = span.span.status.as_ref().filter(|status| !status.message.is_empty()) {
            let _ = write!(out, " {:?}", status.message);
        }
    }
    for attribute in span.span.attributes.iter().filter(|attribute| show(&attribute.key)) {
        let _ = write!(out, " {}={}", attribute.key, text(attribute));
    }
    if depth == 0 && !span.span.parent_span_id.is_empty() {
        out.push_str(" (parent elsewhere)");
    }
    if !span.span.links.is_empty() {
        out.push_str(" (linked)");
    }
    out.push('\n');
    for child in trace.iter().filter(|child| child.span.parent_span_id == span.span.span_id) {
        write_span(out, trace, child, depth + 1, show);
    }
}
