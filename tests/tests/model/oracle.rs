//! The spans that a program must make: a recursive evaluation by the rules.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::context::{Cx, Entered, Label, Owner, Span};
use crate::program::{
    AsyncSite, Attach, Block, Choice, Drive, Future, Id, Kind, Message, Options, Parent, Program, Spawn,
    Step, TRACERS, Thread, TracingParent, Who,
};
use crate::rules::{Chosen, Expected, Given, Maker, Rules};
use crate::world::Settings;

/// A decision about a future.
#[derive(Debug)]
struct Decision {
    made: u64,
    /// The context in which it was made.
    maker: Cx,
    cx: Cx,
}

/// The place where code runs.
#[derive(Clone, Debug, Default)]
struct Place {
    cx: Cx,
    decision: Option<Rc<Decision>>,
    /// `true` if another executor is between the decision and this place.
    is_crossed: bool,
    subscriber: usize,
    /// The places where the executor polls spawned tasks, and local ones.
    spawned: Option<Rc<Self>>,
    local: Option<Rc<Self>>,
}

impl Place {
    fn under(&self, cx: Cx) -> Self {
        Self { cx, ..self.clone() }
    }

    fn decided(&self, decision: &Rc<Decision>) -> Self {
        let decision = Rc::clone(decision);
        Self { cx: decision.cx.clone(), decision: Some(decision), is_crossed: false, ..self.clone() }
    }

    fn crossed(&self) -> Self {
        Self { is_crossed: true, ..self.clone() }
    }
}

/// A future that was called.
#[derive(Clone, Debug)]
enum Called<'p> {
    Block(&'p Block),
    Traced {
        id: Id,
        options: Options,
        early: Option<Chosen>,
        given: Given,
        called: u64,
        cx: Cx,
        body: &'p Block,
    },
    Decided(Rc<Decision>, Box<Self>),
    Attached(Cx, Box<Self>),
    Subscriber(usize, Box<Self>),
    Shared(Id),
    Nothing,
}

#[derive(Debug)]
enum Value<'p> {
    Cx(Cx),
    Inside(Cx),
    Started(Option<Span>),
    Tracing { subscriber: usize, cx: Cx },
    Future(Called<'p>),
    Shared(Option<Called<'p>>),
}

/// The way in which a block ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flow {
    Done,
    Pending,
    Panic,
}

struct Oracle<'p> {
    rules: Rules<'p>,
    values: HashMap<Id, Value<'p>>,
    time: u64,
}

/// Returns the spans that `program` must make, given the ids of the spans that arrived.
pub(crate) fn expected(program: &Program, settings: &Settings, arrived: &HashSet<Id>) -> Vec<Expected> {
    let rules = Rules { settings, arrived, expected: Vec::new() };
    let mut oracle = Oracle { rules, values: HashMap::new(), time: 0 };
    let place = Place { subscriber: settings.subscriber, ..Place::default() };
    oracle.block(&place, &program.body);
    oracle.rules.expected
}

impl<'p> Oracle<'p> {
    fn block(&mut self, place: &Place, block: &'p Block) -> Flow {
        for step in block.iter() {
            let flow = self.step(place, step);
            if flow != Flow::Done {
                return flow;
            }
        }
        Flow::Done
    }

    fn step(&mut self, place: &Place, step: &'p Step) -> Flow {
        let (id, cx) = (step.id, &place.cx);
        let value = match &step.kind {
            Kind::Save => Value::Cx(cx.clone()),
            Kind::StartManual(options) => Value::Inside(self.function(place, id, *options).cx),
            Kind::StartLibrary(registry) => Value::Started(self.library(cx, id, *registry)),
            Kind::StartForeign => Value::Started(Some(Span::foreign(id))),
            Kind::StartTracing(parent) => {
                Value::Tracing { subscriber: place.subscriber, cx: self.tracing(place, id, *parent) }
            }
            Kind::Call { future, is_shared } => {
                let called = self.call(place, future);
                if *is_shared { Value::Shared(Some(called)) } else { Value::Future(called) }
            }
            kind => return self.run(place, id, kind),
        };
        self.values.insert(id, value);
        Flow::Done
    }

