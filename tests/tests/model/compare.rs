//! The comparison of the spans that arrive with the spans that the oracle expects.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use opentelemetry::trace::{SpanContext, SpanId, TraceId};
use opentelemetry_sdk::trace::SpanData;

use crate::context::{Label, Trace};
use crate::oracle::expected;
use crate::program::{Id, Program, TRACERS, Who};
use crate::rules::Expected;
use crate::run::{remote_trace_id, run};
use crate::world::World;

/// A span as it arrived.
#[derive(Debug)]
struct Arrived {
    who: Who,
    parent: Option<Label>,
    links: Vec<Label>,
    trace: TraceId,
}

/// What a run of a program has shown.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) spans: usize,
    /// The deviations from the expected spans, as text.
    pub(crate) deviations: Option<String>,
}

/// Runs a program and compares its spans with those of the oracle.
pub(crate) fn check(program: &Program, world: &World) -> Outcome {
    drop(world.take_spans());
    let labels = run(program, world);
    let spans = world.take_spans();
    let arrived = arrived(&spans, &labels);
    let ids: HashSet<Id> = arrived.iter().map(|(id, _)| *id).collect();
    let expected = expected(program, &world.settings, &ids);
    let deviations = compare(&expected, &arrived);
    let deviations =
        deviations.map(|found| format!("{found}expected\n{}arrived\n{}", list(&expected), listed(&arrived)));
    Outcome { spans: spans.len(), deviations }
}

fn arrived(spans: &[(Who, SpanData)], labels: &HashMap<SpanId, Label>) -> Vec<(Id, Arrived)> {
    let id = |span: &SpanData| span.name.strip_prefix('s').and_then(|id| id.parse::<Id>().ok()).unwrap_or(0);
    let mut known = labels.clone();
    known.extend(spans.iter().map(|(_, span)| (span.span_context.span_id(), Label::Step(id(span)))));
    let label = |span: SpanId| known.get(&span).copied().unwrap_or(Label::Unsampled);
    let mut list: Vec<_> = spans
        .iter()
        .map(|(who, span)| {
            let parent = Some(span.parent_span_id).filter(|parent| *parent != SpanId::INVALID).map(label);
            let links =
                span.links.iter().map(|link| SpanContext::span_id(&link.span_context)).map(label).collect();
            (id(span), Arrived { who: *who, parent, links, trace: span.span_context.trace_id() })
        })
        .collect();
    list.sort_by_key(|(id, _)| *id);
    list
}

fn compare(expected: &[Expected], arrived: &[(Id, Arrived)]) -> Option<String> {
    let mut text = String::new();
    let mut traces: HashMap<Trace, TraceId> = HashMap::new();
    let mut ids: HashMap<TraceId, Trace> = HashMap::new();
    for span in expected {
        let mut found = arrived.iter().filter(|(id, _)| *id == span.id).map(|(_, found)| found);
        let Some(first) = found.next() else {
            let _ = writeln!(text, "s{} is missing", span.id);
            continue;
        };
        if found.next().is_some() {
            let _ = writeln!(text, "s{} arrived twice", span.id);
        }
        if first.who != span.who {
            let _ = writeln!(text, "s{} is in {}, not in {}", span.id, named(first.who), named(span.who));
        }
        if first.parent != span.parent {
            let _ = writeln!(text, "s{} has the parent {:?}, not {:?}", span.id, first.parent, span.parent);
        }
        if first.links != span.links {
            let _ = writeln!(text, "s{} has the links {:?}, not {:?}", span.id, first.links, span.links);
        }
        let same_id = *traces.entry(span.trace).or_insert(first.trace) == first.trace;
        let same_trace = *ids.entry(first.trace).or_insert(span.trace) == span.trace;
        let is_remote = match span.trace {
            Trace::Remote(number) => first.trace == remote_trace_id(number),
            _ => true,
        };
        if !(same_id && same_trace && is_remote) {
            let _ = writeln!(text, "s{} is in another trace than {:?}", span.id, span.trace);
        }
    }
    for (id, _) in arrived.iter().filter(|(id, _)| !expected.iter().any(|span| span.id == *id)) {
        let _ = writeln!(text, "s{id} is too many");
    }
    if text.is_empty() { None } else { Some(text) }
}

fn named(who: Who) -> String {
    format!("{}.{}", who.registry, TRACERS[who.registry][who.tracer])
}

fn line(id: Id, who: Who, parent: Option<Label>, links: &[Label]) -> String {
    let parent = parent.map_or_else(|| "root".to_owned(), |parent| format!("in {parent:?}"));
    format!("  s{id} {} {parent} {links:?}\n", named(who))
}

fn list(expected: &[Expected]) -> String {
    let mut expected: Vec<_> = expected.iter().collect();
    expected.sort_by_key(|span| span.id);
    expected.iter().map(|span| line(span.id, span.who, span.parent, &span.links)).collect()
}

fn listed(arrived: &[(Id, Arrived)]) -> String {
    arrived.iter().map(|(id, span)| line(*id, span.who, span.parent, &span.links)).collect()
}
