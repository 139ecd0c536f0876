//! The place where a `tracing` span was created, and the tracer that was ambient there.
//!
//! tracing-opentelemetry starts a span later: when it is first entered, used as a parent, or
//! closed, on any thread. Until then it keeps a builder and a context. The context names no tracer
//! if it has no frame (`parent: None`, `set_parent`). Therefore the builder carries the origin, as
//! an attribute that is removed before the span starts.
//!
//! The mark is always the first attribute of a builder, and only the first attribute is read. A
//! field of the same name comes later, and stays a plain attribute.

use std::sync::Arc;

use opentelemetry::trace::SpanBuilder;
use opentelemetry::{KeyValue, Value};

use crate::export::is_export_thread;
use crate::registry::Registry;
use crate::tracer::{NameId, Tracer, TracerId, with_current};

/// The place where a span was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// An export thread. The span never starts.
    Export,
    /// A place without an ambient tracer.
    Plain,
    /// A place where a tracer was ambient: the number of its registry, and its name.
    Ambient(u64, NameId),
    /// A silent place, with the tracer of its context.
    Silent(u64, NameId),
}

const KEY: &str = "multitracer.origin";

/// Initial attribute capacity; tracing-opentelemetry adds about as many attributes itself.
const ATTRIBUTE_CAPACITY: usize = 16;

/// Adds the origin of a new span to `builder`.
pub(super) fn mark(builder: &mut SpanBuilder) {
    let mut attributes = Vec::with_capacity(ATTRIBUTE_CAPACITY);
    attributes.push(KeyValue::new(KEY, here()));
    builder.attributes = Some(attributes);
}

/// Returns the current place: the number of the ambient tracer, or `true` on an export thread. The
/// complement of a number stands for a silent place.
fn here() -> Value {
    if is_export_thread() {
        return Value::Bool(true);
    }
    match with_current(Tracer::known_id).flatten() {
        Some((id, is_silent)) => Value::I64(if is_silent { !id.to_bits() } else { id.to_bits() }),
        None => Value::Bool(false),
    }
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
        Value::I64(bits) if bits < 0 => {
            let (registry, name) = TracerId::from_bits(!bits);
            Origin::Silent(registry, name)
        }
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
    let registry = Registry::with_id(registry)?;
    let known = registry.set().roster().by_id(name).map(Arc::clone);
    let core = match known {
        Some(core) => core,
        None => registry.set().by_id(name, name.name()?, &"a span of `tracing`")?,
    };
    Some(Tracer::new(core, &registry))
}
