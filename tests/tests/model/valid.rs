//! The programs that run to their end, without a race.

use crate::program::{Block, Future, Kind, Program, Spawn, Step};

#[derive(Clone, Copy, Debug)]
struct Place {
    is_async: bool,
    is_in_runtime: bool,
    can_spawn: bool,
    is_local: bool,
    can_pend: bool,
    can_panic: bool,
}

/// Returns `true` if every step of the program may stand where it stands.
pub(crate) fn is_valid(program: &Program) -> bool {
    let place = Place {
        is_async: false,
        is_in_runtime: false,
        can_spawn: true,
        is_local: false,
        can_pend: false,
        can_panic: false,
    };
    block(place, &program.body)
}

fn block(place: Place, steps: &Block) -> bool {
    steps.iter().all(|Step { kind, .. }| step(place, kind))
}

fn step(place: Place, kind: &Kind) -> bool {
    let sync = Place { is_async: false, can_pend: false, ..place };
    let apart = Place { can_pend: false, can_panic: false, ..place };
    match kind {
        Kind::Pending => place.can_pend && place.is_async,
        Kind::Panic => place.can_panic,
        Kind::Yield => place.is_async,
        Kind::Call { future: called, .. } => {
            future(Place { is_async: true, can_spawn: false, is_in_runtime: true, ..apart }, called)
        }
        Kind::Thread(_, inside) => {
            block(Place { can_spawn: false, is_in_runtime: true, can_panic: false, ..sync }, inside)
        }
        Kind::Catch(inside) => block(Place { can_panic: true, ..sync }, inside),
        Kind::BlockOn(_, inside) => {
            let can_spawn = !place.is_in_runtime;
            block(
                Place { is_async: true, can_spawn, is_local: can_spawn, is_in_runtime: true, ..sync },
                inside,
            )
        }
        Kind::Await(awaited) => place.is_async && future(place, awaited),
        Kind::Select(awaited) => place.is_async && future(Place { can_pend: true, ..place }, awaited),
        Kind::CatchAsync(awaited) => place.is_async && future(Place { can_panic: true, ..place }, awaited),
        Kind::Join(futures) | Kind::Unordered(futures) => {
            place.is_async && futures.iter().all(|inside| future(apart, inside))
        }
        Kind::Spawn { how, future: spawned, meanwhile } => {
            let is_good = match (how, spawned) {
                (Spawn::Blocking | Spawn::MultitracerBlocking, Future::Block(inside)) => {
                    block(Place { is_async: false, can_spawn: false, ..apart }, inside)
                }
                (Spawn::Blocking | Spawn::MultitracerBlocking, _) => false,
                (Spawn::Local, _) => place.is_local && future(apart, spawned),
                _ => future(Place { is_local: false, ..apart }, spawned),
            };
            place.is_async && place.can_spawn && is_good && block(apart, meanwhile)
        }
        kind => kind.children().0.into_iter().all(|inside| block(sync, inside)),
    }
}

fn future(place: Place, inside: &Future) -> bool {
    match inside.inside() {
        (Some(steps), _) => block(Place { is_async: true, ..place }, steps),
        (_, Some(inner)) => future(place, inner),
        _ => true,
    }
}
