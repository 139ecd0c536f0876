//! The tracer that was ambient where a `tracing` span was created.
//!
//! tracing-opentelemetry starts a span later: when it is first entered, used as a parent, or
//! closed, on any thread. Until then it keeps a builder and a context. The context names no tracer
//! if it has no frame (`parent: None`, `set_parent`). Therefore the builder carries the tracer's
//! number, as an attribute that is removed before the span starts.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::SpanBuilder;
use opentelemetry::{Context, KeyValue, Value};

use crate::registry::{Registry, WeakRegistry};
use crate::tracer::{Frame, NameId, Tracer, TracerId};

const KEY: &str = "multitracer.origin";

/// Initial attribute capacity; tracing-opentelemetry adds about as many attributes itself.
const ATTRIBUTE_CAPACITY: usize = 16;

/// Registries in which spans were created, except the installed one.
static REGISTRIES: Mutex<Vec<(u64, WeakRegistry)>> = Mutex::new(Vec::new());

thread_local! {
    /// The number of the registry that this thread added last.
    static LAST_REMEMBERED: Cell<u64> = const { Cell::new(0) };
}

/// Adds the number of the ambient tracer to `builder`, if there is an ambient tracer.
pub(super) fn mark(builder: &mut SpanBuilder) {
    let Some(id) = Context::map_current(|cx| {
        Frame::of(cx).map(|frame| {
            remember(frame.tracer().registry());
            frame.tracer().core().id()
        })
    }) else {
        return;
    };
    let mut attributes = Vec::with_capacity(ATTRIBUTE_CAPACITY);
    attributes.push(KeyValue::new(KEY, id.to_bits()));
    builder.attributes = Some(attributes);
}

/// Removes the number that [`mark`] added and returns it, if there is one.
pub(super) fn take(builder: &mut SpanBuilder) -> Option<(u64, NameId)> {
    let attributes = builder.attributes.as_mut()?;
    let at = attributes.iter().position(|attribute| attribute.key.as_str() == KEY)?;
    match attributes.remove(at).value {
        Value::I64(bits) => Some(TracerId::from_bits(bits)),
        _ => None,
    }
}

/// Returns the tracer of a number, if its registry still exists.
pub(super) fn find((id, name): (u64, NameId)) -> Option<Tracer> {
    let registry = match Registry::installed() {
        Some(installed) if installed.set().default_id().registry == id => installed.clone(),
        _ => lock_registries().iter().find(|(of, _)| *of == id)?.1.upgrade()?,
    };
    let core = Arc::clone(registry.set().roster().by_id(name)?);
    Some(Tracer::new(core, &registry))
}

/// Adds a registry to [`REGISTRIES`], unless it is there or is the installed one.
fn remember(registry: &Registry) {
    let id = registry.set().default_id().registry;
    if registry.set().is_installed() || LAST_REMEMBERED.get() == id {
        return;
    }
    let mut registries = lock_registries();
    if !registries.iter().any(|(of, _)| *of == id) {
        registries.retain(|(_, registry)| registry.is_alive());
        registries.push((id, registry.downgrade()));
    }
    LAST_REMEMBERED.set(id);
}

fn lock_registries() -> MutexGuard<'static, Vec<(u64, WeakRegistry)>> {
    REGISTRIES.lock().unwrap_or_else(PoisonError::into_inner)
}
