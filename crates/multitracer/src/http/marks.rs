//! The marks of requests that have a span, so that an inner layer does not start another.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::Extensions;

use crate::registry::Registry;

/// The number of services that layers made. Clones of a service do not count.
static SERVICES: AtomicUsize = AtomicUsize::new(0);

/// A mark of a registry.
#[derive(Clone)]
struct SpanOpened(Registry);

/// A mark of the installed registry. It has no data, so that it needs no memory of its own.
#[derive(Clone, Copy)]
struct SpanOpenedByInstalled;

/// Counts a service that a layer makes.
pub(super) fn add_service() {
    SERVICES.fetch_add(1, Ordering::Relaxed);
}

/// Marks a request. Returns `false` if a layer of `registry` has marked it before.
///
/// A request of the only service passes one layer, and needs no mark: the first extension of a
/// request allocates.
pub(super) fn mark(extensions: &mut Extensions, registry: &Registry) -> bool {
    if SERVICES.load(Ordering::Relaxed) == 1 {
        return true;
    }
    if registry.is_installed() {
        return extensions.insert(SpanOpenedByInstalled).is_none();
    }
    let is_new = extensions.get().is_none_or(|SpanOpened(other)| !other.ptr_eq(registry));
    if is_new {
        extensions.insert(SpanOpened(registry.clone()));
    }
    is_new
}

/// Removes the marks of a request that is sent to another server.
pub(super) fn forget_marks(extensions: &mut Extensions) {
    extensions.remove::<SpanOpened>();
    extensions.remove::<SpanOpenedByInstalled>();
}
