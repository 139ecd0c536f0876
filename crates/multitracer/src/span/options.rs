//! What a call decides about its span at run time.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};

use super::callsite::Site;
use super::state::Prepared;
use crate::registry::Registry;
use crate::tracer::{AsTracer, Frame, Parent, Tracer, TracerChoice, TracerCore};

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
    /// By the call site: its literal, else the ambient one.
    Site,
    Tracer(Registry, Arc<TracerCore>),
    /// This name, in a registry that is not known yet.
    Named(String),
    /// An unknown name, where the configuration says `drop`.
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
        let of = |tracer: &Tracer| Choice::Tracer(tracer.registry().clone(), Arc::clone(tracer.core()));
        self.tracer = match tracer.as_tracer() {
            TracerChoice::Ambient => Choice::Site,
            TracerChoice::Tracer(tracer) => of(tracer),
            TracerChoice::Assignment(assignment) => {
                self.attributes.extend(assignment.attributes());
                of(assignment.tracer())
            }
            TracerChoice::Constant(name) => {
                self.site = self.site.tracer(name.literal());
                Choice::Site
            }
            TracerChoice::Name(name) => match Registry::of(&self.cx) {
                None => Choice::Named(name.to_owned()),
                Some(registry) => match registry.looked_up(name, &self.site) {
                    Some(core) => Choice::Tracer(registry.into_owned(), core),
                    None => Choice::None,
                },
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

    /// Goes on from `now`, the context of a later place, if another tracer was entered in between: that is what
    /// `future.with_tracer(..)` does. Otherwise the context of the call stays, and with it the parent.
    pub(super) fn at(mut self, now: &Context) -> Self {
        if let Some(entered) = Frame::of(now)
            && !Frame::of(&self.cx).is_some_and(|frame| frame.ptr_eq(entered))
        {
            self.cx = now.clone();
        }
        self
    }

    pub(super) fn is_off(&self) -> bool {
        !self.enabled || matches!(self.tracer, Choice::None)
    }

    pub(super) fn add(&mut self, attributes: impl IntoIterator<Item = KeyValue>) {
        self.attributes.extend(attributes);
    }

    /// Everything that opening the span needs, or nothing if there is to be none.
    pub(super) fn prepare(self) -> Option<Prepared> {
        if !self.enabled {
            return None;
        }
        let (registry, core) = match self.tracer {
            Choice::Tracer(registry, core) => (Cow::Owned(registry), core),
            Choice::Site => by_site(&self.site, &self.cx)?,
            Choice::Named(name) => {
                let registry = Registry::of(&self.cx)?;
                let core = registry.looked_up(&name, &self.site)?;
                (registry, core)
            }
            Choice::None => return None,
        };
        let core = registry.in_force(&self.cx, core)?;
        if !core.is_on() {
            return None;
        }
        Some(Prepared {
            site: self.site,
            registry,
            core,
            cx: self.cx,
            name: self.name.unwrap_or(Cow::Borrowed(self.site.name)),
            parent: self.parent,
            links: self.links,
            attributes: self.attributes,
        })
    }
}

/// Explicit (the literal), else ambient, else the registry's default.
fn by_site(site: &Site, cx: &Context) -> Option<(Cow<'static, Registry>, Arc<TracerCore>)> {
    let frame = Frame::of(cx);
    if site.literal().is_none()
        && let Some(frame) = frame
    {
        return Some((Cow::Owned(frame.registry().clone()), Arc::clone(frame.tracer())));
    }
    let registry = Registry::of(cx)?;
    let core = match site.literal() {
        Some(literal) => registry.named(literal.id(), literal.name(), site)?,
        None => registry.ambient_in(cx),
    };
    Some((registry, core))
}

/// What may stand behind `parent = ..`: a `Context`, a `SpanContext`, an `Option` of one; `None` makes a root.
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

/// What may stand behind `links = ..`: a `SpanContext`, or any number of them.
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
