//! The model of contexts that other code makes: spans of `tracing`, attached contexts, messages.

use crate::context::{Cx, Entered, Label, Owner, Span};
use crate::oracle::{Oracle, Place, Value};
use crate::program::{Attach, Id, Message, TRACERS, TracingParent, Who};
use crate::rules::{Given, Maker};

impl Oracle<'_> {
    /// Returns the context of a span of `tracing`.
    pub(crate) fn tracing(&mut self, place: &Place, id: Id, parent: TracingParent) -> Cx {
        let default =
            Some(place.subscriber).filter(|number| *number < TRACERS.len()).or(self.rules.settings.installed);
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

    pub(crate) fn attached(&mut self, cx: &Cx, id: Id, attach: Attach) -> Option<Cx> {
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

    pub(crate) fn received(&self, cx: &Cx, message: &Message) -> Cx {
        let registry = message.registry;
        let installed = self.rules.settings.installed;
        let is_current = cx.ambient(installed).is_some_and(|ambient| ambient.registry() == registry);
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
pub(crate) fn off_span(cx: &Cx, id: Id, ambient: Option<Entered>, implied: Option<Entered>) -> Option<Span> {
    let is_owned = cx.current.is_some_and(|current| matches!(current.owner, Owner::Tracer(_)));
    let is_implied = cx.current.is_some() && ambient == implied;
    match ambient {
        Some(ambient) if cx.entered.is_none() && !is_owned && !is_implied => {
            Some(Span::off(id, ambient.who()))
        }
        _ => cx.current,
    }
}

/// Returns the context inside of an entered span of `tracing`, which enters the span's tracer if
/// the span's context names none.
pub(crate) fn inside_tracing(cx: &Cx, installed: Option<usize>) -> Cx {
    let is_default = |who: Who| who.tracer == 0 && installed == Some(who.registry);
    match cx.current.map(|span| span.owner) {
        Some(Owner::Tracer(who)) if cx.entered.is_none() && !is_default(who) => {
            cx.enter(Entered::Tracer(who))
        }
        _ => cx.clone(),
    }
}
