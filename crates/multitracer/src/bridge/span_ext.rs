//! The support of tracing-opentelemetry's `OpenTelemetrySpanExt`.
//!
//! That interface asks the subscriber for the layer of tracing-opentelemetry, and changes the data
//! which that layer keeps for a span. Few spans need it. Such a span gets a shadow: a span of a
//! private registry under a layer of tracing-opentelemetry. A shadow collects the changes until the
//! span starts. Later it forwards them to the span.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use opentelemetry::trace::{
    Event, Link, Span, SpanBuilder, SpanContext, Status, TraceContextExt as _, Tracer,
};
use opentelemetry::{Context, KeyValue};
use tracing::dispatcher::{self, WeakDispatch};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Metadata, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, get_otel_context};
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::Layered;
use tracing_subscriber::registry::{Data, LookupSpan, Registry};

/// The subscriber of the shadows.
pub(super) type ShadowSubscriber = Layered<OpenTelemetryLayer<Shadows, ShadowTracer>, Shadows>;

/// The functions of the layer that shadows call. They know the type of the subscriber.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpanAccess {
    /// Notes that a span has a shadow. Returns its metadata and its state.
    pub(super) add_shadow: fn(&Dispatch, &Id) -> Option<(&'static Metadata<'static>, Shadowed)>,
    /// Makes the changes that the shadow of a span collected.
    pub(super) change: fn(&Dispatch, &Id, SpanChanges),
    /// Starts a span. Returns its context.
    pub(super) start: fn(&Dispatch, &Id) -> Option<Context>,
}

/// The state of a span that gets a shadow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shadowed {
    Pending,
    Started,
    /// A span that the layer does not know, or that has ended.
    Unknown,
}

/// The changes of a span before its start.
#[derive(Debug)]
pub(super) struct SpanChanges {
    /// The new parent, if there is one.
    pub(super) parent: Option<Context>,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) links: Vec<Link>,
    pub(super) events: Vec<Event>,
    /// The new status. `Unset` changes nothing.
    pub(super) status: Status,
}

/// The way from a shadow to its span.
#[derive(Clone, Debug)]
struct SpanSource {
    dispatch: Arc<OnceLock<WeakDispatch>>,
    access: SpanAccess,
}

/// The spans that have a shadow.
#[derive(Debug)]
pub(super) struct Shadows {
    registry: Registry,
    /// The shadow of each span.
    ids: Mutex<HashMap<u64, Id>>,
    /// The shadow of all spans that the layer does not know. It takes no changes.
    blank: OnceLock<Id>,
    source: SpanSource,
}

/// The tracer of the shadows.
#[derive(Debug)]
pub(super) struct ShadowTracer(SpanSource);

/// The parent of a span, as long as nobody changes it.
struct Unchanged(u64);

thread_local! {
    /// `true` while the changes of a shadow are collected, and its span does not start.
    static IS_COLLECTING: Cell<bool> = const { Cell::new(false) };
    /// `true` while an id is that of a shadow, and not that of its span.
    static IS_DIRECT: Cell<bool> = const { Cell::new(false) };
    /// The span that this thread looked for last.
    static LAST: Cell<u64> = const { Cell::new(0) };
}

/// Creates the subscriber of the shadows.
pub(super) fn shadow_subscriber(access: SpanAccess) -> ShadowSubscriber {
    let source = SpanSource { dispatch: Arc::default(), access };
    let shadows = Shadows {
        registry: Registry::default(),
        ids: Mutex::default(),
        blank: OnceLock::new(),
        source: source.clone(),
    };
    OpenTelemetryLayer::new(ShadowTracer(source))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_subscriber(shadows)
}

impl SpanSource {
    /// Returns the subscriber of the spans. A layer inside of an `Option` or a `Vec` learns of none
    /// at first; then it is the current one.
    fn dispatch(&self) -> Option<Dispatch> {
        match self.dispatch.get() {
            Some(dispatch) => dispatch.upgrade(),
            None => Some(dispatcher::get_default(Dispatch::clone)),
        }
    }
}

impl Shadows {
    /// Sets the subscriber of the spans.
    pub(super) fn set_dispatch(&self, dispatch: &Dispatch) {
        // a subscriber has one dispatch
        let _ = self.source.dispatch.set(dispatch.downgrade());
    }

    /// Makes the changes that the shadow of a span has collected. The span has no shadow then.
    pub(super) fn collect(&self, id: &Id) {
        let Some(dispatch) = self.source.dispatch() else { return };
        let outer = IS_COLLECTING.replace(true);
        drop(get_otel_context(id, &dispatch));
        IS_COLLECTING.set(outer);
        if let Some(subscriber) = dispatch.downcast_ref() {
            close(subscriber, id);
        }
    }

