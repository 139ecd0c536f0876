//! Options of a span that a call decides at run time.

use std::borrow::Cow;
use std::task::Context as TaskContext;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use super::opened::{Preparation, Prepared};
use super::site::Site;
use crate::tracer::{
    AsTracer, Call, Chosen, Literal, Parent, Quick, Readiness, TracerChoice, start_quickly_under,
};

/// Options of one call.
#[derive(Debug)]
pub struct Options {
    site: Site,
    call: Call,
    /// `None` for the tracer of the call site: its literal, else the ambient one.
    tracer: Option<Chosen>,
    name: Option<Cow<'static, str>>,
    parent: Parent,
    links: Vec<SpanContext>,
    enabled: bool,
    attributes: Vec<KeyValue>,
}

impl Options {
    pub(super) fn new(site: Site) -> Self {
        Self::of(site, Call::here())
    }

    /// Creates the options of an earlier call.
    pub(super) fn of(site: Site, call: Call) -> Self {
        Self {
            site,
            call,
            tracer: None,
            name: None,
            parent: Parent::Nearest,
            links: Vec::new(),
            enabled: true,
            attributes: Vec::new(),
        }
    }

    pub fn tracer<T: AsTracer + ?Sized>(&mut self, tracer: &T) {
        let choice = tracer.as_tracer();
        self.attributes.extend(choice.attributes());
        self.tracer = match choice {
            TracerChoice::Ambient => None,
            TracerChoice::Constant(name) => {
                self.site = self.site.tracer(name.literal());
                None
            }
            choice => Some(Chosen::of(&self.call.cx, choice, &self.site)),
        };
    }

    pub fn name(&mut self, name: impl Into<Cow<'static, str>>) {
        self.name = Some(name.into());
    }

    pub fn parent(&mut self, parent: impl IntoParent) {
        parent.set(self);
    }

    pub fn links(&mut self, links: impl IntoLinks) {
        links.add(&mut self.links);
    }

    pub fn enabled(&mut self, enabled: bool) {
        self.enabled = enabled;
    }

    pub(super) fn follow_decision(&mut self, task: &TaskContext<'_>) {
        self.call.follow_decision(task);
    }

    pub(super) fn into_drop_context(self) -> Context {
        self.call.into_drop_context()
    }

    pub(super) fn site(&self) -> Site {
        self.site
    }

    /// Starts the span on the fast path, if the call has no options.
    pub(super) fn start_quickly(&self) -> Quick {
        let is_plain = self.tracer.is_none()
            && self.name.is_none()
            && matches!(self.parent, Parent::Nearest)
            && self.links.is_empty()
            && self.enabled
            && self.attributes.is_empty();
        if !is_plain {
            return Quick::Unknown;
        }
        let tracer = self.site.literal().map(Literal::id);
        start_quickly_under(&self.call.cx, tracer, || self.site.to_function(), None)
    }

    pub(super) fn into_context(self) -> Context {
        self.call.cx
    }

    pub(super) fn add(&mut self, attributes: impl IntoIterator<Item = KeyValue>) {
        self.attributes.extend(attributes);
    }

    /// Chooses the tracer.
    pub(super) fn prepare(self) -> Preparation {
        let cx = self.call.cx;
        if !self.enabled {
            return Preparation::Unchanged(cx);
        }
        let chosen = match (self.tracer, self.site.literal()) {
            (Some(chosen), _) => chosen.at_start(&cx, &self.site),
            (None, Some(literal)) => Chosen::of_literal(&cx, literal, &self.site),
            (None, None) => Chosen::ambient(&cx),
        };
        let tracer = match chosen.readiness(&cx) {
            Readiness::Ready(tracer) => tracer,
            Readiness::Silent(cx) => return Preparation::Silent(cx),
            Readiness::Unchanged => return Preparation::Unchanged(cx),
        };
        Preparation::Ready(Prepared {
            site: self.site,
            tracer,
            cx,
            name: self.name.unwrap_or(Cow::Borrowed(self.site.name)),
            parent: self.parent,
            links: self.links,
            attributes: self.attributes,
        })
    }
}

/// A value of `parent = ..`: a `Context`, a `SpanContext`, or an `Option` of one. `None` makes a
/// root.
pub trait IntoParent {
    fn set(self, options: &mut Options);
}

impl IntoParent for SpanContext {
    fn set(self, options: &mut Options) {
        options.parent = Parent::Given(self);
    }
}

impl IntoParent for &SpanContext {
    fn set(self, options: &mut Options) {
        self.clone().set(options);
    }
}

impl IntoParent for Context {
    fn set(self, options: &mut Options) {
        let span = self.span().span_context().clone();
        span.set(options);
    }
}

impl IntoParent for &Context {
    fn set(self, options: &mut Options) {
        self.clone().set(options);
    }
}

impl<T: IntoParent> IntoParent for Option<T> {
    fn set(self, options: &mut Options) {
        match self {
            Some(parent) => parent.set(options),
            None => SpanContext::NONE.set(options),
        }
    }
}

/// A value of `links = ..`: a `SpanContext`, or any number of them.
pub trait IntoLinks {
    fn add(self, links: &mut Vec<SpanContext>);
}

impl IntoLinks for SpanContext {
    fn add(self, links: &mut Vec<SpanContext>) {
        links.push(self);
    }
}

impl IntoLinks for &SpanContext {
    fn add(self, links: &mut Vec<SpanContext>) {
        links.push(self.clone());
    }
}

impl<T: IntoLinks> IntoLinks for Vec<T> {
    fn add(self, links: &mut Vec<SpanContext>) {
        for link in self {
            link.add(links);
        }
    }
}

impl<T: IntoLinks, const N: usize> IntoLinks for [T; N] {
    fn add(self, links: &mut Vec<SpanContext>) {
        for link in self {
            link.add(links);
        }
    }
}

impl<'a, T> IntoLinks for &'a [T]
where
    &'a T: IntoLinks,
{
    fn add(self, links: &mut Vec<SpanContext>) {
        for link in self {
            link.add(links);
        }
    }
}

impl<'a, T> IntoLinks for &'a Vec<T>
where
    &'a T: IntoLinks,
{
    fn add(self, links: &mut Vec<SpanContext>) {
        self.as_slice().add(links);
    }
}

impl<T: IntoLinks> IntoLinks for Option<T> {
    fn add(self, links: &mut Vec<SpanContext>) {
        if let Some(link) = self {
            link.add(links);
        }
    }
}
