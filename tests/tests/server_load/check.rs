//! The check of all spans of a round, by the rules of `docs/semantics.md`.

use std::collections::{BTreeMap, HashMap};

use super::board::{MAIN, MESSAGE, Moment, NOWHERE, Record, TRACERS};
use super::jobs::{CALLERS, Listener};
use super::seen::Seen;
use super::sent::{check_message, check_sent};
use super::world::TERSE_SPANS;

/// The functions that choose a tracer by name, and so may start a trace wherever they run.
const NAMED: [&str; 4] = ["note", "to_canary", "to_gone", "to_production"];

/// The findings of a check.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) spans: usize,
    /// The groups (the spans of one visit) that were checked span by span.
    pub(crate) exact: usize,
    /// The groups whose tracer was switched meanwhile, which may lack spans.
    pub(crate) switched: usize,
    /// For each tracer, the traces that started here and were kept, and all that started here.
    pub(crate) sampled: [(usize, usize); TRACERS.len()],
    pub(crate) violations: Vec<Violation>,
}

/// A broken rule.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) what: String,
    /// The request and the spans.
    pub(crate) details: String,
}

impl Summary {
    pub(crate) fn add(&mut self, other: Self) {
        self.spans += other.spans;
        self.exact += other.exact;
        self.switched += other.switched;
        for (sum, more) in self.sampled.iter_mut().zip(other.sampled) {
            *sum = (sum.0 + more.0, sum.1 + more.1);
        }
        self.violations.extend(other.violations);
    }

    pub(super) fn found(&mut self, what: &str, record: &Record, spans: &[&Seen]) {
        let mut details = format!("{record:?}");
        for span in spans {
            details += &format!("\n    {span:?}");
        }
        self.violations.push(Violation { what: what.to_owned(), details });
    }
}

/// Everything that ran, and everything that arrived, in one visit of a request.
#[derive(Debug, Default)]
struct Group<'a> {
    ran: Vec<&'static str>,
    spans: Vec<&'a Seen>,
    /// `true` if the visit entered its tracer without a span.
    is_entered: bool,
}

/// Returns `true` if the span's parent is the caller of its request.
fn is_remote(record: &Record, span: &Seen) -> bool {
    record.job.caller.is_some_and(|caller| (caller.trace, caller.span) == (span.trace, span.parent))
}

fn is_root(record: &Record, span: &Seen) -> bool {
    span.parent == 0 || is_remote(record, span)
}

/// Returns the default tracer, if it was the same between both moments.
fn default_tracer(from: Moment, to: Moment) -> Option<&'static str> {
    match (from.default == to.default, from.default % 4) {
        (true, 0) => Some("production"),
        (true, 2) => Some("stable"),
        _ => None,
    }
}

/// Checks all spans against the requests that made them.
pub(crate) fn check(records: &HashMap<u64, Record>, spans: &[Seen]) -> Summary {
    let mut summary = Summary { spans: spans.len(), ..Summary::default() };
    check_traces(records, spans, &mut summary);
    let mut of: HashMap<u64, Vec<&Seen>> = HashMap::new();
    for span in spans {
        of.entry(span.id.unwrap_or_default()).or_default().push(span);
    }
    for (id, record) in records {
        check_request(record, of.get(id).map_or(&[], Vec::as_slice), &mut summary);
        check_sent(record, of.get(id).map_or(&[], Vec::as_slice), &mut summary);
    }
    summary
}

/// Returns `true` if the event of a function in `visit` may be on the span.
///
/// The innermost span is that of the function, unless its tracer makes no span.
fn may_have_event_of(record: &Record, span: &Seen, visit: &str) -> bool {
    let tracer = visit.split(['#', '+']).next();
    let is_own = span.visit.as_deref() == Some(visit) || Some(span.tracer()) == tracer;
    is_own
        || match (TRACERS.iter().position(|name| Some(*name) == tracer), record.ended) {
            (Some(at), Some(ended)) => {
                let state = record.started.tracers[at];
                !state.is_multiple_of(4) || state != ended.tracers[at]
            }
            _ => visit == NOWHERE,
        }
}

