//! The model of futures: their calls, the decisions about them, and their polls.

use std::rc::Rc;

use crate::context::{Cx, Entered, Span};
use crate::contexts::{inside_tracing, off_span};
use crate::oracle::{Decision, Flow, Oracle, Place, Value};
use crate::program::{AsyncSite, Block, Choice, Future, Id, Options, Parent};
use crate::rules::{Chosen, Given, Maker};

/// A future that was called.
#[derive(Clone, Debug)]
pub(crate) enum Called<'p> {
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

impl<'p> Oracle<'p> {
    pub(crate) fn call(&mut self, place: &Place, future: &'p Future) -> Called<'p> {
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
                let inside =
                    inside_tracing(&self.tracing(place, *id, *parent), self.rules.settings.installed);
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

    pub(crate) fn decide(&mut self, maker: &Cx, cx: Cx, inner: Called<'p>) -> Called<'p> {
        self.time += 1;
        let decision = Decision { made: self.time, maker: maker.clone(), cx };
        Called::Decided(Rc::new(decision), Box::new(inner))
    }

    pub(crate) fn poll(&mut self, place: &Place, called: Called<'p>) -> Flow {
        match called {
            Called::Block(block) => self.block(place, block),
            Called::Traced { id, options, early, given, called, cx, body } => {
                let holds = place.decision.as_ref().is_some_and(|decision| {
                    let maker = &decision.maker;
                    let is_same = maker.place == cx.place;
                    let is_direct = decision.cx.place == place.cx.place;
                    let is_empty = decision.cx.entered.is_none() && decision.cx.current.is_none();
                    called < decision.made && is_direct && !is_empty && (!place.is_crossed || is_same)
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

    pub(crate) fn given(&self, parent: Parent) -> Given {
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

    pub(crate) fn function(&mut self, place: &Place, id: Id, options: Options) -> Place {
        self.function_given(place, id, options, None, self.given(options.parent))
    }

    pub(crate) fn function_given(
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

    /// Returns the span of a library, which attaches the span itself. The context learns nothing.
    pub(crate) fn library(&mut self, cx: &Cx, id: Id, registry: usize) -> Option<Span> {
        let chosen = self.rules.chosen(cx, Choice::Ambient, Some(registry));
        if chosen == Chosen::Unchanged {
            let ambient = cx.ambient(Some(registry));
            return off_span(cx, id, ambient, ambient);
        }
        self.rules.start_chosen(cx, id, chosen, Given::Nearest, Maker::Library(Some(registry))).span
    }
}
