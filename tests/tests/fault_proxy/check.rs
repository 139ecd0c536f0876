//! What holds after each run, from `docs/semantics.md` and `docs/design.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use multitracer::export::TracerStats;
use multitracer_tests::Receiver;

use crate::faults::{Effect, RequestFault};
use crate::ledger::{Entry, SpanKey, State, Strangers};
use crate::run::Run;

/// The time for which a response and a request may be under way.
const TOLERANCE: Duration = Duration::from_millis(100);

/// Checks a run, and adds what is wrong.
pub(crate) fn check(run: &mut Run<'_>) {
    let mut wrong = Vec::new();
    run.strangers = strangers(run);
    check_good(run, &mut wrong);
    for (index, plan) in run.plan.tracers.iter().enumerate() {
        let proxy = &run.proxies[plan.host].shared;
        let state = proxy.ledger.state();
        let arrived = Arrived {
            clean: arrivals(run, &proxy.clean, index, &mut wrong),
            dirty: arrivals(run, &proxy.dirty, index, &mut wrong),
        };
        check_repeats(index, &state, &arrived, &mut wrong);
        check_pauses(index, &state, &mut wrong);
        if let Some(stats) = &run.stats {
            let found = check_counts(run, index, &stats.tracers()[index], &state, &arrived);
            if !found.is_empty() {
                wrong.push(format!("tracer {index}: {}\n{stats}", found.join("; ")));
            }
        }
    }
    for proxy in &run.proxies {
        wrong.append(&mut proxy.shared.ledger.state().wrong);
    }
    run.wrong.append(&mut wrong);
}

/// The spans of one tracer behind connections that the proxy only forwards, and how often each
/// arrived.
struct Arrived {
    clean: BTreeMap<SpanKey, usize>,
    dirty: BTreeMap<SpanKey, usize>,
}

fn arrivals(
    run: &Run<'_>,
    receiver: &Receiver,
    tracer: usize,
    wrong: &mut Vec<String>,
) -> BTreeMap<SpanKey, usize> {
    let mut arrived = BTreeMap::new();
    for span in receiver.spans() {
        match SpanKey::of(&span) {
            Ok(key) if (key.seed, key.tracer) == (run.plan.seed, tracer) => {
                *arrived.entry(key).or_default() += 1;
            }
            // another tracer of the host, or a stranger
            Ok(_) => {}
            Err(error) => wrong.push(error),
        }
    }
    arrived
}

/// Counts the spans that other seeds sent to the backends of this one.
fn strangers(run: &Run<'_>) -> Strangers {
    let mut strangers = Strangers::new();
    let behind = run.proxies.iter().flat_map(|proxy| [&proxy.shared.clean, &proxy.shared.dirty]);
    for span in behind.chain([&run.good]).flat_map(Receiver::spans) {
        if let Ok(key) = SpanKey::of(&span)
            && key.seed != run.plan.seed
        {
            *strangers.entry(key.seed).or_default() += 1;
        }
    }
    for proxy in &run.proxies {
        for (seed, spans) in &proxy.shared.ledger.state().strangers {
            *strangers.entry(*seed).or_default() += spans;
        }
    }
    strangers
}

/// The good tracer loses nothing, and its backend gets nothing from the other tracers.
fn check_good(run: &Run<'_>, wrong: &mut Vec<String>) {
    let index = run.plan.tracers.len();
    let arrived = arrivals(run, &run.good, index, wrong);
    let spans = run.plan.spans();
    if arrived.len() != spans || arrived.values().any(|times| *times != 1) {
        wrong.push(format!("the good backend has {} of {spans} spans: {arrived:?}", arrived.len()));
    }
    let others: Vec<_> = (0..index).flat_map(|other| arrivals(run, &run.good, other, wrong)).collect();
    if !others.is_empty() {
        wrong.push(format!("the good backend has spans of other tracers: {others:?}"));
    }
    if let Some(stats) = &run.stats {
        let good = &stats.tracers()[index];
        if (good.exported, good.dropped.total()) != (spans as u64, 0) {
            wrong.push(format!("the good tracer lost spans\n{stats}"));
        }
    }
}

/// No span is sent again after the client learnt for sure that it was taken or refused.
fn check_repeats(tracer: usize, state: &State, arrived: &Arrived, wrong: &mut Vec<String>) {
    let mut settled = BTreeMap::<SpanKey, &Entry>::new();
    for entry in &state.entries {
        let repeated: Vec<_> = entry.of_tracer(tracer).filter(|span| settled.contains_key(span)).collect();
        if let Some(span) = repeated.first() {
            let (before, fault) = (settled[span].effect, settled[span].fault);
            let (count, name) = (repeated.len(), span.name());
            wrong.push(format!("{count} spans from {name} were sent again after {before:?} ({fault:?})"));
        }
        if entry.is_certain() && matches!(entry.effect, Effect::Taken { .. } | Effect::Refused) {
            settled.extend(entry.of_tracer(tracer).map(|span| (span, entry)));
        }
    }
    if state.is_receiver_slow {
        return;
    }
    // the receiver gets requests after the faults
    for (span, times) in &arrived.clean {
        if *times > 1 || settled.contains_key(span) {
            let before = settled.get(span).map(|entry| (entry.effect, entry.fault));
            let name = span.name();
            wrong.push(format!("span {name} arrived {times} times at the receiver, before: {before:?}"));
        }
    }
}

