//! The access to the shadows from a subscriber, by their type. The only `unsafe` code.

use std::any::TypeId;
use std::sync::Arc;

use tracing::Subscriber;
use tracing_subscriber::Layer;

use super::span_ext::ShadowSubscriber;

/// A layer that does nothing but give access to the parts of the shadows' subscriber.
///
/// `OpenTelemetrySpanExt` looks for a private type of tracing-opentelemetry in the subscriber.
/// `Layer::downcast_raw` is the only way to answer, and implementing it is `unsafe`.
pub(super) struct ShadowAccess(Arc<ShadowSubscriber>);

impl ShadowAccess {
    pub(super) fn new(shadows: &Arc<ShadowSubscriber>) -> Self {
        Self(Arc::clone(shadows))
    }
}

impl<S: Subscriber> Layer<S> for ShadowAccess {
    // SAFETY: The caller may use a pointer as a reference to a value of the type `id`, for as long
    // as it borrows the layer. The subscriber of the shadows returns such a pointer by the same
    // contract, for a borrow of itself. It lives as long as this layer, which owns a reference
    // count of it, and it never moves. It hands out no `&mut`: the layer holds it by `Arc`, and
    // never calls `Arc::get_mut`.
    #[expect(unsafe_code, reason = "a layer has no other way to give access to a part of itself")]
    unsafe fn downcast_raw(&self, id: TypeId) -> Option<*const ()> {
        // SAFETY: by the contract of this function, which is that of the subscriber's
        unsafe { Subscriber::downcast_raw(&*self.0, id) }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
    use opentelemetry::{Context, KeyValue};
    use tracing::{Dispatch, info_span};
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::registry;

    use super::*;
    use crate::bridge::span_ext::Shadows;
    use crate::bridge::tracing_layer;

    /// Runs every function that uses a pointer of [`ShadowAccess`]. Run it with Miri too.
    #[test]
    fn span_ext_reaches_the_shadows() {
        let subscriber = Dispatch::new(registry().with(tracing_layer()));
        tracing::dispatcher::with_default(&subscriber, || {
            let span = info_span!("changed");
            let (trace, id) = (TraceId::from(1), SpanId::from(2));
            let remote = SpanContext::new(trace, id, TraceFlags::SAMPLED, true, TraceState::NONE);
            assert!(span.set_parent(Context::new().with_remote_span_context(remote.clone())).is_ok());
            span.set_attribute("key", 1);
            span.add_link_with_attributes(remote, vec![KeyValue::new("key", 2)]);
            span.add_event("event", Vec::new());
            assert_eq!(span.context().span().span_context().trace_id(), trace);
            assert!(span.set_parent(Context::new()).is_err());
            span.in_scope(|| span.set_attribute("key", 3));
        });
    }

    #[test]
    fn pointers_are_of_the_type_and_inside_of_the_layer() {
        let subscriber = Dispatch::new(registry().with(tracing_layer()));
        let found: Option<&Shadows> = subscriber.downcast_ref();
        let again: Option<&ShadowSubscriber> = subscriber.downcast_ref();
        let again = again.and_then(|again| again.downcast_ref::<Shadows>());
        assert!(found.zip(again).is_some_and(|(found, again)| std::ptr::eq(found, again)));
        assert!(subscriber.is::<registry::Registry>());
        assert!(!subscriber.is::<String>() && !subscriber.is::<Arc<ShadowSubscriber>>());
    }
}