/// Checks each span's parent, links and baggage, and that each trace is in one project.
fn check_traces(records: &HashMap<u64, Record>, spans: &[Seen], summary: &mut Summary) {
    let index: HashMap<_, _> = spans.iter().map(|span| ((span.trace, span.span), span)).collect();
    if index.len() != spans.len() {
        let what = "a span arrived twice".to_owned();
        summary.violations.push(Violation { what, details: String::new() });
    }
    let mut traces: HashMap<u128, (&str, usize)> = HashMap::new();
    for span in spans {
        let Some(record) = span.id.and_then(|id| records.get(&id)) else {
            let what = "a span of no request".to_owned();
            summary.violations.push(Violation { what, details: format!("{span:?}") });
            continue;
        };
        if span.tenant.is_some_and(|tenant| Some(tenant) != span.id) {
            summary.found("the baggage of another request", record, &[span]);
        }
        let is_own =
            |(id, visit): &(Option<u64>, String)| *id == span.id && may_have_event_of(record, span, visit);
        if !span.events.iter().all(is_own) {
            summary.found("an event of another request or visit", record, &[span]);
        }
        // a reload between a message and its receiver can change the build or the default tracer
        let is_message = span.visit.as_deref().is_some_and(|visit| visit.starts_with(MESSAGE));
        if !is_root(record, span) {
            match index.get(&(span.trace, span.parent)) {
                None => summary.found("an orphan", record, &[span]),
                Some(parent) if is_message && parent.id == span.id => {}
                Some(parent) if parent.project != span.project || parent.id != span.id => {
                    summary.found("a parent in another project or request", record, &[span, parent]);
                }
                Some(_) => {}
            }
        }
        let is_theirs = |link: &&(u128, u64)| index.get(*link).is_some_and(|linked| linked.id != span.id);
        if span.links.iter().any(|link| is_theirs(&link)) {
            summary.found("a link to another request", record, &[span]);
        }
        // a caller's trace has many requests, of the tracers that own the caller's spans
        if (span.trace >> 64) as u64 != CALLERS && !is_message {
            let (project, roots) = traces.entry(span.trace).or_insert((&span.project, 0));
            *roots += usize::from(is_root(record, span));
            if *project != span.project || *roots > 1 {
                summary.found("a trace in two projects, or with two roots", record, &[span]);
            }
        }
    }
}

/// Checks the spans of one request, visit by visit.
fn check_request(record: &Record, spans: &[&Seen], summary: &mut Summary) {
    let job = &record.job;
    let Some(ended) = record.ended else {
        if !spans.is_empty() {
            summary.found("spans of a request that reached no handler", record, spans);
        }
        return;
    };
    if job.listener == Listener::Quiet {
        // the receiver of a message knows nothing of the path of its sender
        let is_message = |span: &&Seen| span.visit.as_deref().is_some_and(|visit| visit.starts_with(MESSAGE));
        if !spans.iter().all(is_message) {
            summary.found("spans of an excluded path", record, spans);
        }
        return;
    }
    let defaults = match default_tracer(record.started, ended) {
        Some(name) => vec![name],
        None => vec!["production", "stable"],
    };
    let inferred = || spans.iter().find(|span| span.visit.as_deref() == Some(MAIN)).map(|span| span.tracer());
    let main = job.route.as_deref().or(record.served_by.as_deref()).or_else(inferred);
    let is_allowed = |name: &str| match &job.route {
        Some(route) => route == name,
        None => defaults.contains(&name),
    };
    if record.served_by.as_deref().or(main).is_some_and(|name| !is_allowed(name)) {
        summary.found("the request took a wrong tracer", record, spans);
        return;
    }
    // a visit to the request's own tracer stays in the request's trace
    let split = |visit: &str| -> (String, bool) {
        match visit.split_once('#') {
            Some((tracer, _)) if Some(tracer.trim_end_matches('+')) == main => (MAIN.to_owned(), false),
            Some((tracer, _)) => (visit.to_owned(), tracer.ends_with('+')),
            None => (visit.to_owned(), false),
        }
    };
    let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
    for ran in &record.ran {
        let (visit, is_entered) = split(&ran.visit);
        let group = groups.entry(visit).or_default();
        group.is_entered |= is_entered;
        group.ran.push(ran.name);
    }
    for span in spans {
        let (visit, _) = split(span.visit.as_deref().unwrap_or_default());
        groups.entry(visit).or_default().spans.push(span);
    }
    for (visit, group) in &groups {
        let tracer = match visit.as_str() {
            MAIN => main,
            NOWHERE => {
                if !group.spans.is_empty() {
                    summary.found("spans without a registry", record, &group.spans);
                }
                continue;
            }
            visit if visit.starts_with(MESSAGE) => {
                if let Some(what) = check_message(record, ended, visit, &group.ran, &group.spans) {
                    summary.found(what, record, &group.spans);
                }
                continue;
            }
            visit => visit.split(['#', '+']).next(),
        };
        if let Some(tracer) = tracer {
            check_group(record, ended, tracer, &defaults, group, summary);
        }
    }
}