    fn ids(&self) -> MutexGuard<'_, HashMap<u64, Id>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the shadow of a span, which is made if there is none.
    fn shadow_of(&self, id: &Id) -> Option<Id> {
        if let Some(shadow) = self.ids().get(&id.into_u64()) {
            return Some(shadow.clone());
        }
        let dispatch = self.source.dispatch()?;
        let subscriber = dispatch.downcast_ref::<ShadowSubscriber>()?;
        if !subscriber.downcast_ref().is_some_and(|found| std::ptr::eq(self, found)) {
            return None;
        }
        // inside of the functions of `tracing`, there is no current subscriber
        self.set_dispatch(&dispatch);
        let (metadata, shadowed) = (self.source.access.add_shadow)(&dispatch, id)?;
        let fields = metadata.fields();
        let values = fields.value_set(&[]);
        let attributes = Attributes::new(metadata, &values);
        if shadowed == Shadowed::Unknown {
            return Some(self.blank.get_or_init(|| self.registry.new_span(&attributes)).clone());
        }
        let shadow = directly(|| {
            let parent = Context::new().with_value(Unchanged(id.into_u64()));
            let _attached = parent.attach();
            let shadow = subscriber.new_span(&attributes);
            if shadowed == Shadowed::Started {
                subscriber.enter(&shadow);
                subscriber.exit(&shadow);
            }
            shadow
        });
        Some(self.ids().entry(id.into_u64()).or_insert(shadow).clone())
    }
}

/// Ends the shadow of a span, which has ended.
pub(super) fn close(subscriber: &ShadowSubscriber, id: &Id) {
    let Some(shadows) = subscriber.downcast_ref::<Shadows>() else { return };
    let shadow = shadows.ids().remove(&id.into_u64());
    if let Some(shadow) = shadow {
        directly(|| subscriber.try_close(shadow));
    }
}

/// Calls `f`, inside of which ids are those of shadows.
fn directly<R>(f: impl FnOnce() -> R) -> R {
    let outer = IS_DIRECT.replace(true);
    let result = f();
    IS_DIRECT.set(outer);
    result
}

impl<'a> LookupSpan<'a> for Shadows {
    type Data = Data<'a>;

    fn span_data(&'a self, id: &Id) -> Option<Data<'a>> {
        if IS_DIRECT.get() {
            return self.registry.span_data(id);
        }
        LAST.set(id.into_u64());
        let shadow = self.shadow_of(id)?;
        // a span that started meanwhile may have used other spans
        LAST.set(id.into_u64());
        self.registry.span_data(&shadow)
    }
}

impl Subscriber for Shadows {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.registry.new_span(span)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, _event: &tracing::Event<'_>) {}

    fn enter(&self, span: &Id) {
        self.registry.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.registry.exit(span);
    }

    fn try_close(&self, span: Id) -> bool {
        self.registry.try_close(span)
    }
}

impl Tracer for ShadowTracer {
    type Span = ForwardingSpan;

    fn build_with_context(&self, builder: SpanBuilder, cx: &Context) -> ForwardingSpan {
        let id = LAST.get();
        let is_unchanged = cx.get::<Unchanged>().is_some_and(|of| of.0 == id);
        let changes = SpanChanges {
            parent: (!is_unchanged).then(|| cx.clone()),
            attributes: builder.attributes.unwrap_or_default(),
            links: builder.links.unwrap_or_default(),
            events: builder.events.unwrap_or_default(),
            status: Status::Unset,
        };
        ForwardingSpan {
            source: self.0.clone(),
            id,
            changes: Mutex::new(Some(changes)),
            started: OnceLock::new(),
        }
    }
}

/// The span that tracing-opentelemetry keeps for a shadow. It forwards all calls.
///
/// tracing-opentelemetry first sets the status, which belongs to the changes. Therefore the span
/// starts at the first call.
#[derive(Debug)]
pub(super) struct ForwardingSpan {
    source: SpanSource,
    id: u64,
    changes: Mutex<Option<SpanChanges>>,
    started: OnceLock<StartedSpan>,
}

/// The span that a shadow belongs to.
#[derive(Debug)]
struct StartedSpan {
    cx: Context,
    context: SpanContext,
}

impl ForwardingSpan {
    fn started(&self) -> &StartedSpan {
        self.started.get_or_init(|| {
            let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner).take();
            let direct = IS_DIRECT.replace(false);
            let started = self.source.dispatch().zip(changes).and_then(|(dispatch, changes)| {
                let id = Id::from_u64(self.id);
                (self.source.access.change)(&dispatch, &id, changes);
                if IS_COLLECTING.get() { None } else { (self.source.access.start)(&dispatch, &id) }
            });
            IS_DIRECT.set(direct);
            let cx = started.unwrap_or_default();
            let context = cx.span().span_context().clone();
            StartedSpan { cx, context }
        })
    }
}

impl Span for ForwardingSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        self.started().cx.span().add_event_with_timestamp(name, timestamp, attributes);
    }

    fn span_context(&self) -> &SpanContext {
        &self.started().context
    }

    fn is_recording(&self) -> bool {
        self.started().cx.span().is_recording()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        self.started().cx.span().set_attribute(attribute);
    }

    fn set_status(&mut self, status: Status) {
        if self.started.get().is_none()
            && let Some(changes) = self.changes.get_mut().unwrap_or_else(PoisonError::into_inner)
        {
            changes.status = status;
            self.started();
            return;
        }
        self.started().cx.span().set_status(status);
    }

    fn update_name<T>(&mut self, name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        self.started().cx.span().update_name(name);
    }

    fn add_link(&mut self, linked: SpanContext, attributes: Vec<KeyValue>) {
        self.started().cx.span().add_link(linked, attributes);
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.started().cx.span().end_with_timestamp(timestamp);
    }
}
