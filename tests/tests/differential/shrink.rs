//! The search for the smallest program that still deviates.

use super::compare::check;
use super::program::{Given, Kind, ManualCall, Place, Program, Step};
use super::world::World;
use crate::span_calls::Call;

/// The number of runs of one candidate. Samplers with a ratio may need more than one.
const TRIES: usize = 4;

/// Returns the smallest deviating program that single edits reach, and its deviations.
pub(crate) fn shrink(program: &Program, world: &World) -> (Program, String) {
    let deviates = |program: &Program| (0..TRIES).find_map(|_| check(program, world).deviations);
    let mut smallest = (program.clone(), String::new());
    'search: loop {
        for body in edited_blocks(&smallest.0.body) {
            let candidate = Program { body };
            if let Some(text) = deviates(&candidate) {
                smallest = (candidate, text);
                continue 'search;
            }
        }
        if smallest.1.is_empty() {
            smallest.1 = deviates(&smallest.0).unwrap_or_else(|| "the deviation has gone".to_owned());
        }
        return smallest;
    }
}

/// Returns the blocks that one edit makes of `block`, the strongest edits first.
fn edited_blocks(block: &[Step]) -> Vec<Vec<Step>> {
    let mut edited = Vec::new();
    let mut replace = |at: usize, steps: &[Step]| {
        let mut changed = block.to_vec();
        changed.splice(at..=at, steps.iter().cloned());
        edited.push(changed);
    };
    for at in 0..block.len() {
        replace(at, &[]);
    }
    for (at, step) in block.iter().enumerate() {
        if let Some(body) = step.kind.body() {
            replace(at, body);
        }
    }
    for (at, step) in block.iter().enumerate() {
        for kind in edited_kinds(&step.kind) {
            replace(at, &[Step { id: step.id, kind }]);
        }
    }
    edited
}

fn edited_kinds(kind: &Kind) -> Vec<Kind> {
    let mut edited = Vec::new();
    let mut edit = |change: &dyn Fn(&mut Kind) -> bool| {
        let mut kind = kind.clone();
        if change(&mut kind) {
            edited.push(kind);
        }
    };
    if let Some(body) = kind.body() {
        for smaller in edited_blocks(body) {
            edit(&|kind| kind.body_mut().map(|body| *body = smaller.clone()).is_some());
        }
    }
    edit(&|kind| {
        kind.place_mut().filter(|place| !place.is_plain()).map(|place| *place = Place::CURRENT).is_some()
    });
    edit(&|kind| kind.builder_mut().is_some_and(|builder| builder.start_time.take().is_some()));
    edit(&|kind| kind.builder_mut().is_some_and(|builder| builder.span_kind.take().is_some()));
    edit(&|kind| kind.builder_mut().is_some_and(|builder| shorter(&mut builder.attributes)));
    edit(&|kind| kind.builder_mut().is_some_and(|builder| shorter(&mut builder.events)));
    edit(&|kind| kind.builder_mut().is_some_and(|builder| shorter(&mut builder.links)));
    edit(&|kind| match kind {
        Kind::Manual(manual) => manual.links.pop().is_some() || manual.attributes.pop().is_some(),
        Kind::Call(_, Call::SetAttributes(list) | Call::AddEvent(_, list))
        | Kind::Call(_, Call::AddEventAt(_, _, list) | Call::AddLink(_, list))
        | Kind::ManualCall(_, ManualCall::Event(_, list))
        | Kind::Enrich(list) => list.pop().is_some(),
        _ => false,
    });
    edit(&|kind| match kind {
        Kind::Manual(manual) if !matches!(manual.parent, Given::None) => {
            manual.parent = Given::None;
            true
        }
        Kind::Start { is_attached, .. } => std::mem::take(is_attached),
        _ => false,
    });
    edited
}

/// Removes the last item, or an empty list.
fn shorter<T>(list: &mut Option<Vec<T>>) -> bool {
    match list {
        Some(items) if items.is_empty() => list.take().is_some(),
        Some(items) => items.pop().is_some(),
        None => false,
    }
}
