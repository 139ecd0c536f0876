//! The `tracing` layer: a span of multitracer for each span of `tracing`.

use std::sync::Arc;

use opentelemetry::time::now;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context as LayerContext;
use tracing_subscriber::registry::{LookupSpan, SpanRef as Registered};

use super::adding::{is_adding, while_adding};
use super::creation_tracer::Origin;
use super::downcast::ShadowAccess;
use super::event::{ConvertedEvent, convert};
use super::options::TracingOptions;
use super::span_ext::{
    self, ShadowSubscriber, Shadowed, Shadows, SpanAccess, SpanChanges, shadow_subscriber,
};
use super::span_fields::SpanFields;
use super::span_start::SpanStarter;
use super::span_state::{InExtensions, PendingSpan, Phase, Shared, SharedState, SpanState};
use super::thread_attributes::add_thread;
use super::thread_spans::{self, LayerId};
use crate::export::is_export_thread;
use crate::record::{CallsiteParts, CodePlace, SpanRecord};
use crate::registry::Registry;
use crate::tracer::{Frame, Tracer, current_context, end_busy, with_current};

/// The `tracing` layer.
pub(super) struct SpanLayer {
    id: LayerId,
    options: TracingOptions,
    /// The attributes that each span has of its callsite.
    parts: CallsiteParts,
    pub(super) starter: SpanStarter,
    pub(super) shadows: Arc<ShadowSubscriber>,
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
        let metadata = span.metadata();
        let Some(shared) = state_of(&span) else { return Some((metadata, Shadowed::Unknown)) };
        let mut state = shared.lock();
        let shadowed = match &mut state.phase {
            Phase::Pending(pending) => {
                pending.has_shadow = true;
                Shadowed::Pending
            }
            Phase::Starting(_) | Phase::Started(_) => Shadowed::Started,
            Phase::Closed => Shadowed::Unknown,
        };
        state.has_shadow = true;
        Some((metadata, shadowed))
    }

    /// Makes the changes that the shadow of a span collected.
    fn change<S>(dispatch: &Dispatch, id: &Id, changes: SpanChanges)
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        if let Some(shared) = dispatch.downcast_ref::<S>().and_then(|spans| state_of(&spans.span(id)?))
            && let Phase::Pending(pending) = &mut shared.lock().phase
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
        let shared = state_of(&dispatch.downcast_ref::<S>()?.span(id)?)?;
        layer.started(id, &shared, |_| ())
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
        let parent = attributes.parent();
        let cx = parent.and_then(|id| self.started(id, &*Self::find(id, layers)?, |_| ()));
        (cx.unwrap_or_default(), Origin::here())
    }

    /// Returns the data of a span that this layer knows.
    fn find<S>(id: &Id, layers: &LayerContext<'_, S>) -> Option<SharedState>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        // a filter can hide a span from this layer
        state_of(&layers.span(id)?)
    }

    /// Ends a span.
    fn end(&self, id: &Id, span: &Shared) -> Option<()> {
        let mut state = span.lock();
        if !matches!(state.phase, Phase::Started(_)) {
            drop(state);
            // the span was never entered
            let _cx = self.started(id, span, |_| ())?;
            state = span.lock();
        }
        let phase = std::mem::replace(&mut state.phase, Phase::Closed);
        span.close();
        let (end, busy, has_shadow) = (state.times.end(), state.times.busy(), state.has_shadow);
        drop(state);
        let Phase::Started(cx) = phase else { return None };
        let is_unentered = end.is_none();
        let end = end.unwrap_or_else(now);
        if self.options.inactivity && is_unentered {
            cx.span().set_attributes([KeyValue::new("busy_ns", 0), KeyValue::new("idle_ns", 0)]);
        }
        if self.options.inactivity && !is_unentered {
            end_busy(&cx.span(), busy, end);
        } else {
            cx.span().end_with_timestamp(end);
        }
        if has_shadow {
            span_ext::close(&self.shadows, id);
        }
        Some(())
    }

    /// Adds an event to a span of `tracing`.
    fn add_to_registered<'s, S: LookupSpan<'s>>(&self, event: ConvertedEvent, span: &Registered<'s, S>) {
        let Some(shared) = state_of(span) else { return };
        let id = span.id();
        self.settle(&id, &shared);
        if let Phase::Pending(pending) = &mut shared.lock().phase {
            return pending.add_event(event);
        }
        if let Some(cx) = self.started(&id, &shared, |_| ()) {
            while_adding(|| event.add_to(&cx.span()));
        }
    }
}

