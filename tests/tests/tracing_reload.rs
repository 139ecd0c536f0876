//! Spans of `tracing` that are open while a reload replaces the layer.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::thread;

use multitracer::testing::TestRegistry;
use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt as _};
use tracing::{Dispatch, Span, dispatcher, info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{registry, reload};

#[test]
fn an_entered_span_stays_open_while_the_layer_is_replaced() {
    let test = TestRegistry::new(["production"]);
    let (layer, handle) = reload::Layer::new(test.registry().tracing_layer());
    tracing::subscriber::with_default(registry().with(layer), || {
        let kept = info_span!("kept").entered();
        handle.reload(test.registry().tracing_layer()).unwrap();
        info!("an event");
        info_span!("child").in_scope(|| ());
        drop(kept);
        assert!(!Context::current().span().span_context().is_valid());
        info_span!("after").in_scope(|| ());
    });
    let [child, kept, after] = &test.spans("production")[..] else { unreachable!("three spans") };
    assert_eq!((&*child.name, &*kept.name, &*after.name), ("child", "kept", "after"));
    assert_eq!(child.parent_span_id, kept.span_context.span_id());
    assert_eq!((kept.events.len(), after.parent_span_id), (1, SpanId::INVALID));
}

/// Runs `work` on another thread, under the same subscriber.
fn elsewhere(work: impl FnOnce() + Send) {
    let dispatch = dispatcher::get_default(Dispatch::clone);
    thread::scope(|scope| {
        scope.spawn(|| dispatcher::with_default(&dispatch, work));
    });
}

#[test]
fn a_thread_takes_no_other_span_for_the_last_one_that_it_used() {
    let test = TestRegistry::new(["production"]);
    let spans = 40_000;
    tracing::subscriber::with_default(registry().with(test.registry().tracing_layer()), || {
        // the subscriber uses the ids of closed spans again; this thread remembers the last one
        let created = info_span!("created here");
        elsewhere(move || drop(created));
        let entered = info_span!("entered here");
        entered.in_scope(|| ());
        elsewhere(move || {
            entered.in_scope(|| ());
            drop(entered);
            for _ in 0..spans {
                info_span!("another").in_scope(|| drop(Span::current()));
            }
        });
        let both = info_span!("both");
        let _here = both.enter();
        elsewhere(|| both.in_scope(|| info!("an event")));
        info_span!("child").in_scope(|| ());
    });
    let all = test.spans("production");
    assert_eq!(all.len(), spans + 4);
    assert!(
        all.iter().filter(|span| &*span.name != "child").all(|span| span.parent_span_id == SpanId::INVALID)
    );
    let [.., child, both] = &all[..] else { unreachable!("two spans") };
    assert_eq!((child.parent_span_id, both.events.len()), (both.span_context.span_id(), 1));
}
