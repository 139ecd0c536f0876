//! Random programs from a seed.

use std::sync::Arc;

use crate::program::{
    AsyncSite, Attach, Block, Choice, Drive, Future, Id, Kind, Message, NAMES, Options, Parent, Program,
    Remote, Site, Spawn, Step, Thread, TracingParent, Who,
};
use crate::random::Random;

/// The values that earlier steps saved, which a step may use.
#[derive(Clone, Debug, Default)]
struct Saved {
    contexts: Vec<Id>,
    manual: Vec<Id>,
    /// Spans of libraries and of foreign providers, which can be attached once.
    started: Vec<Id>,
    tracing: Vec<Id>,
    futures: Vec<Id>,
    shared: Vec<Id>,
}

/// The rules of a place, as `valid.rs` has them for finished programs.
#[derive(Clone, Copy, Debug)]
struct Place {
    depth: usize,
    is_async: bool,
    can_spawn: bool,
    /// `true` if a local task can be spawned: the local set polls this code.
    is_local: bool,
    can_pend: bool,
    can_panic: bool,
    is_in_runtime: bool,
}

#[derive(Debug)]
struct Generator {
    random: Random,
    next: Id,
    budget: usize,
    saved: Saved,
}

/// Returns the program of a seed.
pub(crate) fn generate(seed: u64, worlds: u64) -> Program {
    let mut random = Random::new(seed);
    let world = random.next() % worlds;
    let budget = 3 + random.below(40);
    let mut generator = Generator { random, next: 1, budget, saved: Saved::default() };
    let place = Place {
        depth: 0,
        is_async: false,
        can_spawn: true,
        is_local: false,
        can_pend: false,
        can_panic: false,
        is_in_runtime: false,
    };
    let mut body = Vec::new();
    while generator.budget > 0 {
        body.push(generator.step(place));
    }
    Program { world, body: Arc::new(body) }
}

impl Generator {
    fn id(&mut self) -> Id {
        self.next += 1;
        self.next - 1
    }

    fn block(&mut self, place: Place) -> Block {
        let place = Place { depth: place.depth + 1, ..place };
        let steps = if place.depth >= 8 { 1 } else { 1 + self.random.below(3) };
        let mut block = Vec::new();
        for _ in 0..steps {
            if self.budget == 0 {
                break;
            }
            block.push(self.step(place));
        }
        Arc::new(block)
    }

    /// Returns a block whose values are unknown outside, because another task or time runs it.
    fn apart<R>(&mut self, inside: impl FnOnce(&mut Self) -> R) -> R {
        let saved = self.saved.clone();
        let result = inside(self);
        // a future or a span that was used up inside is used up outside
        let still = |old: &[Id], now: &[Id]| old.iter().copied().filter(|id| now.contains(id)).collect();
        self.saved = Saved {
            futures: still(&saved.futures, &self.saved.futures),
            started: still(&saved.started, &self.saved.started),
            ..saved
        };
        result
    }

    /// Returns what runs at the same time as other work, which may poll no future that others poll.
    fn beside<R>(&mut self, inside: impl FnOnce(&mut Self) -> R) -> R {
        let shared = std::mem::take(&mut self.saved.shared);
        let result = self.apart(inside);
        self.saved.shared = shared;
        result
    }

    fn step(&mut self, place: Place) -> Step {
        self.budget = self.budget.saturating_sub(1);
        let id = self.id();
        let kind = if place.depth >= 8 || self.random.chance(18) {
            self.leaf(id, place)
        } else if place.is_async && self.random.chance(60) {
            self.async_step(place)
        } else {
            self.sync_step(place)
        };
        Step { id, kind }
    }

    fn leaf(&mut self, id: Id, place: Place) -> Kind {
        match self.random.below(20) {
            0..4 => {
                self.saved.contexts.push(id);
                Kind::Save
            }
            4..6 => {
                let options = Options { is_enabled: true, ..self.options() };
                self.saved.manual.push(id);
                Kind::StartManual(options)
            }
            6 | 7 => {
                self.saved.started.push(id);
                Kind::StartLibrary(self.random.below(2))
            }
            8 => {
                self.saved.started.push(id);
                Kind::StartForeign
            }
            9 => {
                let parent = self.tracing_parent();
                self.saved.tracing.push(id);
                Kind::StartTracing(parent)
            }
            10..14 => {
                let is_shared = self.random.chance(35);
                let inside = Place {
                    is_async: true,
                    can_spawn: false,
                    can_pend: false,
                    can_panic: false,
                    is_in_runtime: true,
                    ..place
                };
                let future = self.apart(|generator| {
                    generator.saved.shared.clear();
                    if is_shared { generator.traced(inside) } else { generator.future(inside) }
                });
                let list = if is_shared { &mut self.saved.shared } else { &mut self.saved.futures };
                list.push(id);
                Kind::Call { future, is_shared }
            }
            14 if place.can_pend => Kind::Pending,
            15 if place.can_panic => Kind::Panic,
            16 if place.is_async => Kind::Yield,
            _ => Kind::Function(self.site(), self.options(), Arc::default()),
        }
    }

