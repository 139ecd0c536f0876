//! The check of the headers that a request would send to other services.

use super::board::{MAIN, Record, Sent};
use super::check::Summary;
use super::jobs::Listener;
use super::seen::Seen;

/// The default tracers, one after another.
const DEFAULTS: [&str; 2] = ["production", "stable"];

/// Checks that the span that was sent belongs to the tracer of the route that was sent.
///
/// The next service continues the span with that tracer, so any other span would be an orphan there.
pub(super) fn check_sent(record: &Record, spans: &[&Seen], summary: &mut Summary) {
    if record.job.listener == Listener::Quiet {
        return;
    }
    for sent in &record.sent {
        if let Some(what) = problem(record, spans, sent) {
            let spans: Vec<_> = spans.iter().filter(|span| sent.traceparent.contains(&hex(span))).collect();
            let spans: Vec<_> = spans.into_iter().copied().collect();
            summary.found(what, record, &spans);
        }
    }
}

fn hex(span: &Seen) -> String {
    format!("{:032x}-{:016x}", span.trace, span.span)
}

fn problem(record: &Record, spans: &[&Seen], sent: &Sent) -> Option<&'static str> {
    let entry = |name: &str| {
        let entries = sent.baggage.split(',');
        entries.filter_map(|entry| entry.trim().split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let tracers = match entry("multitracer.route") {
        None => DEFAULTS.to_vec(),
        Some("canary-users") => vec!["canary"],
        Some("shadow") => vec!["shadow"],
        Some("paying") => vec![entry("multitracer.variant")?],
        Some(_) => return Some("sent a route that does not exist"),
    };
    let visited = match &*sent.visit {
        MAIN => record.job.route.as_deref(),
        visit => visit.split(['#', '+']).next(),
    };
    let is_theirs = |name: &&str| {
        DEFAULTS.contains(name) || visited == Some(*name) || record.job.route.as_deref() == Some(*name)
    };
    if !tracers.iter().all(is_theirs) {
        return Some("sent a route that the request did not take");
    }
    if !sent.traceparent.ends_with("-01") {
        return None;
    }
    if let Some(caller) = record.job.caller
        && sent.traceparent.contains(&format!("{:016x}", caller.span))
    {
        let owner = if record.job.route_owns_caller { record.job.route.as_deref() } else { None };
        let is_owner = owner.map_or(tracers == DEFAULTS, |owner| tracers == [owner]);
        return (!is_owner).then_some("sent the caller's span to another tracer");
    }
    match spans.iter().find(|span| sent.traceparent.contains(&hex(span))) {
        None => Some("sent a span that never arrived, or that of another request"),
        Some(span) if !tracers.contains(&span.tracer()) => Some("sent a span of another tracer"),
        Some(_) => None,
    }
}
