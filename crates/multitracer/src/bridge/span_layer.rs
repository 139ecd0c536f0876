//! The `tracing` layer: a span of multitracer for each span of `tracing`.

use std::sync::{Arc, PoisonError};

use opentelemetry::time::now;
use opentelemetry::trace::{SpanContext, SpanKind, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context as LayerContext;
use tracing_subscriber::registry::{LookupSpan, SpanRef as Registered};

use super::adding::{is_adding, while_adding};
use super::creation_tracer::Origin;
use super::downcast::ShadowAccess;
use super::entered::{self, LayerId};
use super::event::{ConvertedEvent, convert};
use super::options::TracingOptions;
use super::span_ext::{
    self, ShadowSubscriber, Shadowed, Shadows, SpanAccess, SpanChanges, shadow_subscriber,
};
use super::span_fields::SpanFields;
use super::span_start::SpanStarter;
use super::span_state::{PendingSpan, Phase, SpanState, StartingSpan, Times, wait_for};
use super::thread_attributes::add_thread;
use crate::export::is_export_thread;
use crate::record::{CallsiteParts, CodePlace, attribute_list};
use crate::registry::Registry;
use crate::tracer::{Frame, current_context, end_busy, with_current};

/// The `tracing` layer.
pub(super) struct SpanLayer {
    id: LayerId,
    options: TracingOptions,
    /// The attributes that each span has of its callsite.
    parts: CallsiteParts,
    starter: SpanStarter,
    shadows: Arc<ShadowSubscriber>,
}

impl SpanLayer {
    pub(super) fn new<S>(registry: Option<Registry>, options: TracingOptions) -> Self
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let access = SpanAccess {
            add_shadow: Self::add_shadow::<S>,
            change: Self::change::<S>,
            start: Self::start_registered::<S>,
        };
        let shadows = Arc::new(shadow_subscriber(access));
        let TracingOptions { location, level, target, .. } = options;
        let parts = CallsiteParts { location, level, target };
        Self { id: LayerId::new(), options, parts, starter: SpanStarter::new(registry), shadows }
    }

    /// Returns the layer that gives access to the shadows.
    pub(super) fn shadow_access(&self) -> ShadowAccess {
        ShadowAccess::new(&self.shadows)
    }

    /// Notes that a span has a shadow. Returns its metadata and its state.
    fn add_shadow<S>(dispatch: &Dispatch, id: &Id) -> Option<(&'static Metadata<'static>, Shadowed)>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let span = dispatch.downcast_ref::<S>()?.span(id)?;
        let mut extensions = span.extensions_mut();
        let Some(state) = extensions.get_mut::<SpanState>() else {
            return Some((span.metadata(), Shadowed::Unknown));
        };
        let shadowed = match &mut state.phase {
            Phase::Pending(pending) => {
                pending.has_shadow = true;
                Shadowed::Pending
            }
            Phase::Starting(_) | Phase::Started(_) => Shadowed::Started,
            Phase::Closed => Shadowed::Unknown,
        };
        state.has_shadow = true;
        Some((span.metadata(), shadowed))
    }

    /// Makes the changes that the shadow of a span collected.
    fn change<S>(dispatch: &Dispatch, id: &Id, changes: SpanChanges)
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        if let Some(span) = dispatch.downcast_ref::<S>().and_then(|spans| spans.span(id))
            && let Some(SpanState { phase: Phase::Pending(pending), .. }) =
                span.extensions_mut().get_mut::<SpanState>()
        {
            pending.has_shadow = false;
            pending.change(changes);
        }
    }

    /// Starts a span.
    fn start_registered<S>(dispatch: &Dispatch, id: &Id) -> Option<Context>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let layer = dispatch.downcast_ref::<Self>()?;
        let span = dispatch.downcast_ref::<S>()?.span(id)?;
        layer.started(&span, |_| ())
    }

    /// Returns the context of the parent of a new span, and the origin of the new span.
    fn parent<S>(&self, attributes: &Attributes<'_>, layers: &LayerContext<'_, S>) -> (Context, Origin)
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        if attributes.is_contextual() {
            let origin = if is_export_thread() { Origin::Export } else { Origin::Context };
            return (current_context(), origin);
        }
        // a filter can hide the parent from this layer
        let parent = attributes.parent().and_then(|parent| layers.span(parent));
        let cx = parent.and_then(|parent| self.started(&parent, |_| ()));
        (cx.unwrap_or_default(), Origin::here())
    }

    /// Returns the context of a span, which starts if it has not started.
    ///
    /// Calls `change` for a span that has a context. Returns `None` for a span that this layer does
    /// not know.
    fn started<'s, S>(&self, span: &Registered<'s, S>, change: impl FnOnce(&mut Times)) -> Option<Context>
    where
        S: LookupSpan<'s>,
    {
        // dropped after the lock is released: it may hold the last handle of a foreign span
        let _old;
        let mut extensions = span.extensions_mut();
        let state = extensions.get_mut::<SpanState>()?;
        let started = match &mut state.phase {
            Phase::Started(cx) => Some(cx.clone()),
            Phase::Pending(pending) if !pending.has_shadow => self.starter.start_quickly(pending),
            Phase::Pending(_) | Phase::Starting(_) => None,
            Phase::Closed => return None,
        };
        if let Some(cx) = started {
            if !matches!(state.phase, Phase::Started(_)) {
                _old = std::mem::replace(&mut state.phase, Phase::Started(cx.clone()));
            }
            change(&mut state.times);
            return Some(cx);
        }
        drop(extensions);
        let cx = self.start(span)?;
        if let Some(state) = span.extensions_mut().get_mut::<SpanState>() {
            change(&mut state.times);
        }
        Some(cx)
    }

    /// Makes the changes that the shadow of a span has collected, if the span has not started.
    ///
    /// Later changes come after those.
    fn settle<'s, S: LookupSpan<'s>>(&self, span: &Registered<'s, S>) {
        let has_changes = span.extensions().get::<SpanState>().is_some_and(SpanState::has_changes);
        if has_changes {
            self.collect(span);
        }
    }

    #[cold]
    fn collect<'s, S: LookupSpan<'s>>(&self, span: &Registered<'s, S>) {
        if let Some(shadows) = self.shadows.downcast_ref::<Shadows>() {
            shadows.collect(&span.id());
        }
        // without a subscriber, the changes are lost
        if let Some(SpanState { phase: Phase::Pending(pending), .. }) =
            span.extensions_mut().get_mut::<SpanState>()
        {
            pending.has_shadow = false;
        }
    }

    /// Starts a span. Does not hold its extensions while a sampler runs, which may use the span.
    #[cold]
    fn start<'s, S: LookupSpan<'s>>(&self, span: &Registered<'s, S>) -> Option<Context> {
        let starting = StartingSpan::default();
        let mut started = starting.lock().unwrap_or_else(PoisonError::into_inner);
        let phase = {
            let mut extensions = span.extensions_mut();
            let phase = &mut extensions.get_mut::<SpanState>()?.phase;
            match phase {
                Phase::Pending(pending) if pending.has_shadow => {
                    drop(extensions);
                    self.collect(span);
                    return self.started(span, |_| ());
                }
                Phase::Pending(_) => std::mem::replace(phase, Phase::Starting(Arc::clone(&starting))),
                Phase::Starting(other) => Phase::Starting(Arc::clone(other)),
                Phase::Started(cx) => return Some(cx.clone()),
                Phase::Closed => return None,
            }
        };
        let cx = match phase {
            Phase::Pending(pending) => while_adding(|| self.starter.start(pending)),
            Phase::Starting(other) => return wait_for(&other),
            Phase::Started(_) | Phase::Closed => return None,
        };
        *started = Some(cx.clone());
        if let Some(state) = span.extensions_mut().get_mut::<SpanState>() {
            state.phase = Phase::Started(cx.clone());
        }
        Some(cx)
    }

    /// Starts and ends a span that was never entered.
    #[cold]
    fn close_unstarted<'s, S: LookupSpan<'s>>(&self, span: &Registered<'s, S>) {
        let Some(cx) = self.started(span, |_| ()) else { return };
        let Some(SpanState { has_shadow, .. }) = span.extensions_mut().remove() else { return };
        if self.options.inactivity {
            cx.span().set_attributes([KeyValue::new("busy_ns", 0), KeyValue::new("idle_ns", 0)]);
        }
        cx.span().end();
        if has_shadow {
            span_ext::close(&self.shadows, &span.id());
        }
    }

    /// Adds an event to a span of `tracing`.
    fn add_to_registered<'s, S: LookupSpan<'s>>(&self, event: ConvertedEvent, span: &Registered<'s, S>) {
        self.settle(span);
        let cx = {
            let mut extensions = span.extensions_mut();
            match extensions.get_mut::<SpanState>().map(|state| &mut state.phase) {
                None | Some(Phase::Closed) => return,
                Some(Phase::Pending(pending)) => return pending.add_event(event),
                Some(Phase::Starting(_)) => None,
                Some(Phase::Started(cx)) => Some(cx.clone()),
            }
        };
        if let Some(cx) = cx.or_else(|| self.started(span, |_| ())) {
            while_adding(|| event.add_to(&cx.span()));
        }
    }
}