    fn sync_step(&mut self, place: Place) -> Kind {
        let inside = Place { is_async: false, can_pend: false, ..place };
        match self.random.below(34) {
            0..4 => Kind::Scope(self.who(), self.block(inside)),
            4 => Kind::RegistryScope(self.random.below(2), self.block(inside)),
            5..8 => Kind::InSpan(self.who(), self.block(inside)),
            8..14 => Kind::Function(self.site(), self.options(), self.block(inside)),
            14 | 15 => match self.any(|saved| &saved.manual) {
                Some(id) => Kind::InManual(id, self.block(inside)),
                None => Kind::Catch(self.block(Place { can_panic: true, ..inside })),
            },
            16 => match self.any(|saved| &saved.tracing) {
                Some(id) => Kind::InTracing(id, self.block(inside)),
                None => Kind::Tracing(TracingParent::Contextual, self.block(inside)),
            },
            17 | 18 => Kind::Library(self.random.below(2), self.block(inside)),
            19 => Kind::Foreign(self.block(inside)),
            20 | 21 => Kind::Tracing(self.tracing_parent(), self.block(inside)),
            22..26 => Kind::Attach(self.attach(), self.block(inside)),
            26 => Kind::Receive(self.message(), self.block(inside)),
            27 => {
                let how = match self.random.below(8) {
                    0 => Thread::Spawned,
                    1..4 => Thread::Carry,
                    _ => Thread::Plain,
                };
                let inside = Place { can_spawn: false, is_in_runtime: true, can_panic: false, ..inside };
                Kind::Thread(how, self.block(inside))
            }
            28 => Kind::Catch(self.block(Place { can_panic: true, ..inside })),
            29 => Kind::Subscriber(self.random.below(3), self.block(inside)),
            _ => {
                let is_root = !place.is_in_runtime;
                let drive = if is_root && self.random.chance(30) {
                    Drive::LocalUnder(self.who())
                } else {
                    Drive::Plain
                };
                let inside = Place {
                    is_async: true,
                    can_spawn: is_root,
                    is_local: is_root,
                    is_in_runtime: true,
                    ..inside
                };
                Kind::BlockOn(drive, self.block(inside))
            }
        }
    }

    fn async_step(&mut self, place: Place) -> Kind {
        let apart = Place { can_pend: false, can_panic: false, ..place };
        match self.random.below(20) {
            0..6 if place.can_spawn => {
                let how = self.random.pick(&[
                    Spawn::Tokio,
                    Spawn::Tokio,
                    Spawn::Multitracer,
                    Spawn::Multitracer,
                    if place.is_local { Spawn::Local } else { Spawn::Tokio },
                    Spawn::Blocking,
                    Spawn::MultitracerBlocking,
                ]);
                let is_blocking = matches!(how, Spawn::Blocking | Spawn::MultitracerBlocking);
                let future = self.beside(|generator| {
                    if is_blocking {
                        let inside = Place { is_async: false, can_spawn: false, ..apart };
                        Future::Block(generator.block(inside))
                    } else {
                        generator.future(Place { is_local: how == Spawn::Local, ..apart })
                    }
                });
                let meanwhile = if self.random.chance(40) {
                    self.beside(|generator| generator.block(apart))
                } else {
                    Arc::default()
                };
                Kind::Spawn { how, future, meanwhile }
            }
            6 | 7 => {
                let count = 2 + self.random.below(2);
                let futures = (0..count).map(|_| self.beside(|generator| generator.future(apart))).collect();
                if self.random.chance(50) { Kind::Join(futures) } else { Kind::Unordered(futures) }
            }
            8 | 9 => Kind::Select(self.future(Place { can_pend: true, ..place })),
            10 => Kind::CatchAsync(self.future(Place { can_panic: true, ..place })),
            _ => Kind::Await(self.future(place)),
        }
    }