/// Returns `true` if each span belongs to a function that ran.
fn is_part(group: &Group<'_>) -> bool {
    let mut ran = group.ran.clone();
    group.spans.iter().all(|span| {
        let at = ran.iter().position(|name| *name == span.name);
        at.map(|at| ran.swap_remove(at)).is_some()
    })
}

fn check_group(
    record: &Record,
    ended: Moment,
    tracer: &str,
    defaults: &[&str],
    group: &Group<'_>,
    summary: &mut Summary,
) {
    let mut found = |what: &str| summary.found(&format!("{tracer}: {what}"), record, &group.spans);
    if group.spans.iter().any(|span| span.tracer() != tracer) {
        return found("a span in a wrong project");
    }
    let Some(first) = group.ran.first() else {
        return found("spans of functions that did not run");
    };
    let roots: Vec<_> = group.spans.iter().filter(|span| is_root(record, span)).collect();
    let Some(at) = TRACERS.iter().position(|name| *name == tracer) else {
        return found("an unknown tracer");
    };
    if !is_part(group) {
        return found("spans of functions that did not run, or a second span for one");
    }
    // such a trace can be full before the request, and have room again before its end
    let sends = record.ran.iter().any(|ran| ran.visit.starts_with(MESSAGE));
    let shares_its_limit = tracer == "terse" && (sends || record.job.caller.is_some());
    let state = record.started.tracers[at];
    if state != ended.tracers[at] || state % 2 == 1 {
        let may_start = |name: &str| group.is_entered || name == *first || NAMED.contains(&name);
        if !shares_its_limit && !roots.iter().all(|root| may_start(&root.name)) {
            found("a piece of a trace that became a trace");
        }
        summary.switched += 1;
        return;
    }
    if state % 4 == 2 {
        if !group.spans.is_empty() {
            found("spans of a disabled tracer");
        }
        summary.exact += 1;
        return;
    }
    // `None` if the owner of the caller's span is not certain
    let continues_caller = match record.job.caller {
        None => Some(false),
        Some(_) if record.job.route_owns_caller => Some(record.job.route.as_deref() == Some(tracer)),
        Some(_) if !defaults.contains(&tracer) => Some(false),
        Some(_) if defaults.len() == 1 => Some(true),
        Some(_) => None,
    };
    let caller_is_sampled = record.job.caller.is_some_and(|caller| caller.is_sampled);
    let is_kept = !group.spans.is_empty();
    match continues_caller {
        _ if shares_its_limit => {}
        Some(true) if is_kept != caller_is_sampled => found("not sampled as the caller was"),
        _ if !is_kept => {}
        _ => {
            // the limit counts the spans of a trace anew once none of them is open
            let is_limited = tracer == "terse" && group.spans.len() >= group.ran.len().min(TERSE_SPANS);
            if group.spans.len() != group.ran.len() && !is_limited {
                found("torn: not one span for each function that ran");
            } else if roots.len() != 1 || roots[0].name != *first {
                found("torn: more than one root, or a wrong root");
            } else if group.spans.iter().any(|span| span.project != roots[0].project) {
                found("a trace in two builds of its tracer");
            } else if continues_caller.is_some_and(|continues| continues != is_remote(record, roots[0])) {
                found("a wrong remote parent");
            }
        }
    }
    if continues_caller == Some(false) {
        let (kept, all) = &mut summary.sampled[at];
        *kept += usize::from(is_kept);
        *all += 1;
    }
    summary.exact += 1;
}
