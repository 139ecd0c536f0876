//! The search for the smallest program that still deviates.

use std::sync::Arc;

use crate::compare::check;
use crate::program::{
    AsyncSite, Block, Choice, Drive, Future, Kind, Options, Parent, Program, Site, Spawn, Step, TracingParent,
};
use crate::valid::is_valid;
use crate::world::{WORLDS, World};

/// The number of runs of one candidate. Samplers with a ratio may need more than one.
const TRIES: usize = 4;

/// Returns the smallest deviating program that single edits reach, and its deviations.
pub(crate) fn shrink(program: &Program, world: &mut dyn FnMut(u64) -> World) -> (Program, String) {
    let mut deviates = |program: &Program| {
        let world = world(program.world);
        (0..TRIES).find_map(|_| check(program, &world).deviations)
    };
    let mut smallest = (program.clone(), String::new());
    'search: loop {
        for candidate in candidates(&smallest.0).filter(is_valid) {
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

fn candidates(program: &Program) -> impl Iterator<Item = Program> + use<> {
    let (world, body) = (program.world, Arc::clone(&program.body));
    let worlds = (0..world.min(WORLDS)).map({
        let body = Arc::clone(&body);
        move |world| Program { world, body: Arc::clone(&body) }
    });
    edited_blocks(&body).into_iter().map(move |body| Program { world, body }).chain(worlds)
}

/// Returns the blocks that one edit makes of `block`, the strongest edits first.
fn edited_blocks(block: &Block) -> Vec<Block> {
    let mut edited = Vec::new();
    let mut replace = |at: usize, steps: &[Step]| {
        let mut changed: Vec<Step> = block.to_vec();
        changed.splice(at..=at, steps.iter().cloned());
        edited.push(Arc::new(changed));
    };
    for at in 0..block.len() {
        replace(at, &[]);
    }
    for (at, step) in block.iter().enumerate() {
        let (blocks, futures) = step.kind.children();
        for inside in &blocks {
            replace(at, inside);
        }
        for future in futures {
            if let (Some(inside), _) = future.inside() {
                replace(at, inside);
            }
            if !matches!(step.kind, Kind::Await(_)) {
                replace(at, &[Step { id: step.id, kind: Kind::Await(future.clone()) }]);
            }
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
    let (blocks, futures) = kind.children();
    if let [block] = blocks[..] {
        edited.extend(edited_blocks(block).into_iter().filter_map(|inside| with_block(kind, inside)));
    }
    for (at, future) in futures.into_iter().enumerate() {
        edited.extend(edited_futures(future).into_iter().filter_map(|inside| with_future(kind, at, inside)));
    }
    match kind {
        Kind::Function(site, options, block) => {
            if *site != Site::Traced {
                edited.push(Kind::Function(Site::Traced, *options, Arc::clone(block)));
            }
            edited.extend(simpler(options).map(|options| Kind::Function(*site, options, Arc::clone(block))));
        }
        Kind::StartManual(options) => edited.extend(simpler(options).map(Kind::StartManual)),
        Kind::StartTracing(parent) if *parent != TracingParent::Contextual => {
            edited.push(Kind::StartTracing(TracingParent::Contextual));
        }
        Kind::Tracing(parent, block) if *parent != TracingParent::Contextual => {
            edited.push(Kind::Tracing(TracingParent::Contextual, Arc::clone(block)));
        }
        Kind::BlockOn(Drive::LocalUnder(_), block) => {
            edited.push(Kind::BlockOn(Drive::Plain, Arc::clone(block)));
        }
        Kind::Join(futures) | Kind::Unordered(futures) if futures.len() > 1 => {
            for at in 0..futures.len() {
                let mut fewer = futures.clone();
                fewer.remove(at);
                edited.push(Kind::Unordered(fewer));
            }
        }
        Kind::Spawn { how, future, meanwhile } if *how != Spawn::Tokio => {
            let (future, meanwhile) = (future.clone(), Arc::clone(meanwhile));
            edited.push(Kind::Spawn { how: Spawn::Tokio, future, meanwhile });
        }
        _ => {}
    }
    edited
}

fn with_block(kind: &Kind, inside: Block) -> Option<Kind> {
    let mut kind = kind.clone();
    match &mut kind {
        Kind::Scope(_, block)
        | Kind::RegistryScope(_, block)
        | Kind::InSpan(_, block)
        | Kind::Function(_, _, block)
        | Kind::InManual(_, block)
        | Kind::InTracing(_, block)
        | Kind::Library(_, block)
        | Kind::Foreign(block)
        | Kind::Tracing(_, block)
        | Kind::Attach(_, block)
        | Kind::Receive(_, block)
        | Kind::Thread(_, block)
        | Kind::Catch(block)
        | Kind::Subscriber(_, block)
        | Kind::BlockOn(_, block)
        | Kind::Spawn { meanwhile: block, .. } => *block = inside,
        _ => return None,
    }
    Some(kind)
}

fn with_future(kind: &Kind, at: usize, inside: Future) -> Option<Kind> {
    let mut kind = kind.clone();
    match &mut kind {
        Kind::Call { future, .. }
        | Kind::Await(future)
        | Kind::Select(future)
        | Kind::CatchAsync(future)
        | Kind::Spawn { future, .. } => *future = inside,
        Kind::Join(futures) | Kind::Unordered(futures) => *futures.get_mut(at)? = inside,
        _ => return None,
    }
    Some(kind)
}

fn edited_futures(future: &Future) -> Vec<Future> {
    let mut edited = Vec::new();
    match future.inside() {
        (Some(block), _) => {
            if !matches!(future, Future::Block(_)) {
                edited.push(Future::Block(Arc::clone(block)));
            }
            for inside in edited_blocks(block) {
                edited.push(match future {
                    Future::Traced { id, site, options, .. } => {
                        Future::Traced { id: *id, site: *site, options: *options, body: inside }
                    }
                    _ => Future::Block(inside),
                });
            }
        }
        (_, Some(inner)) => {
            edited.push(inner.clone());
            edited.extend(edited_futures(inner).into_iter().map(|inside| with_inner(future, inside)));
        }
        _ => {}
    }
    match future {
        Future::Traced { id, site, options, body } => {
            let traced = |site, options| Future::Traced { id: *id, site, options, body: Arc::clone(body) };
            if *site != AsyncSite::AsyncFn {
                edited.push(traced(AsyncSite::AsyncFn, *options));
            }
            edited.extend(simpler(options).map(|options| traced(*site, options)));
        }
        Future::Instrument { id, parent, future } if *parent != TracingParent::Contextual => {
            edited.push(Future::Instrument {
                id: *id,
                parent: TracingParent::Contextual,
                future: future.clone(),
            });
        }
        _ => {}
    }
    edited
}

fn with_inner(future: &Future, inside: Future) -> Future {
    let mut future = future.clone();
    match &mut future {
        Future::WithTracer(_, inner)
        | Future::WithCurrent(inner)
        | Future::Received(_, inner)
        | Future::WithContext(_, inner)
        | Future::Instrument { future: inner, .. }
        | Future::CalledIn(_, inner)
        | Future::Moved(inner)
        | Future::Subscriber(_, inner) => **inner = inside,
        Future::Block(_) | Future::Traced { .. } | Future::Called(_) => {}
    }
    future
}

fn simpler(options: &Options) -> impl Iterator<Item = Options> + use<> {
    let options = *options;
    [
        Options { choice: Choice::Ambient, ..options },
        Options { parent: Parent::Nearest, ..options },
        Options { is_enabled: true, ..options },
    ]
    .into_iter()
    .filter(move |simpler| {
        simpler.choice != options.choice
            || simpler.parent != options.parent
            || simpler.is_enabled != options.is_enabled
    })
}