    fn future(&mut self, place: Place) -> Future {
        let deeper = Place { depth: place.depth + 1, ..place };
        if place.depth < 8 && self.random.chance(45) {
            let wrapped = |generator: &mut Self| Box::new(generator.future(deeper));
            return match self.random.below(14) {
                0..4 => {
                    let choice = self.choice(50);
                    Future::WithTracer(choice, wrapped(self))
                }
                4 | 5 => Future::WithCurrent(wrapped(self)),
                6 => {
                    let message = self.message();
                    Future::Received(message, wrapped(self))
                }
                7 => {
                    let attach = self.attach();
                    Future::WithContext(attach, wrapped(self))
                }
                8 => {
                    let (id, parent) = (self.id(), self.tracing_parent());
                    Future::Instrument { id, parent, future: wrapped(self) }
                }
                9..12 => Future::CalledIn(self.who(), wrapped(self)),
                12 => Future::Subscriber(self.random.below(3), wrapped(self)),
                _ => Future::Moved(wrapped(self)),
            };
        }
        if self.random.chance(30) {
            if self.random.chance(50)
                && let Some(id) = self.any(|saved| &saved.shared)
            {
                return Future::Called(id);
            }
            if let Some(id) = self.any(|saved| &saved.futures) {
                self.saved.futures.retain(|saved| *saved != id);
                return Future::Called(id);
            }
        }
        if self.random.chance(65) {
            self.traced(deeper)
        } else {
            Future::Block(self.block(Place { is_async: true, ..place }))
        }
    }

    fn traced(&mut self, place: Place) -> Future {
        let id = self.id();
        let site = self.random.pick(&[
            AsyncSite::AsyncFn,
            AsyncSite::AsyncFn,
            AsyncSite::Boxed,
            AsyncSite::Macro,
            AsyncSite::Builder,
            AsyncSite::Stream,
        ]);
        let options = self.options();
        // the body runs later, so nothing outside knows what it saves
        let body = self.apart(|generator| generator.block(Place { is_async: true, ..place }));
        Future::Traced { id, site, options, body }
    }

    fn who(&mut self) -> Who {
        Who { registry: usize::from(self.random.chance(20)), tracer: self.random.below(3) }
    }

    fn site(&mut self) -> Site {
        self.random.pick(&[Site::Traced, Site::Traced, Site::Macro, Site::Builder])
    }

    fn options(&mut self) -> Options {
        let choice = if self.random.chance(60) { Choice::Ambient } else { self.choice(30) };
        let parent = match self.random.below(40) {
            0 => Parent::Root,
            1 | 2 => self.any(|saved| &saved.contexts).map_or(Parent::Nearest, Parent::Saved),
            3 => Parent::Remote(self.remote()),
            _ => Parent::Nearest,
        };
        Options { choice, parent, is_enabled: !self.random.chance(10) }
    }

    fn choice(&mut self, handles: usize) -> Choice {
        if self.random.chance(handles) {
            return Choice::Handle(self.who());
        }
        let name = self.random.pick(&[0, 0, 1, 1, 1, 2, 3, 4]);
        debug_assert!(name < NAMES.len());
        if self.random.chance(60) { Choice::Literal(name) } else { Choice::Name(name) }
    }

    fn tracing_parent(&mut self) -> TracingParent {
        match self.random.below(10) {
            0 => TracingParent::Root,
            1 | 2 => self.any(|saved| &saved.tracing).map_or(TracingParent::Contextual, TracingParent::Span),
            3 => self.any(|saved| &saved.contexts).map_or(TracingParent::Contextual, TracingParent::Set),
            4 => TracingParent::Extracted(self.remote()),
            _ => TracingParent::Contextual,
        }
    }

    fn attach(&mut self) -> Attach {
        let attach = match self.random.below(12) {
            0..4 => self.any(|saved| &saved.contexts).map(Attach::Saved),
            4 => self.any(|saved| &saved.contexts).map(Attach::SpanOf),
            5 | 6 => Some(Attach::Remote(self.remote())),
            7 => Some(Attach::OnlyRemote(self.remote())),
            8 => Some(Attach::HandMade),
            9 => Some(Attach::Empty),
            _ => self.any(|saved| &saved.started).map(|id| {
                self.saved.started.retain(|saved| *saved != id);
                Attach::Started(id)
            }),
        };
        attach.unwrap_or(Attach::HandMade)
    }

    fn message(&mut self) -> Message {
        let registry = usize::from(self.random.chance(20));
        let remote = if self.random.chance(70) { Some(self.remote()) } else { None };
        let mut tracer =
            |percent| if self.random.chance(percent) { Some(self.random.below(3)) } else { None };
        Message { registry, remote, route: tracer(60), baggage: tracer(30) }
    }

    fn remote(&mut self) -> Remote {
        let (trace, span) = (self.random.below(2), self.random.below(3));
        let number = |number: usize| u8::try_from(number).unwrap_or(0);
        Remote { trace: number(trace), span: number(span), is_sampled: (trace, span) != (1, 2) }
    }

    fn any(&mut self, list: impl Fn(&Saved) -> &Vec<Id>) -> Option<Id> {
        let list = list(&self.saved);
        if list.is_empty() { None } else { Some(list[self.random.clone().below(list.len())]) }
    }
}
