//! The spans that a program must make: a recursive evaluation by the rules.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::calls::Called;
use crate::context::{Cx, Entered, Span};
use crate::contexts::inside_tracing;
use crate::program::{
    Block, Choice, Drive, Future, Id, Kind, Options, Parent, Program, Spawn, Step, Thread, Who,
};
use crate::rules::{Expected, Rules};
use crate::world::Settings;

/// A decision about a future.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) made: u64,
    /// The context in which it was made.
    pub(crate) maker: Cx,
    pub(crate) cx: Cx,
}

/// The place where code runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) cx: Cx,
    pub(crate) decision: Option<Rc<Decision>>,
    /// `true` if another executor is between the decision and this place.
    pub(crate) is_crossed: bool,
    pub(crate) subscriber: usize,
    /// The places where the executor polls spawned tasks, and local ones.
    pub(crate) spawned: Option<Rc<Self>>,
    pub(crate) local: Option<Rc<Self>>,
}

impl Place {
    pub(crate) fn under(&self, cx: Cx) -> Self {
        Self { cx, ..self.clone() }
    }

    pub(crate) fn decided(&self, decision: &Rc<Decision>) -> Self {
        let decision = Rc::clone(decision);
        Self { cx: decision.cx.clone(), decision: Some(decision), is_crossed: false, ..self.clone() }
    }

    pub(crate) fn crossed(&self) -> Self {
        Self { is_crossed: true, ..self.clone() }
    }
}

#[derive(Debug)]
pub(crate) enum Value<'p> {
    Cx(Cx),
    Inside(Cx),
    Started(Option<Span>),
    Tracing { subscriber: usize, cx: Cx },
    Future(Called<'p>),
    Shared(Option<Called<'p>>),
}

/// The way in which a block ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flow {
    Done,
    Pending,
    Panic,
}

pub(crate) struct Oracle<'p> {
    pub(crate) rules: Rules<'p>,
    pub(crate) values: HashMap<Id, Value<'p>>,
    pub(crate) time: u64,
}

/// Returns the spans that `program` must make, given the ids of the spans that arrived.
pub(crate) fn expected(program: &Program, settings: &Settings, arrived: &HashSet<Id>) -> Vec<Expected> {
    let rules = Rules { settings, arrived, expected: Vec::new(), roots: HashMap::new() };
    let mut oracle = Oracle { rules, values: HashMap::new(), time: 0 };
    let place = Place { subscriber: settings.subscriber, ..Place::default() };
    oracle.block(&place, &program.body);
    oracle.rules.expected
}

impl<'p> Oracle<'p> {
    pub(crate) fn block(&mut self, place: &Place, block: &'p Block) -> Flow {
        for step in block.iter() {
            let flow = self.step(place, step);
            if flow != Flow::Done {
                return flow;
            }
        }
        Flow::Done
    }

    pub(crate) fn step(&mut self, place: &Place, step: &'p Step) -> Flow {
        let (id, cx) = (step.id, &place.cx);
        let value = match &step.kind {
            Kind::Save => Value::Cx(cx.clone()),
            Kind::StartManual(options) => Value::Inside(self.function(place, id, *options).cx),
            Kind::StartLibrary(registry) => Value::Started(self.library(cx, id, *registry)),
            Kind::StartForeign => Value::Started(Some(cx.foreign(id))),
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

    pub(crate) fn run(&mut self, place: &Place, id: Id, kind: &'p Kind) -> Flow {
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
                    Some(Value::Tracing { subscriber, cx }) => Place {
                        subscriber: *subscriber,
                        ..place.under(inside_tracing(cx, self.rules.settings.installed))
                    },
                    _ => place.clone(),
                };
                self.block(&inside, block)
            }
            Kind::Library(registry, block) => {
                let span = self.library(cx, id, *registry);
                self.block(&place.under(cx.with_current(span)), block)
            }
            Kind::Foreign(block) => self.block(&place.under(cx.with_current(Some(cx.foreign(id)))), block),
            Kind::Tracing(parent, block) => {
                let inside = inside_tracing(&self.tracing(place, id, *parent), self.rules.settings.installed);
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

    pub(crate) fn executor(&mut self, place: &Place, drive: Drive) -> Place {
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

    pub(crate) fn spawn(
        &mut self,
        place: &Place,
        how: Spawn,
        future: &'p Future,
        meanwhile: &'p Block,
    ) -> Flow {
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
}