    fn run(&mut self, place: &Place, id: Id, kind: &'p Kind) -> Flow {
        let cx = &place.cx;
        match kind {
            Kind::Pending => Flow::Pending,
            Kind::Panic => Flow::Panic,
            Kind::Scope(who, block) => self.block(&place.under(cx.enter(Entered::Tracer(*who))), block),
            Kind::RegistryScope(registry, block) => {
                let who = Who { registry: *registry, tracer: 0 };
                self.block(&place.under(cx.enter(Entered::Tracer(who))), block)
            }
            Kind::InSpan(who, block) => {
                let options =
                    Options { choice: Choice::Handle(*who), parent: Parent::Nearest, is_enabled: true };
                let inside = self.function(place, id, options);
                self.block(&inside, block)
            }
            Kind::Function(_, options, block) => {
                let inside = self.function(place, id, *options);
                self.block(&inside, block)
            }
            Kind::InManual(id, block) | Kind::InTracing(id, block) => {
                let inside = match self.values.get(id) {
                    Some(Value::Inside(inside)) => place.under(inside.clone()),
                    Some(Value::Tracing { subscriber, cx }) => {
                        Place { subscriber: *subscriber, ..place.under(inside_tracing(cx)) }
                    }
                    _ => place.clone(),
                };
                self.block(&inside, block)
            }
            Kind::Library(registry, block) => {
                let span = self.library(cx, id, *registry);
                self.block(&place.under(cx.with_current(span)), block)
            }
            Kind::Foreign(block) => self.block(&place.under(cx.with_current(Some(Span::foreign(id)))), block),
            Kind::Tracing(parent, block) => {
                let inside = inside_tracing(&self.tracing(place, id, *parent));
                self.block(&place.under(inside), block)
            }
            Kind::Attach(attach, block) => match self.attached(cx, id, *attach) {
                Some(inside) => self.block(&place.under(inside), block),
                None => self.block(place, block),
            },
            Kind::Receive(message, block) => self.block(&place.under(self.received(cx, message)), block),
            Kind::Thread(how, block) => {
                let cx = if *how == Thread::Plain { Cx::default() } else { cx.clone() };
                let inside = Place { cx, subscriber: place.subscriber, ..Place::default() };
                self.block(&inside, block)
            }
            Kind::Catch(block) => {
                self.block(place, block);
                Flow::Done
            }
            Kind::Subscriber(subscriber, block) => {
                self.block(&Place { subscriber: *subscriber, ..place.clone() }, block)
            }
            Kind::BlockOn(drive, block) => {
                let inside = self.executor(place, *drive);
                self.block(&inside, block)
            }
            Kind::Await(future) => {
                let called = self.call(place, future);
                self.poll(place, called)
            }
            Kind::Select(future) | Kind::CatchAsync(future) => {
                let ends_here = if matches!(kind, Kind::Select(_)) { Flow::Pending } else { Flow::Panic };
                let called = self.call(place, future);
                let flow = self.poll(place, called);
                if flow == ends_here { Flow::Done } else { flow }
            }
            Kind::Join(futures) | Kind::Unordered(futures) => {
                let place = if matches!(kind, Kind::Join(_)) { place.clone() } else { place.crossed() };
                let called: Vec<_> = futures.iter().map(|future| self.call(&place, future)).collect();
                for called in called {
                    self.poll(&place, called);
                }
                Flow::Done
            }
            Kind::Spawn { how, future, meanwhile } => self.spawn(place, *how, future, meanwhile),
            _ => Flow::Done,
        }
    }