/// Returns the data of a span in its extensions.
fn state_of<'s, S: LookupSpan<'s>>(span: &Registered<'s, S>) -> Option<SharedState> {
    span.extensions().get::<InExtensions>().map(|InExtensions(state)| Arc::clone(state))
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
        let start_time = now();
        let (cx, origin) = self.parent(attributes, &layers);
        let metadata = attributes.metadata();
        let code = CodePlace::Callsite { metadata, parts: self.parts };
        let mut record = SpanRecord::prepare(metadata.name(), start_time, code);
        let mut fields = SpanFields::into(std::mem::take(record.prepared_attributes()));
        if self.options.threads {
            add_thread(&mut fields.attributes);
        }
        // `Debug` of a value may log, so nothing is locked here
        attributes.record(&mut fields);
        *record.prepared_attributes() = fields.attributes;
        if let Some(name) = fields.name {
            record.prepare_name(name);
        }
        if let Some(kind) = fields.kind {
            record.kind = kind;
        }
        let mut pending = PendingSpan { cx, origin, record, extra: None, has_shadow: false };
        if let Some(status) = fields.status {
            pending.extra().status = status;
        }
        let shared = thread_spans::shared(SpanState::new(Phase::Pending(pending), start_time));
        if let Some(span) = layers.span(id) {
            span.extensions_mut().insert(InExtensions(Arc::clone(&shared)));
            thread_spans::note(self.id, id, shared);
        }
    }

    fn on_enter(&self, id: &Id, layers: LayerContext<'_, S>) {
        let noted = thread_spans::take_noted(self.id, id);
        let Some(shared) = noted.or_else(|| Self::find(id, &layers)) else { return };
        let mut has_frame = false;
        let entered = |state: &mut SpanState| {
            state.times.enter(|| self.options.inactivity.then(now));
            has_frame = state.has_frame;
        };
        if let Some(cx) = self.started(id, &shared, entered) {
            // with `parent: None` and `set_parent`, the context may name no tracer
            let cx = if has_frame { cx } else { Tracer::enter_owner(&cx).unwrap_or(cx) };
            thread_spans::enter(self.id, id, shared, cx);
        }
    }

    fn on_exit(&self, id: &Id, layers: LayerContext<'_, S>) {
        // code inside of the context runs while it is left, so the clock is read before
        let time = now();
        if let Some(shared) = thread_spans::exit(self.id, id) {
            shared.lock().times.exit(time);
            thread_spans::note(self.id, id, shared);
        } else if let Some(shared) = Self::find(id, &layers) {
            shared.lock().times.exit(time);
            thread_spans::exit_replaced(&shared);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, layers: LayerContext<'_, S>) {
        let Some(shared) = Self::find(id, &layers) else { return };
        let mut fields = SpanFields::default();
        values.record(&mut fields);
        self.settle(id, &shared);
        if let Phase::Pending(pending) = &mut shared.lock().phase {
            return pending.record(fields);
        }
        if let Some(cx) = self.started(id, &shared, |_| ()) {
            while_adding(|| fields.change(&cx.span()));
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, layers: LayerContext<'_, S>) {
        let (Some(shared), Some(followed)) = (Self::find(id, &layers), Self::find(follows, &layers)) else {
            return;
        };
        let Some(followed) = self.started(follows, &followed, |_| ()) else { return };
        let linked = followed.span().span_context().clone();
        self.settle(id, &shared);
        if let Phase::Pending(pending) = &mut shared.lock().phase {
            return pending.extra().links.push(opentelemetry::trace::Link::with_context(linked));
        }
        if let Some(cx) = self.started(id, &shared, |_| ()) {
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
        let noted = thread_spans::take_noted(self.id, &id);
        let Some(shared) = noted.or_else(|| Self::find(&id, &layers)) else { return };
        self.end(&id, &shared);
        thread_spans::keep(shared);
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