impl<S> Layer<S> for SpanLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        if let Some(shadows) = self.shadows.downcast_ref::<Shadows>() {
            shadows.set_dispatch(dispatch);
        }
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, layers: LayerContext<'_, S>) {
        let Some(span) = layers.span(id) else { return };
        let start_time = now();
        let (cx, origin) = self.parent(attributes, &layers);
        let metadata = attributes.metadata();
        let mut fields = SpanFields::into(attribute_list());
        if self.options.threads {
            add_thread(&mut fields.attributes);
        }
        // `Debug` of a value may log, so nothing is locked here
        attributes.record(&mut fields);
        let mut pending = PendingSpan {
            cx,
            origin,
            name: fields.name.unwrap_or_else(|| metadata.name().into()),
            kind: fields.kind.unwrap_or(SpanKind::Internal),
            start_time,
            code: CodePlace::Callsite { metadata, parts: self.parts },
            attributes: fields.attributes,
            extra: None,
            has_shadow: false,
        };
        if let Some(status) = fields.status {
            pending.extra().status = status;
        }
        let times = Times::new(start_time);
        span.extensions_mut().insert(SpanState { phase: Phase::Pending(pending), times, has_shadow: false });
    }

    fn on_enter(&self, id: &Id, layers: LayerContext<'_, S>) {
        let Some(span) = layers.span(id) else { return };
        let time = || self.options.inactivity.then(now);
        if let Some(cx) = self.started(&span, |times| times.enter(time)) {
            entered::enter(self.id, id, cx);
        }
    }

    fn on_exit(&self, id: &Id, layers: LayerContext<'_, S>) {
        if let Some(span) = layers.span(id)
            && let Some(state) = span.extensions_mut().get_mut::<SpanState>()
        {
            state.times.exit(now());
        }
        entered::exit(self.id, id);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, layers: LayerContext<'_, S>) {
        let Some(span) = layers.span(id) else { return };
        let mut fields = SpanFields::default();
        values.record(&mut fields);
        self.settle(&span);
        if let Some(SpanState { phase: Phase::Pending(pending), .. }) =
            span.extensions_mut().get_mut::<SpanState>()
        {
            return pending.record(fields);
        }
        if let Some(cx) = self.started(&span, |_| ()) {
            while_adding(|| fields.change(&cx.span()));
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, layers: LayerContext<'_, S>) {
        let (Some(span), Some(followed)) = (layers.span(id), layers.span(follows)) else { return };
        let Some(followed) = self.started(&followed, |_| ()) else { return };
        let linked = followed.span().span_context().clone();
        self.settle(&span);
        if let Some(SpanState { phase: Phase::Pending(pending), .. }) =
            span.extensions_mut().get_mut::<SpanState>()
        {
            return pending.extra().links.push(opentelemetry::trace::Link::with_context(linked));
        }
        if let Some(cx) = self.started(&span, |_| ()) {
            while_adding(|| cx.span().add_link(linked, Vec::new()));
        }
    }

    fn on_event(&self, event: &Event<'_>, layers: LayerContext<'_, S>) {
        // a span may log while it is locked: such an event would deadlock here
        if is_adding() || is_export_thread() {
            return;
        }
        if let Some(parent) = event.parent() {
            if let Some(span) = layers.span(parent) {
                self.add_to_registered(convert(event, &self.options), &span);
            }
            return;
        }
        if !event.is_contextual() || is_own_event(event) {
            return;
        }
        match with_current(Target::of).unwrap_or(Target::Nothing) {
            Target::Nothing => {}
            Target::Current => {
                // this runs `Debug` of the event's values, which may log
                let event = convert(event, &self.options);
                let cx = current_context();
                while_adding(|| event.add_to(&cx.span()));
            }
            Target::Registered => {
                if let Some(span) = layers.lookup_current() {
                    self.add_to_registered(convert(event, &self.options), &span);
                }
            }
        }
    }

    fn on_close(&self, id: Id, layers: LayerContext<'_, S>) {
        let Some(span) = layers.span(&id) else { return };
        let (phase, end, busy, has_shadow) = {
            let mut extensions = span.extensions_mut();
            let Some(state) = extensions.get_mut::<SpanState>() else { return };
            if !matches!(state.phase, Phase::Started(_)) {
                drop(extensions);
                return self.close_unstarted(&span);
            }
            // the extensions are cleared when the last layer has seen the end
            let phase = std::mem::replace(&mut state.phase, Phase::Closed);
            (phase, state.times.end(), state.times.busy(), state.has_shadow)
        };
        let Phase::Started(cx) = phase else { return };
        let end = end.unwrap_or_else(now);
        if self.options.inactivity {
            end_busy(&cx.span(), busy, end);
        } else {
            cx.span().end_with_timestamp(end);
        }
        if has_shadow {
            span_ext::close(&self.shadows, &id);
        }
    }
}

/// The target of an event.
enum Target {
    /// No span, because what is silent must not land on the span of another tracer.
    Nothing,
    /// The current span of OpenTelemetry's context.
    Current,
    /// The current span of `tracing`.
    Registered,
}

impl Target {
    fn of(cx: &Context) -> Self {
        if Frame::of(cx).is_some_and(Frame::is_silent) {
            return Self::Nothing;
        }
        let span = cx.span();
        let is_local = |span: &SpanContext| span.is_valid() && !span.is_remote();
        if !is_local(span.span_context()) {
            Self::Registered
        } else if span.is_recording() {
            Self::Current
        } else {
            Self::Nothing
        }
    }
}

/// Returns `true` for messages of this library, which no span records.
fn is_own_event(event: &Event<'_>) -> bool {
    event.metadata().target() == "multitracer"
}
