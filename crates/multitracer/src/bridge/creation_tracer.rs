//! The tracer that was ambient where a `tracing` span was created.
//!
//! tracing-opentelemetry starts its span later: when it is entered, used as a parent or closed, on whatever thread. What it
//! keeps till then is a context, which says the tracer unless it is one without a frame (`parent: None`, `set_parent`), and a
//! builder. So the tracer's number rides on the builder, as an attribute that is taken off before the span starts.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::SpanBuilder;
use opentelemetry::{Context, KeyValue, Value};

use crate::registry::{Registry, WeakRegistry};
use crate::tracer::{Frame, NameId, Tracer, TracerId};

const KEY: &str = "multitracer.origin";

/// About as many attributes as tracing-opentelemetry adds itself, so that one allocation does for all.
const ROOM: usize = 16;

/// Registries that spans were created in, other than the installed one.
static ENTERED: Mutex<Vec<(u64, WeakRegistry)>> = Mutex::new(Vec::new());

thread_local! {
    /// The one that this thread put there last.
    static LAST: Cell<u64> = const { Cell::new(0) };
}

/// Puts the ambient tracer on `builder`, if there is one.
pub(super) fn mark(builder: &mut SpanBuilder) {
    let Some(id) = Context::map_current(|cx| {
        Frame::of(cx).map(|frame| {
            remember(frame.tracer().registry());
            frame.tracer().core().id()
        })
    }) else {
        return;
    };
    let mut attributes = Vec::with_capacity(ROOM);
    attributes.push(KeyValue::new(KEY, id.to_bits()));
    builder.attributes = Some(attributes);
}

/// Takes it off again. Gives nothing where there was none, or where its registry is no more.
pub(super) fn take(builder: &mut SpanBuilder) -> Option<(u64, NameId)> {
    let attributes = builder.attributes.as_mut()?;
    let at = attributes.iter().position(|attribute| attribute.key.as_str() == KEY)?;
    match attributes.remove(at).value {
        Value::I64(bits) => Some(TracerId::from_bits(bits)),
        _ => None,
    }
}

/// The tracer of that number.
pub(super) fn find((id, name): (u64, NameId)) -> Option<Tracer> {
    let registry = match Registry::installed() {
        Some(installed) if installed.set().default_id().registry == id => installed.clone(),
        _ => entered().iter().find(|(of, _)| *of == id)?.1.upgrade()?,
    };
    let core = Arc::clone(registry.set().roster().by_id(name)?);
    Some(Tracer::new(core, &registry))
}

fn remember(registry: &Registry) {
    let id = registry.set().default_id().registry;
    if registry.set().is_installed() || LAST.get() == id {
        return;
    }
    let mut entered = entered();
    if !entered.iter().any(|(of, _)| *of == id) {
        entered.retain(|(_, registry)| registry.is_alive());
        entered.push((id, registry.downgrade()));
    }
    LAST.set(id);
}

fn entered() -> MutexGuard<'static, Vec<(u64, WeakRegistry)>> {
    ENTERED.lock().unwrap_or_else(PoisonError::into_inner)
}
