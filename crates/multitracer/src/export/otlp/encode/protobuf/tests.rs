//! A comparison with the encoder of `opentelemetry-proto`, which builds messages.

use std::borrow::Cow;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{TraceFlags, TraceId, TraceState};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use prost::Message as _;

use super::*;

fn values() -> impl Strategy<Value = Value> {
    let text = || prop_oneof![".{0,8}", "x{120,140}", "x{16380,16390}"];
    prop_oneof![
        text().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::F64(0.0)),
        any::<i32>().prop_map(|value| Value::F64(f64::from(value) / 3.0)),
        vec(any::<bool>(), 0..4).prop_map(|values| Value::Array(values.into())),
        vec(any::<i64>(), 0..4).prop_map(|values| Value::Array(values.into())),
        vec(any::<i32>(), 0..4)
            .prop_map(|values| Value::Array(values.into_iter().map(f64::from).collect::<Vec<_>>().into())),
        vec(".{0,8}", 0..4)
            .prop_map(|values| { Value::Array(Array::String(values.into_iter().map(Into::into).collect())) }),
    ]
}

fn some_attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec(("[a-z.]{0,6}", values()).prop_map(|(key, value)| KeyValue::new(key, value)), 0..4)
}

fn contexts() -> impl Strategy<Value = SpanContext> {
    let state = prop_oneof![Just(""), Just("vendor=value"), Just("a=1,b=2")];
    (any::<u128>(), any::<u64>(), any::<u8>(), any::<bool>(), state).prop_map(
        |(trace, span, flags, remote, state)| {
            let state = state.parse().unwrap_or_else(|_| TraceState::default());
            SpanContext::new(TraceId::from(trace), SpanId::from(span), TraceFlags::new(flags), remote, state)
        },
    )
}

fn times() -> impl Strategy<Value = SystemTime> {
    prop_oneof![Just(0), any::<u32>().prop_map(u64::from), Just(1_700_000_000_123_456_789)]
        .prop_map(|nanos| UNIX_EPOCH + Duration::from_nanos(nanos))
}

fn events() -> impl Strategy<Value = SpanEvents> {
    let event = (".{0,4}", times(), some_attributes(), any::<u8>())
        .prop_map(|(name, time, attributes, dropped)| Event::new(name, time, attributes, dropped.into()));
    (vec(event, 0..3), any::<u8>()).prop_map(|(events, dropped)| {
        let mut all = SpanEvents::default();
        (all.events, all.dropped_count) = (events, dropped.into());
        all
    })
}

fn links() -> impl Strategy<Value = SpanLinks> {
    let link = (contexts(), some_attributes(), any::<u8>())
        .prop_map(|(context, attributes, dropped)| Link::new(context, attributes, dropped.into()));
    (vec(link, 0..3), any::<u8>()).prop_map(|(links, dropped)| {
        let mut all = SpanLinks::default();
        (all.links, all.dropped_count) = (links, dropped.into());
        all
    })
}

fn some_scopes() -> impl Strategy<Value = InstrumentationScope> {
    prop_oneof![
        Just(InstrumentationScope::default()),
        Just(InstrumentationScope::builder("multitracer").with_version("1.2.3").build()),
        Just(
            InstrumentationScope::builder("other")
                .with_schema_url("https://example.com/schema")
                .with_attributes([KeyValue::new("a", 1)])
                .build()
        ),
    ]
}

fn spans() -> impl Strategy<Value = SpanData> {
    let kind = prop_oneof![
        Just(SpanKind::Internal),
        Just(SpanKind::Server),
        Just(SpanKind::Client),
        Just(SpanKind::Producer),
        Just(SpanKind::Consumer),
    ];
    let status = prop_oneof![
        Just(Status::Unset),
        Just(Status::Ok),
        ".{0,6}".prop_map(|text| Status::Error { description: text.into() })
    ];
    let parent = (prop_oneof![Just(0), any::<u64>()], any::<bool>());
    let rest = (some_attributes(), any::<u16>(), events(), links(), status, some_scopes());
    (contexts(), parent, kind, ".{0,8}", times(), times(), rest).prop_map(
        |(span_context, (parent, remote), span_kind, name, start_time, end_time, rest)| {
            let (attributes, dropped, events, links, status, instrumentation_scope) = rest;
            SpanData {
                span_context,
                parent_span_id: SpanId::from(parent),
                parent_span_is_remote: remote,
                span_kind,
                name: Cow::Owned(name),
                start_time,
                end_time,
                attributes,
                dropped_attributes_count: dropped.into(),
                events,
                links,
                status,
                instrumentation_scope,
            }
        },
    )
}

fn ended(batch: &[SpanData]) -> Batch {
    batch.iter().cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn matches_the_encoding_of_the_official_messages(batch in vec(spans(), 0..5), named in ".{0,8}") {
        for url in [None, Some("https://example.com/resource")] {
            let described = Resource::builder_empty().with_attribute(KeyValue::new("service.name", named.clone()));
            let described = match url {
                Some(url) => described.with_schema_url([KeyValue::new("a", true)], url).build(),
                None => described.build(),
            };
            let mut ours = Vec::new();
            request(&mut ours, &resource(&described), url.unwrap_or_default(), &ended(&batch));
            let by = ResourceAttributesWithSchema::from(&described);
            let theirs = ExportTraceServiceRequest { resource_spans: group_spans_by_resource_and_scope(batch.clone(), &by) };
            let found = ExportTraceServiceRequest::decode(&*ours);
            assert_eq!(found.as_ref(), Ok(&theirs));
            assert_eq!(ours, theirs.encode_to_vec(), "byte by byte");
        }
    }
}
