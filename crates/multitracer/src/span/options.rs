//! Options of a span that a call decides at run time.

use std::borrow::Cow;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use super::opened::Prepared;
use super::site::Site;
use crate::tracer::{AsTracer, Frame, Parent, Tracer, TracerChoice};

/// Options of one call.
#[derive(Debug)]
pub struct Options {
    site: Site,
    cx: Context,
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
    Tracer(Tracer),
    /// The tracer of this name, in a registry that is not known yet.
    Named(String),
    /// No tracer: an unknown name, where the configuration says `drop`.
    None,
}

impl Options {
    pub(super) fn new(site: Site) -> Self {
        Self {
            site,
            cx: Context::current(),
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
            TracerChoice::Tracer(tracer) | TracerChoice::Recorded { tracer, .. } => {
                Choice::Tracer(tracer.clone())
            }
            TracerChoice::Constant(name) => {
                self.site = self.site.tracer(name.literal());
                Choice::Site
            }
            TracerChoice::Name(name) if !Tracer::has_registry(&self.cx) => Choice::Named(name.to_owned()),
            TracerChoice::Name(name) => match Tracer::of_name(&self.cx, name, &self.site) {
                Some(tracer) => Choice::Tracer(tracer),
                None => Choice::None,
            },
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

    /// Continues from `current`, the context of the first poll, if another tracer was entered after
    /// the call. This is the effect of `future.with_tracer(..)`.
    ///
    /// Otherwise the context of the call stays, and with it the parent.
    pub(super) fn follow_switch(mut self, current: &Context) -> Self {
        if Frame::was_entered_since(&self.cx, current) {
            self.cx = current.clone();
        }
        self
    }

    /// Returns `true` if the call cannot open a span.
    pub(super) fn is_off(&self) -> bool {
        !self.enabled || matches!(self.tracer, Choice::None)
    }

    pub(super) fn add(&mut self, attributes: impl IntoIterator<Item = KeyValue>) {
        self.attributes.extend(attributes);
    }

    /// Chooses the tracer. Returns `None` if there is no tracer, or if the call or the tracer is
    /// disabled.
    pub(super) fn prepare(self) -> Option<Prepared> {
        if !self.enabled {
            return None;
        }
        let tracer = match self.tracer {
            Choice::Tracer(tracer) => tracer,
            Choice::Site => match self.site.literal() {
                Some(literal) => Tracer::of_literal(&self.cx, literal, &self.site)?,
                None => Tracer::ambient(&self.cx)?,
            },
            Choice::Named(name) => Tracer::of_name(&self.cx, &name, &self.site)?,
            Choice::None => return None,
        };
        let tracer = tracer.in_force(&self.cx)?;
        if !tracer.is_on() {
            return None;
        }
        Some(Prepared {
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
