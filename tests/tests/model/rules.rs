//! The rules of `docs/semantics.md` for one span: its tracer, its parent, its trace.

use std::collections::{HashMap, HashSet};

use multitracer::config::{OnSwitch, RemoteParent};

use crate::context::{Cx, Entered, Label, Owner, Span, Trace};
use crate::program::{Choice, Id, NAMES, TRACERS, Who};
use crate::world::Settings;

/// A span that must arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) id: Id,
    pub(crate) who: Who,
    pub(crate) parent: Option<Label>,
    pub(crate) links: Vec<Label>,
    pub(crate) trace: Trace,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Given {
    Nearest,
    Root,
    Span(Span),
}

/// The tracer of a new span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Chosen {
    Tracer(Who),
    /// Nothing changes: there is no tracer, or the ambient one makes no spans.
    Unchanged,
    /// The tracer is off, so the inside is silent.
    Off(Who),
    /// The name is unknown, so the inside is silent.
    Silent(Who),
}

/// The code that starts a span.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Maker {
    /// The library itself.
    Own,
    /// A provider or a layer, which was made for this registry. It adds nothing to the context.
    Library(Option<usize>),
}

/// The result of a start.
#[derive(Clone, Debug)]
pub(crate) struct Started {
    /// The context inside of the span.
    pub(crate) cx: Cx,
    /// The span, or the unsampled span that stands for it.
    pub(crate) span: Option<Span>,
}

#[derive(Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) settings: &'a Settings,
    /// The spans that arrived. They tell how a sampler with a ratio decided.
    pub(crate) arrived: &'a HashSet<Id>,
    pub(crate) expected: Vec<Expected>,
    /// The spans that began a trace, with their tracers, and if they are sampled.
    pub(crate) roots: HashMap<Id, (Who, bool)>,
}

