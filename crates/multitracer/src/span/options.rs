//! Options of a span that a call decides at run time.

use std::borrow::Cow;
use std::task::Context as TaskContext;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use super::opened::{Preparation, Prepared};
use super::site::Site;
use crate::tracer::{AsTracer, CallTime, Chosen, Parent, Readiness, Tracer, TracerChoice, current_context};

/// Options of one call.
#[derive(Debug)]
pub struct Options {
    site: Site,
    cx: Context,
    called: CallTime,
    tracer: Choice,
    name: Option<Cow<'static, str>>,
    parent: Parent,
    links: Vec<SpanContext>,
    enabled: bool,
    attributes: Vec<KeyValue>,
}

/// The tracer that the call chose.
#[derive(Debug)]
enum Choice {
    /// The tracer of the call site: its literal, else the ambient one.
    Site,
    /// A tracer that was found at the call.
    Found(Chosen),
    /// The tracer of this name, in a registry that is not known yet.
    Named(String),
}

impl Options {
    pub(super) fn new(site: Site) -> Self {
        Self {
            site,
            cx: current_context(),
            called: CallTime::now(),
            tracer: Choice::Site,
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
            TracerChoice::Ambient => Choice::Site,
            TracerChoice::Constant(name) => {
                self.site = self.site.tracer(name.literal());
                Choice::Site
            }
            TracerChoice::Name(name) if !Tracer::has_registry(&self.cx) => Choice::Named(name.to_owned()),
            choice => Choice::Found(Chosen::of(&self.cx, choice, &self.site)),
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

    /// Continues from the context of a decision about the future that was made after the call, as
    /// `future.with_tracer(..)` is one. Otherwise the context of the call stays.
    pub(super) fn follow_decision(mut self, task: &TaskContext<'_>) -> Self {
        if let Some(decided) = self.called.decided_context(&self.cx, task) {
            self.cx = decided;
        }
        self
    }

    /// Returns the context in which a future that was never polled drops its values.
    pub(super) fn into_drop_context(self) -> Context {
        self.called.decided_drop_context(&self.cx).unwrap_or(self.cx)
    }

    pub(super) fn site(&self) -> Site {
        self.site
    }

    pub(super) fn add(&mut self, attributes: impl IntoIterator<Item = KeyValue>) {
        self.attributes.extend(attributes);
    }

    /// Chooses the tracer.
    pub(super) fn prepare(self) -> Preparation {
        if !self.enabled {
            return Preparation::Unchanged(self.cx);
        }
        let chosen = match self.tracer {
            Choice::Found(chosen) => chosen,
            Choice::Site => match self.site.literal() {
                Some(literal) => Chosen::of_literal(&self.cx, literal, &self.site),
                None => Chosen::ambient(&self.cx),
            },
            Choice::Named(name) => Chosen::of_name(&self.cx, &name, &self.site),
        };
        let tracer = match chosen.readiness(&self.cx) {
            Readiness::Ready(tracer) => tracer,
            Readiness::Silent(cx) => return Preparation::Silent(cx),
            Readiness::Unchanged => return Preparation::Unchanged(self.cx),
        };
        Preparation::Ready(Prepared {
            site: self.site,
            tracer,
            cx: self.cx,
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