    fn executor(&mut self, place: &Place, drive: Drive) -> Place {
        self.time += 1;
        if place.spawned.is_some() {
            return place.crossed();
        }
        let base = Place { decision: None, ..place.clone() };
        let local = match drive {
            Drive::Plain => base.clone(),
            Drive::LocalUnder(who) => {
                let cx = place.cx.enter(Entered::Tracer(who));
                let decision = Rc::new(Decision { made: self.time, maker: place.cx.clone(), cx });
                base.decided(&decision)
            }
        };
        let spawned = Some(Rc::new(base));
        let inside = Place { spawned: spawned.clone(), ..local.clone() };
        // the local set polls its tasks, but `run_until` polls this code
        Place { local: Some(Rc::new(Place { spawned, ..local.crossed() })), ..inside }
    }

    fn spawn(&mut self, place: &Place, how: Spawn, future: &'p Future, meanwhile: &'p Block) -> Flow {
        let called = self.call(place, future);
        let flow = self.block(place, meanwhile);
        let tasks = |base: &Option<Rc<Place>>| {
            let base = base.as_deref().cloned().unwrap_or_default();
            Place { spawned: place.spawned.clone(), local: place.local.clone(), ..base }
        };
        match how {
            Spawn::Tokio => self.poll(&tasks(&place.spawned), called),
            Spawn::Local => self.poll(&tasks(&place.local), called),
            Spawn::Multitracer => {
                self.time += 1;
                let cx = place.cx.clone();
                let decision = Rc::new(Decision { made: self.time, maker: cx.clone(), cx });
                self.poll(&tasks(&place.spawned), Called::Decided(decision, Box::new(called)))
            }
            Spawn::Blocking | Spawn::MultitracerBlocking => {
                let cx = if how == Spawn::Blocking { Cx::default() } else { place.cx.clone() };
                let thread = Place { cx, subscriber: place.subscriber, ..Place::default() };
                self.poll(&thread, called)
            }
        };
        flow
    }