impl Rules<'_> {
    pub(crate) fn is_on(&self, who: Who) -> bool {
        self.settings.tracer(who).is_on
    }

    /// Returns the tracer that a choice means in `cx`.
    pub(crate) fn chosen(&self, cx: &Cx, choice: Choice, default: Option<usize>) -> Chosen {
        let default = default.or(self.settings.installed);
        let explicit = |who| if self.is_on(who) { Chosen::Tracer(who) } else { Chosen::Off(who) };
        let name = match choice {
            Choice::Handle(who) => return explicit(who),
            Choice::Ambient => {
                return match cx.ambient(default) {
                    Some(Entered::Tracer(who)) if self.is_on(who) => Chosen::Tracer(who),
                    _ => Chosen::Unchanged,
                };
            }
            Choice::Literal(name) | Choice::Name(name) => NAMES[name],
        };
        let Some(ambient) = cx.ambient(default) else { return Chosen::Unchanged };
        let registry = ambient.registry();
        match TRACERS[registry].iter().position(|known| *known == name) {
            Some(tracer) => explicit(Who { registry, tracer }),
            None if self.settings.registries[registry].drops_unknown => Chosen::Silent(ambient.who()),
            None => explicit(Who { registry, tracer: 0 }),
        }
    }

    /// Starts a span of the tracer that a choice means.
    pub(crate) fn start_chosen(
        &mut self,
        cx: &Cx,
        id: Id,
        chosen: Chosen,
        given: Given,
        maker: Maker,
    ) -> Started {
        // a silent place that is silenced again stays as it is
        let chosen = match (chosen, cx.entered) {
            (Chosen::Off(who), Some(Entered::Silent(of))) if who == of => Chosen::Unchanged,
            (Chosen::Silent(_), Some(Entered::Silent(_))) => Chosen::Unchanged,
            (chosen, _) => chosen,
        };
        match chosen {
            Chosen::Tracer(who) => self.start(cx, id, who, given, maker),
            Chosen::Unchanged => Started { cx: cx.clone(), span: cx.current },
            Chosen::Off(who) | Chosen::Silent(who) => {
                let cx = cx.enter(Entered::Silent(who));
                Started { span: cx.current, cx }
            }
        }
    }

    /// Starts a span of a tracer that is on.
    pub(crate) fn start(&mut self, cx: &Cx, id: Id, who: Who, given: Given, maker: Maker) -> Started {
        let (default, remembers) = match maker {
            Maker::Own => (self.settings.installed, true),
            Maker::Library(default) => (default.or(self.settings.installed), false),
        };
        let is_ambient = cx.ambient(default) == Some(Entered::Tracer(who));
        let (parent, link) = self.parent(cx, who, given);
        if let Some(parent) = parent
            && !parent.is_sampled
            && !parent.is_remote()
        {
            let mut inside = if is_ambient { cx.clone() } else { cx.enter(Entered::Tracer(who)) };
            if cx.current != Some(parent) {
                if remembers {
                    self.remember(cx, &mut inside, who, parent);
                }
                inside = inside.with_current(Some(parent));
            }
            return Started { cx: inside, span: Some(parent) };
        }
        let is_sampled = match parent {
            Some(parent) => parent.is_sampled,
            None => match self.settings.tracer(who).rate {
                0.0 => false,
                1.0 => true,
                _ => self.arrived.contains(&id),
            },
        };
        if parent.is_none() {
            self.roots.insert(id, (who, is_sampled));
        }
        let trace = parent.map_or(Trace::Of(id), |parent| parent.trace);
        let span = Span { label: Label::Step(id), owner: Owner::Tracer(who), trace, is_sampled };
        if is_sampled {
            let links = link.iter().map(Span::link_label).collect();
            self.expected.push(Expected { id, who, parent: parent.map(|parent| parent.label), links, trace });
        }
        let mut inside = if is_ambient { cx.clone() } else { cx.enter(Entered::Tracer(who)) };
        if remembers {
            self.remember(cx, &mut inside, who, span);
        }
        Started { cx: inside.with_current(Some(span)), span: Some(span) }
    }

    /// Remembers `span`, which starts under `cx`, and what it covers. Outside of an entered tracer,
    /// nothing is remembered.
    fn remember(&self, cx: &Cx, inside: &mut Cx, who: Who, span: Span) {
        let covers_other = cx.current.is_some_and(|current| match current.owner {
            Owner::Tracer(owner) => owner != who,
            Owner::Remote => !cx.is_of_request(&current),
            Owner::Nobody => false,
        });
        if inside.entered.is_none() && cx.current.is_some_and(|current| current.is_remote()) {
            *inside = inside.enter(Entered::Tracer(who));
        }
        let is_entered = cx.entered != inside.entered;
        let is_known =
            !cx.knows_nothing_of(who) || (cx.request.is_none() && self.first_of(span.trace, who).is_some());
        if inside.entered.is_some() && (covers_other || is_entered || !is_known) {
            inside.remember_current(cx.entered.map_or(who.registry, Entered::registry));
            inside.remember(who, span);
        }
    }

    /// Returns the parent of a new span, and the span that it links to.
    fn parent(&self, cx: &Cx, who: Who, given: Given) -> (Option<Span>, Option<Span>) {
        let is_switch_child = self.settings.registries[who.registry].on_switch == OnSwitch::Child;
        let current = match given {
            Given::Root => return (None, None),
            Given::Span(span) => {
                let is_parent = match span.owner {
                    Owner::Remote => true,
                    Owner::Tracer(owner) => owner == who || is_switch_child,
                    Owner::Nobody => false,
                };
                return if is_parent { (Some(span), None) } else { (None, Some(span)) };
            }
            Given::Nearest => cx.current,
        };
        let known = cx.memory.get(&who);
        let current = match (current, known) {
            (Some(current), _) => current,
            (None, Some(known)) => return self.as_parent(cx, known.span, who),
            (None, None) => return (None, None),
        };
        if current.is_remote() {
            return match known {
                Some(known) if known.is_of_request && cx.is_of_request(&current) => {
                    self.as_parent(cx, known.span, who)
                }
                _ => self.as_parent(cx, current, who),
            };
        }
        let is_known_in_trace = known.is_some_and(|known| known.span.trace == current.trace);
        match (current.owner, known) {
            (Owner::Tracer(owner), _) if owner == who => (Some(current), None),
            (Owner::Nobody, _) if !is_known_in_trace && self.first_of(current.trace, who).is_some() => {
                (self.first_of(current.trace, who), None)
            }
            (_, Some(known)) => self.as_parent(cx, known.span, who),
            (Owner::Tracer(_), None) if is_switch_child => (Some(current), None),
            _ => (None, Some(current)),
        }
    }

    /// Returns the first span of a trace, if this tracer began the trace.
    fn first_of(&self, trace: Trace, who: Who) -> Option<Span> {
        let Trace::Of(id) = trace else { return None };
        let &(_, is_sampled) = self.roots.get(&id).filter(|(first, _)| *first == who)?;
        Some(Span { label: Label::Step(id), owner: Owner::Tracer(who), trace, is_sampled })
    }

    /// Returns `span` as the parent, or as a link if it is a remote span that may not be one.
    fn as_parent(&self, cx: &Cx, span: Span, who: Who) -> (Option<Span>, Option<Span>) {
        let is_parent = !span.is_remote()
            || match self.settings.registries[who.registry].remote_parent {
                RemoteParent::Child => true,
                RemoteParent::Link => false,
                _ => cx.current != Some(span) || cx.is_remote_of(&span, who),
            };
        if is_parent { (Some(span), None) } else { (None, Some(span)) }
    }
}
