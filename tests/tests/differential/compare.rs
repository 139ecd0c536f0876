//! The comparison of both sides.

use std::fmt::{Debug, Write as _};
use std::time::SystemTime;

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::SpanData;

use super::ours::Ours;
use super::program::Program;
use super::run::run;
use super::theirs::Theirs;
use super::world::World;

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) spans: usize,
    /// The deviations between both sides, as text.
    pub(crate) deviations: Option<String>,
}

/// The counts of a tracer.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Counts {
    started: u64,
    sampled_out: u64,
    exported: u64,
}

/// Runs a program on our side, then on the side of the SDK with the ids of ours.
pub(crate) fn check(program: &Program, world: &World) -> Outcome {
    assert!(!Context::current().has_active_span(), "a program begins without a span");
    let before = counts(world);
    let ours = run(&Ours::new(world), &program.body);
    let after = counts(world);
    let mut our_spans = world.our_spans.take();
    let our_questions = world.our_sampler.take();

    world.ids.repeat(&ours.started);
    let side = Theirs::new(world);
    let theirs = run(&side, &program.body);
    let mut their_spans = world.their_spans.take();
    let their_questions = world.their_sampler.take();

    let mut text = String::new();
    for fault in world.ids.faults() {
        let _ = writeln!(text, "{fault}");
    }
    compare(&mut text, "started", &ours.started, &theirs.started);
    compare(&mut text, "seen", &ours.seen, &theirs.seen);
    if world.settings.rate.is_some() {
        compare(&mut text, "question beside a rate", &our_questions, &[]);
    } else if !world.settings.is_configured {
        compare(&mut text, "question", &our_questions, &their_questions);
    }
    for (ours_at, theirs_at) in our_spans.iter_mut().zip(&mut their_spans) {
        normalise(theirs_at, ours_at, world, [&ours.clock, &theirs.clock]);
    }
    compare(&mut text, "span", &our_spans, &their_spans);
    let found = Counts {
        started: after.started - before.started,
        sampled_out: after.sampled_out - before.sampled_out,
        exported: after.exported - before.exported,
    };
    let expected = Counts {
        started: side.counts().started.get(),
        sampled_out: side.counts().sampled_out.get(),
        exported: their_spans.len() as u64,
    };
    compare(&mut text, "counts", &[found], &[expected]);
    let deviations = if text.is_empty() { None } else { Some(text) };
    Outcome { spans: our_spans.len(), deviations }
}

fn counts(world: &World) -> Counts {
    let stats = world.registry.stats();
    let stats = &stats.tracers()[0];
    Counts { started: stats.started, sampled_out: stats.sampled_out, exported: stats.exported }
}

/// Compares two lists, and writes what differs.
pub(crate) fn compare<T: Debug + PartialEq>(text: &mut String, what: &str, ours: &[T], theirs: &[T]) {
    if ours.len() != theirs.len() {
        let _ = writeln!(text, "{what}: {} here, {} of the SDK", ours.len(), theirs.len());
    }
    for at in 0..ours.len().max(theirs.len()) {
        let lines = |list: &[T]| list.get(at).map_or_else(String::new, |item| format!("{item:#?}"));
        if ours.get(at) != theirs.get(at) {
            let _ = writeln!(text, "{what} {at} differs");
            write_difference(text, &lines(ours), &lines(theirs));
        }
    }
}

/// Writes the lines between the first and the last difference.
fn write_difference(text: &mut String, ours: &str, theirs: &str) {
    let (ours, theirs): (Vec<_>, Vec<_>) = (ours.lines().collect(), theirs.lines().collect());
    let same = ours.iter().zip(&theirs).take_while(|(ours, theirs)| ours == theirs).count();
    let rest = ours.len().min(theirs.len()) - same;
    let tail = ours.iter().rev().zip(theirs.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    if let Some(path) = path(&ours[..same]) {
        let _ = writeln!(text, "  in {path}");
    }
    for line in &ours[same..ours.len() - tail] {
        let _ = writeln!(text, "  ours:    {line}");
    }
    for line in &theirs[same..theirs.len() - tail] {
        let _ = writeln!(text, "  the SDK: {line}");
    }
}

/// Returns the open brackets at the end of pretty `Debug` text.
fn path(lines: &[&str]) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    for line in lines {
        match line.trim_start().as_bytes() {
            [.., b'{' | b'[' | b'('] => open.push(line.trim()),
            [b'}' | b']' | b')', ..] => drop(open.pop()),
            _ => {}
        }
    }
    (!open.is_empty()).then(|| open.join(" "))
}

/// Gives the SDK's span what differs from ours by design.
fn normalise(theirs: &mut SpanData, ours: &SpanData, world: &World, clocks: [&[SystemTime]; 2]) {
    let same_moment = |ours: SystemTime, theirs: &mut SystemTime| {
        if is_same_step([ours, *theirs], clocks) {
            *theirs = ours;
        }
    };
    same_moment(ours.start_time, &mut theirs.start_time);
    same_moment(ours.end_time, &mut theirs.end_time);
    for (ours, theirs) in ours.events.iter().zip(&mut theirs.events.events) {
        same_moment(ours.timestamp, &mut theirs.timestamp);
    }
    // the SDK has no `limits.attribute_value_length_limit`
    if let Some(length) = world.settings.value_length {
        theirs.attributes.iter_mut().for_each(|attribute| cut(attribute, length));
        for event in &mut theirs.events.events {
            event.attributes.iter_mut().for_each(|attribute| cut(attribute, length));
        }
        for link in &mut theirs.links.links {
            link.attributes.iter_mut().for_each(|attribute| cut(attribute, length));
        }
    }
}

/// Returns `true` if each side read its clock during the same step of the program.
fn is_same_step(times: [SystemTime; 2], clocks: [&[SystemTime]; 2]) -> bool {
    let is_during = |side: usize, step: usize| {
        clocks[side].get(step).is_some_and(|start| *start <= times[side])
            && clocks[side].get(step + 1).is_some_and(|end| times[side] <= *end)
    };
    (0..clocks[0].len()).any(|step| is_during(0, step) && is_during(1, step))
}

fn cut(attribute: &mut KeyValue, length: usize) {
    let cut = |text: &mut StringValue| *text = text.as_str().chars().take(length).collect::<String>().into();
    match &mut attribute.value {
        Value::String(text) => cut(text),
        Value::Array(Array::String(texts)) => texts.iter_mut().for_each(cut),
        _ => {}
    }
}