/// No request begins during a pause that the backend asked for.
fn check_pauses(tracer: usize, state: &State, wrong: &mut Vec<String>) {
    let of_tracer = |entry: &&Entry| entry.of_tracer(tracer).next().is_some();
    for entry in state.entries.iter().filter(of_tracer) {
        let (Some(pause), Some(start)) = (entry.fault.and_then(RequestFault::pause), entry.responded) else {
            continue;
        };
        let (from, to) = (start + TOLERANCE, start + pause - TOLERANCE);
        for early in
            state.entries.iter().filter(of_tracer).filter(|other| from < other.began && other.began < to)
        {
            let after = early.began - start;
            wrong.push(format!("tracer {tracer} sent a request {after:?} after {:?}", entry.fault));
        }
    }
}

/// The counts of one tracer agree with what its backend took and refused.
fn check_counts(
    run: &Run<'_>,
    tracer: usize,
    stats: &TracerStats,
    state: &State,
    arrived: &Arrived,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |is_right: bool, text: &str| {
        if !is_right {
            wrong.push(text.to_owned());
        }
    };
    let (plan, host) = (&run.plan.tracers[tracer], &run.plan.hosts[run.plan.tracers[tracer].host]);
    let (spans, dropped) = (run.plan.spans() as u64, stats.dropped);
    let done = stats.exported + stats.rejected + dropped.total();
    expect((stats.started, stats.ended, stats.sampled_out) == (spans, spans, 0), "not all spans ended");
    expect((done, stats.queued, stats.in_flight, stats.open()) == (spans, 0, 0, 0), "spans are missing");
    expect((dropped.panicked, dropped.throttled) == (0, 0), "an impossible reason");

    let is = |effects: fn(&Effect) -> bool| move |entry: &Entry| effects(&entry.effect);
    let mut taken =
        state.spans(tracer, is(|effect| matches!(effect, Effect::Taken { .. } | Effect::Unclear)));
    taken.extend(arrived.clean.keys().chain(arrived.dirty.keys()));
    let accepted = stats.exported + stats.rejected;
    expect(accepted <= count(&taken), "more spans are exported than the backend took");

    let mut certain =
        state.spans(tracer, |entry| entry.is_certain() && matches!(entry.effect, Effect::Taken { .. }));
    if !state.is_receiver_slow {
        certain.extend(arrived.clean.keys());
    }
    let unsure = dropped.timeout + dropped.shutdown;
    expect(accepted + unsure >= count(&certain), "fewer spans are exported than the backend took");

    let refused = state.spans(tracer, is(|effect| matches!(effect, Effect::Refused | Effect::NotTaken)));
    let certain = state.spans(tracer, |entry| entry.is_certain() && entry.effect == Effect::Refused);
    expect(dropped.export_failed + unsure >= count(&certain), "refused spans are not dropped");

    let rejected = |is_wanted: fn(&Entry) -> bool| -> u64 {
        let entries = state.entries.iter().filter(|entry| is_wanted(entry));
        entries.map(|entry| rejected_spans(entry, tracer)).sum()
    };
    expect(stats.rejected <= rejected(|_| true), "more spans are rejected than the backend rejected");
    expect(
        stats.rejected + unsure >= rejected(Entry::is_certain),
        "fewer spans are rejected than the backend rejected",
    );
    if !state.entries.iter().any(|entry| entry.effect == Effect::TooLarge) {
        expect(dropped.too_large == 0, "no span was too large");
    }
    if plan.queue as u64 >= spans {
        expect(dropped.queue_full == 0, "the queue had room");
    }
    if host.name == "collector.invalid" {
        expect(accepted == 0 && taken.is_empty(), "no backend has this name");
    }
    if run.plan.recovers {
        expect(dropped.export_failed <= count(&refused), "spans are dropped that no backend refused");
        expect((dropped.timeout, dropped.shutdown) == (0, 0), "the backend got well in time");
    }
    wrong
}

fn count(spans: &BTreeSet<SpanKey>) -> u64 {
    spans.len() as u64
}

/// Returns the number of spans of one tracer that a response rejects. A request has spans of one
/// tracer.
fn rejected_spans(entry: &Entry, tracer: usize) -> u64 {
    let spans = entry.of_tracer(tracer).count();
    match entry.effect {
        Effect::Taken { rejected } => usize::try_from(rejected).unwrap_or(0).min(spans) as u64,
        _ => 0,
    }
}
