//! The check of the headers that a request would send to other services.

use super::board::{MAIN, Moment, Record, Sent, TRACERS};
use super::check::Summary;
use super::jobs::Listener;
use super::seen::Seen;

/// The default tracers, one after another.
const DEFAULTS: [&str; 2] = ["production", "stable"];

/// Checks that the span that was sent belongs to the tracer of the route that was sent.
///
/// The next service continues the span with that tracer, so any other span would be an orphan
/// there.
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
    let Some(tracers) = tracers_of(sent) else {
        return Some("sent a route that does not exist");
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

/// Returns the tracers that the next service may use: that of the route, else the default tracers.
fn tracers_of(sent: &Sent) -> Option<Vec<&str>> {
    let entry = |name: &str| {
        let mut entries = sent.baggage.split(',').filter_map(|entry| entry.trim().split_once('='));
        entries.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    Some(match entry("multitracer.route") {
        None => DEFAULTS.to_vec(),
        Some("canary-users") => vec!["canary"],
        Some("shadow") => vec!["shadow"],
        Some("paying") => vec![entry("multitracer.variant")?],
        Some(_) => return None,
    })
}

/// Checks the spans of the receiver of a message, whose headers the request has sent.
///
/// The receiver trusts the baggage, so the sender's span is its parent.
pub(super) fn check_message(
    record: &Record,
    ended: Moment,
    visit: &str,
    ran: &[&str],
    spans: &[&Seen],
) -> Option<&'static str> {
    let sent = &record.sent[visit.split_once('#')?.1.parse::<usize>().ok()?];
    let tracers = tracers_of(sent)?;
    if spans.iter().any(|span| !tracers.contains(&span.tracer())) {
        return Some("a span of a message in a wrong project");
    }
    let is_enabled = |name: &&str| {
        TRACERS.iter().position(|tracer| tracer == name).is_none_or(|at| {
            let state = record.started.tracers[at];
            state.is_multiple_of(4) && state == ended.tracers[at]
        })
    };
    let is_calm = tracers.iter().all(is_enabled) && record.started.default == ended.default;
    let is_limited = tracers.contains(&"terse");
    if !is_calm || is_limited {
        return None;
    }
    match sent.traceparent.rsplit_once('-') {
        Some((_, "00")) if !spans.is_empty() => Some("a message of an unsampled sender has spans"),
        Some((_, "01")) if spans.is_empty() => Some("the spans of a message are lost"),
        _ if spans.is_empty() => None,
        _ if spans.len() != ran.len() => Some("not one span for each function of a message"),
        Some(_) => {
            let is_child = |span: &&&Seen| {
                sent.traceparent.contains(&format!("{:032x}-{:016x}", span.trace, span.parent))
            };
            let children = spans.iter().filter(is_child).count();
            (children != 1).then_some("the spans of a message do not continue the sender's trace")
        }
        None => (spans.iter().filter(|span| span.parent == 0).count() != 1)
            .then_some("the spans of a message are no trace"),
    }
}