    fn call(&mut self, place: &Place, future: &'p Future) -> Called<'p> {
        self.time += 1;
        let cx = &place.cx;
        match future {
            Future::Block(block) => Called::Block(block),
            Future::Traced { site: AsyncSite::Builder, options, body, .. } if !options.is_enabled => {
                Called::Block(body)
            }
            Future::Traced { id, site, options, body } => {
                let given = self.given(options.parent);
                let (id, options, called) = (*id, *options, self.time);
                // a computed name is looked up at the call, if there is a registry
                let is_early = match options.choice {
                    Choice::Name(_) => true,
                    Choice::Literal(_) => *site == AsyncSite::Builder,
                    _ => false,
                };
                let early = Some(self.rules.chosen(cx, options.choice, None));
                let early = early.filter(|chosen| is_early && *chosen != Chosen::Unchanged);
                Called::Traced { id, options, early, given, called, cx: cx.clone(), body }
            }
            Future::WithTracer(choice, future) => {
                let inner = self.call(place, future);
                let inside = match self.rules.chosen(cx, *choice, None) {
                    Chosen::Tracer(who) | Chosen::Off(who) => cx.enter(Entered::Tracer(who)),
                    Chosen::Silent(who) => cx.enter(Entered::Silent(who)),
                    Chosen::Unchanged => cx.clone(),
                };
                self.decide(cx, inside, inner)
            }
            Future::WithCurrent(future) => {
                let inner = self.call(place, future);
                self.decide(cx, cx.clone(), inner)
            }
            Future::Received(message, future) => {
                let inner = self.call(place, future);
                self.decide(cx, self.received(cx, message), inner)
            }
            Future::WithContext(attach, future) => {
                let inner = self.call(place, future);
                // a context by hand has the number of no step
                match self.attached(cx, 0, *attach) {
                    Some(inside) => Called::Attached(inside, Box::new(inner)),
                    None => inner,
                }
            }
            Future::Instrument { id, parent, future } => {
                let inner = self.call(place, future);
                let inside = inside_tracing(&self.tracing(place, *id, *parent));
                let inside = Called::Attached(inside, Box::new(inner));
                Called::Subscriber(place.subscriber, Box::new(inside))
            }
            Future::CalledIn(who, future) => self.call(&place.under(cx.enter(Entered::Tracer(*who))), future),
            Future::Moved(future) => self.call(place, future),
            Future::Subscriber(subscriber, future) => {
                Called::Subscriber(*subscriber, Box::new(self.call(place, future)))
            }
            Future::Called(id) => match self.values.get(id) {
                Some(Value::Shared(_)) => Called::Shared(*id),
                Some(Value::Future(_)) => match self.values.remove(id) {
                    Some(Value::Future(called)) => called,
                    _ => Called::Nothing,
                },
                _ => Called::Nothing,
            },
        }
    }

    fn decide(&mut self, maker: &Cx, cx: Cx, inner: Called<'p>) -> Called<'p> {
        self.time += 1;
        let decision = Decision { made: self.time, maker: maker.clone(), cx };
        Called::Decided(Rc::new(decision), Box::new(inner))
    }

    fn poll(&mut self, place: &Place, called: Called<'p>) -> Flow {
        match called {
            Called::Block(block) => self.block(place, block),
            Called::Traced { id, options, early, given, called, cx, body } => {
                let holds = place.decision.as_ref().is_some_and(|decision| {
                    let maker = &decision.maker;
                    let is_same = maker.place == cx.place;
                    let is_direct = decision.cx.place == place.cx.place;
                    called < decision.made && is_direct && (!place.is_crossed || is_same)
                });
                let here = if holds { place.clone() } else { place.under(cx) };
                let inside = self.function_given(&here, id, options, early, given);
                self.block(&inside, body)
            }
            Called::Decided(decision, inner) => self.poll(&place.decided(&decision), *inner),
            Called::Attached(cx, inner) => self.poll(&place.under(cx), *inner),
            Called::Subscriber(subscriber, inner) => {
                self.poll(&Place { subscriber, ..place.clone() }, *inner)
            }
            Called::Shared(id) => match self.values.insert(id, Value::Shared(None)) {
                Some(Value::Shared(Some(inner))) => self.poll(&place.crossed(), inner),
                _ => Flow::Done,
            },
            Called::Nothing => Flow::Done,
        }
    }

    fn given(&self, parent: Parent) -> Given {
        match parent {
            Parent::Nearest => Given::Nearest,
            Parent::Root => Given::Root,
            Parent::Remote(remote) => Given::Span(Span::remote(remote)),
            Parent::Saved(id) => match self.values.get(&id) {
                Some(Value::Cx(Cx { current: Some(span), .. })) => Given::Span(*span),
                _ => Given::Root,
            },
        }
    }

    fn function(&mut self, place: &Place, id: Id, options: Options) -> Place {
        self.function_given(place, id, options, None, self.given(options.parent))
    }

    fn function_given(
        &mut self,
        place: &Place,
        id: Id,
        options: Options,
        early: Option<Chosen>,
        given: Given,
    ) -> Place {
        if !options.is_enabled {
            return place.clone();
        }
        let chosen = early.unwrap_or_else(|| self.rules.chosen(&place.cx, options.choice, None));
        let started = self.rules.start_chosen(&place.cx, id, chosen, given, Maker::Own);
        place.under(started.cx)
    }

    /// Returns the span of a library. The library attaches it itself, so the context learns no more.
    fn library(&mut self, cx: &Cx, id: Id, registry: usize) -> Option<Span> {
        let chosen = self.rules.chosen(cx, Choice::Ambient, Some(registry));
        if chosen == Chosen::Unchanged {
            let ambient = cx.ambient(Some(registry));
            return off_span(cx, id, ambient, ambient);
        }
        self.rules.start_chosen(cx, id, chosen, Given::Nearest, Maker::Library(Some(registry))).span
    }

    /// Returns the context of a span of `tracing`.
    fn tracing(&mut self, place: &Place, id: Id, parent: TracingParent) -> Cx {
        let default = Some(place.subscriber).filter(|number| *number < TRACERS.len());
        let creation = &place.cx;
        let (cx, given) = match parent {
            TracingParent::Contextual => (creation.clone(), Given::Nearest),
            TracingParent::Root => (Cx::default(), Given::Root),
            TracingParent::Span(id) => match self.values.get(&id) {
                Some(Value::Tracing { subscriber, cx }) if *subscriber == place.subscriber => {
                    (cx.clone(), Given::Nearest)
                }
                _ => (creation.clone(), Given::Nearest),
            },
            TracingParent::Set(id) => match self.values.get(&id) {
                Some(Value::Cx(cx)) => (cx.clone(), Given::Nearest),
                _ => (creation.clone(), Given::Nearest),
            },
            TracingParent::Extracted(remote) => {
                (Cx::default().with_current(Some(Span::remote(remote))), Given::Nearest)
            }
        };
        // without an ambient tracer, the tracer of the creation counts
        let ambient = cx.ambient(None).or_else(|| creation.ambient(default));
        let span = match ambient {
            Some(Entered::Tracer(who)) if self.rules.is_on(who) => {
                self.rules.start(&cx, id, who, given, Maker::Library(default)).span
            }
            _ => off_span(&cx, id, ambient, cx.ambient(default)),
        };
        cx.with_current(span)
    }

    fn attached(&mut self, cx: &Cx, id: Id, attach: Attach) -> Option<Cx> {
        Some(match attach {
            Attach::Empty => Cx::default(),
            Attach::Remote(remote) => cx.with_current(Some(Span::remote(remote))),
            Attach::OnlyRemote(remote) => Cx::default().with_current(Some(Span::remote(remote))),
            Attach::HandMade => cx.with_current(Some(Span::foreign(id))),
            Attach::Saved(id) => match self.values.get(&id) {
                Some(Value::Cx(saved)) => saved.clone(),
                _ => return None,
            },
            Attach::SpanOf(id) => match self.values.get(&id) {
                Some(Value::Cx(saved)) => cx.with_current(saved.current),
                _ => return None,
            },
            Attach::Started(id) => match self.values.remove(&id) {
                Some(Value::Started(span)) => cx.with_current(span),
                _ => return None,
            },
        })
    }

    fn received(&self, cx: &Cx, message: &Message) -> Cx {
        let registry = message.registry;
        let is_current = cx.ambient(None).is_some_and(|ambient| ambient.registry() == registry);
        let default = Who { registry, tracer: 0 };
        let mut cx = if is_current { cx.clone() } else { cx.enter(Entered::Tracer(default)) };
        let trusted = message.baggage.filter(|_| self.rules.settings.registries[registry].trusts_baggage);
        let tracer = trusted.or(message.route).unwrap_or(0);
        if let Some(remote) = message.remote {
            cx = cx.with_current(Some(Span::remote(remote)));
        }
        // a remote span arrives once
        if let Some(Span { label: Label::Remote(remote), .. }) = cx.current
            && cx.request.is_none_or(|request| request.remote != remote)
        {
            cx.arrive(remote, Who { registry, tracer: trusted.unwrap_or(0) });
        }
        let who = Who { registry, tracer };
        cx.enter(if self.rules.is_on(who) { Entered::Tracer(who) } else { Entered::Silent(who) })
    }
}

/// Returns the span that a library's span of a silent place leaves in the context.
///
/// If nothing else in the context says that the inside is silent, an unsampled span says so.
fn off_span(cx: &Cx, id: Id, ambient: Option<Entered>, implied: Option<Entered>) -> Option<Span> {
    let is_owned = cx.current.is_some_and(|current| matches!(current.owner, Owner::Tracer(_)));
    let is_implied = cx.current.is_some() && ambient == implied;
    match ambient {
        Some(ambient) if cx.entered.is_none() && !is_owned && !is_implied => {
            Some(Span::off(id, ambient.who()))
        }
        _ => cx.current,
    }
}

/// Returns the context inside of an entered span of `tracing`, which enters the span's tracer if the
/// span's context names none.
fn inside_tracing(cx: &Cx) -> Cx {
    match cx.current.map(|span| span.owner) {
        Some(Owner::Tracer(who)) if cx.entered.is_none() => cx.enter(Entered::Tracer(who)),
        _ => cx.clone(),
    }
}
