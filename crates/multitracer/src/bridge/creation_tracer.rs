//! The place where a `tracing` span was created, and the tracer that was ambient there.
//!
//! A span starts later: when it is first entered, used as a parent, or closed, on any thread. The
//! context of its parent names no tracer if it has no frame (`parent: None`, `set_parent`).

use std::sync::Arc;

use opentelemetry::Context;

use crate::export::is_export_thread;
use crate::registry::Registry;
use crate::tracer::{NameId, Tracer, with_current};

/// The place where a span was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// An export thread. The span never starts.
    Export,
    /// The place of the context that the span was created in, which is its parent's context.
    Context,
    /// A place without an ambient tracer.
    Plain,
    /// A place where a tracer was ambient: the number of its registry, and its name.
    Ambient(u64, NameId),
    /// A silent place, with the tracer of its context.
    Silent(u64, NameId),
}

impl Origin {
    /// Returns the origin of a span that is created here, in the current context.
    pub(super) fn here() -> Self {
        if is_export_thread() { Self::Export } else { with_current(Self::of).unwrap_or(Self::Plain) }
    }

    /// Returns the origin of a span that was created in `cx`.
    pub(super) fn of(cx: &Context) -> Self {
        match Tracer::known_id(cx) {
            Some((id, true)) => Self::Silent(id.registry, id.name),
            Some((id, false)) => Self::Ambient(id.registry, id.name),
            None => Self::Plain,
        }
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
