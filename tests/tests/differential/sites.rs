//! Traced functions, and what their spans record without the body's help.

use std::any::type_name;
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::task::{Context, Waker};

use multitracer::manual::SpanBuilder;
use multitracer::testing::TestRegistry;
use multitracer::{span, traced};
use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;

/// A traced function.
pub(crate) struct Site {
    pub(crate) function: fn(&mut dyn FnMut()),
    pub(crate) name: &'static str,
    pub(crate) kind: SpanKind,
    /// The attributes of the place in the source.
    pub(crate) code: Vec<KeyValue>,
    /// The attributes that follow.
    pub(crate) fields: Vec<KeyValue>,
    pub(crate) ending: Ending,
}

/// The record of a function's result, at the end of its span.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ending {
    Nothing,
    Returned(i64),
    Failed(&'static str),
}

#[derive(Debug)]
struct Refused;

/// The number of [`sites`].
pub(crate) const SITES: usize = 13;

pub(crate) fn sites() -> &'static [Site] {
    static LIST: OnceLock<Vec<Site>> = OnceLock::new();
    LIST.get_or_init(new_sites)
}

fn new_sites() -> Vec<Site> {
    let site = |function: fn(&mut dyn FnMut()), name: &'static str, kind: SpanKind| {
        let mut code = attributes(|| function(&mut || {}));
        code.retain(|attribute| attribute.key.as_str().starts_with("code."));
        assert_eq!(code.len(), 3, "{code:?}");
        Site { function, name, kind, code, fields: Vec::new(), ending: Ending::Nothing }
    };
    let a_and_b = || vec![KeyValue::new("a", 1), KeyValue::new("b", "literal")];
    let failed = Ending::Failed(type_name::<Refused>());
    let list = vec![
        site(keep, "keep", SpanKind::Internal),
        site(drop_client, "drop", SpanKind::Client),
        site(record_producer, "record", SpanKind::Producer),
        site(state_consumer, "state", SpanKind::Consumer),
        Site { fields: a_and_b(), ..site(tag_with_fields, "tag", SpanKind::Server) },
        Site { fields: vec![KeyValue::new("b", 3)], ..site(keep_computed, "keep", SpanKind::Internal) },
        Site {
            ending: Ending::Returned(7),
            ..site(|body| assert_eq!(keep_result(body), 7), "keep", SpanKind::Internal)
        },
        Site {
            ending: failed.clone(),
            ..site(|body| assert!(record_error(body).is_err()), "record", SpanKind::Internal)
        },
        Site {
            fields: a_and_b(),
            ending: failed,
            ..site(|body| at_once(pin!(keep_async(body))), "keep", SpanKind::Internal)
        },
        Site { fields: a_and_b(), ..site(named_tracer, "state", SpanKind::Server) },
        Site { fields: a_and_b(), ..site(guard, "tag", SpanKind::Client) },
        Site {
            fields: a_and_b(),
            ..site(|body| with_arguments(1, "literal", body), "keep", SpanKind::Producer)
        },
        Site {
            fields: a_and_b(),
            ..site(|body| at_once(boxed(body).as_mut()), "record", SpanKind::Internal)
        },
    ];
    assert_eq!(list.len(), SITES);
    list
}

#[traced]
fn keep(body: &mut dyn FnMut()) {
    body();
}

#[traced(name = "drop", kind = "client")]
fn drop_client(body: &mut dyn FnMut()) {
    body();
}

#[traced(name = "record", kind = "producer")]
fn record_producer(body: &mut dyn FnMut()) {
    body();
}

#[traced(name = "state", kind = "consumer")]
fn state_consumer(body: &mut dyn FnMut()) {
    body();
}

#[traced(name = "tag", kind = "server", fields(a = 1, b = "literal"))]
fn tag_with_fields(body: &mut dyn FnMut()) {
    body();
}

#[traced(name = "keep", fields(b = "abc".len()))]
fn keep_computed(body: &mut dyn FnMut()) {
    body();
}

#[traced(name = "keep", ret)]
fn keep_result(body: &mut dyn FnMut()) -> i64 {
    body();
    7
}

#[traced(name = "record")]
fn record_error(body: &mut dyn FnMut()) -> Result<(), Refused> {
    body();
    Err(Refused)
}

#[traced(name = "keep", fields(a = 1, b = "literal"))]
async fn keep_async(body: &mut dyn FnMut()) -> Result<(), Refused> {
    body();
    Err(Refused)
}

/// Names the tracer that is ambient.
#[traced(name = "state", kind = "server", tracer = "t", fields(a = 1, b = "literal"))]
fn named_tracer(body: &mut dyn FnMut()) {
    body();
}

#[traced(name = "keep", kind = "producer", tracer = "t", args(a, b))]
fn with_arguments(a: i64, b: &str, body: &mut dyn FnMut()) {
    let _ = (a, b);
    body();
}

#[traced(name = "record", fields(a = 1, b = "literal"))]
fn boxed<'a>(body: &'a mut dyn FnMut()) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
    Box::pin(async move { body() })
}

fn guard(body: &mut dyn FnMut()) {
    let _span = span!("tag", kind = "client", fields(a = 1, b = "literal"));
    body();
}

/// Polls a future that never waits.
fn at_once<F: Future + ?Sized>(future: Pin<&mut F>) {
    assert!(future.poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

/// Returns the attributes of a span in a plain registry.
fn attributes(span: impl FnOnce()) -> Vec<KeyValue> {
    let registry = TestRegistry::new(["t"]);
    registry.scope(span);
    registry.spans("t").remove(0).attributes
}

/// Returns the attributes of a span of [`manual`].
pub(crate) fn manual_code() -> &'static [KeyValue] {
    static CODE: OnceLock<Vec<KeyValue>> = OnceLock::new();
    CODE.get_or_init(|| attributes(|| drop(manual("plain").start())))
}

/// Returns a builder, always from this place.
pub(crate) fn manual(name: &'static str) -> SpanBuilder {
    SpanBuilder::new(name)
}
