//! The place where a `tracing` span was created, and the tracer that was ambient there.
//!
//! tracing-opentelemetry starts a span later: when it is first entered, used as a parent, or
//! closed, on any thread. Until then it keeps a builder and a context. The context names no tracer
//! if it has no frame (`parent: None`, `set_parent`). Therefore the builder carries the origin, as
//! an attribute that is removed before the span starts.
//!
//! The mark is always the first attribute of a builder, and only the first attribute is read. A
//! field of the same name comes later, and stays a plain attribute.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::trace::SpanBuilder;
use opentelemetry::{Context, KeyValue, Value};

use crate::export::is_export_thread;
use crate::registry::{Registry, WeakRegistry};
use crate::tracer::{Frame, NameId, Tracer, TracerId};

/// The place where a span was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// An export thread. The span never starts.
    Export,
    /// A place without an ambient tracer.
    Plain,
    /// A place where a tracer was ambient: the number of its registry, and its name.
    Ambient(u64, NameId),
}

const KEY: &str = "multitracer.origin";

/// Initial attribute capacity; tracing-opentelemetry adds about as many attributes itself.
const ATTRIBUTE_CAPACITY: usize = 16;

/// Registries in which spans were created, except the installed one.
static REGISTRIES: Mutex<Vec<(u64, WeakRegistry)>> = Mutex::new(Vec::new());

thread_local! {
    /// The number of the registry that this thread added last.
    static LAST_REMEMBERED: Cell<u64> = const { Cell::new(0) };
}

/// Adds the origin of a new span to `builder`.
pub(super) fn mark(builder: &mut SpanBuilder) {
    let mut attributes = Vec::with_capacity(ATTRIBUTE_CAPACITY);
    attributes.push(KeyValue::new(KEY, here()));
    builder.attributes = Some(attributes);
}

/// Returns the current place: the number of the ambient tracer, or `true` on an export thread.
fn here() -> Value {
    if is_export_thread() {
        return Value::Bool(true);
    }
    let ambient = Context::map_current(|cx| {
        Frame::of(cx).map(|frame| {
            remember(frame.tracer().registry());
            frame.tracer().core().id()
        })
    });
    ambient.map_or(Value::Bool(false), |id| Value::I64(id.to_bits()))
}

/// Removes the origin that [`mark`] added, and returns it.
pub(super) fn take(builder: &mut SpanBuilder) -> Origin {
    let mark = match builder.attributes.as_mut() {
        Some(attributes) if attributes.first().is_some_and(|first| first.key.as_str() == KEY) => {
            attributes.remove(0)
        }
        _ => return Origin::Plain,
    };
    match mark.value {
        Value::I64(bits) => {
            let (registry, name) = TracerId::from_bits(bits);
            Origin::Ambient(registry, name)
        }
        Value::Bool(true) => Origin::Export,
        _ => Origin::Plain,
    }
}

/// Returns the tracer that was ambient at the origin.
///
/// If a reload removed its name, the rule for unknown names decides. If its registry no longer
/// exists, there is none.
pub(super) fn find(registry: u64, name: NameId) -> Option<Tracer> {
    let registry = match Registry::installed() {
        Some(installed) if installed.set().default_id().registry == registry => installed.clone(),
        _ => lock_registries().iter().find(|(of, _)| *of == registry)?.1.upgrade()?,
    };
    let known = registry.set().roster().by_id(name).map(Arc::clone);
    let core = match known {
        Some(core) => core,
        None => registry.set().by_id(name, name.name()?, &"a span of `tracing`")?,
    };
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
