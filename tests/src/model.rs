//! The requests and spans that a receiver records.

use std::collections::BTreeMap;
use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;

/// The protocol and encoding of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OTLP over HTTP, encoded as protobuf.
    HttpProtobuf,
    /// OTLP over HTTP, encoded as JSON.
    HttpJson,
    /// OTLP over gRPC.
    Grpc,
}

/// One request, taken or refused.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// The protocol and encoding.
    pub protocol: Protocol,
    /// The URL's path.
    pub path: String,
    /// The HTTP headers or gRPC metadata, with names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The number of spans in the request; 0 if the receiver refused it.
    pub spans: usize,
    /// The HTTP status or the gRPC code of the response.
    pub status: u16,
}

/// One span, and the request and resource that it arrived with.
#[derive(Clone, Debug)]
pub struct ReceivedSpan {
    /// The index of its request in [`Receiver::requests`](crate::Receiver::requests).
    pub request: usize,
    /// The attributes of the resource, as text.
    pub resource: BTreeMap<String, String>,
    /// The name of the instrumentation scope.
    pub scope: String,
    /// The resource and the instrumentation scope, with every field.
    pub origin: Arc<Origin>,
    /// The span, as the protocol defines it.
    pub span: Span,
}

/// The resource and the instrumentation scope of spans, as the protocol defines them.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The resource.
    pub resource: Option<Resource>,
    /// The schema URL of the resource.
    pub resource_schema_url: String,
    /// The instrumentation scope.
    pub scope: Option<InstrumentationScope>,
    /// The schema URL of the instrumentation scope.
    pub scope_schema_url: String,
}

impl ReceivedSpan {
    /// Returns the resource attribute `project.name`; an empty text if it is absent.
    #[must_use]
    pub fn project(&self) -> &str {
        self.resource.get("project.name").map_or("", String::as_str)
    }

    /// Returns the name of the span.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.span.name
    }

    /// Returns a span attribute as text, or `None` if the span has no such attribute.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<String> {
        self.span.attributes.iter().find(|attribute| attribute.key == key).map(text)
    }

    /// Returns the trace id in hexadecimal.
    #[must_use]
    pub fn trace_id(&self) -> String {
        hex(&self.span.trace_id)
    }

    /// Returns the span id in hexadecimal.
    #[must_use]
    pub fn span_id(&self) -> String {
        hex(&self.span.span_id)
    }

    /// Returns the parent's span id in hexadecimal; an empty text for a root.
    #[must_use]
    pub fn parent_id(&self) -> String {
        hex(&self.span.parent_span_id)
    }

    /// Returns `true` if the status of the span is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.span.status.as_ref().is_some_and(|status| status.code == 2)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the value of an attribute as text; an array reads `[a, b]`.
pub(crate) fn text(attribute: &KeyValue) -> String {
    attribute.value.as_ref().map_or_else(String::new, value_text)
}

fn value_text(value: &AnyValue) -> String {
    match &value.value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::BoolValue(value)) => value.to_string(),
        Some(Value::IntValue(value)) => value.to_string(),
        Some(Value::DoubleValue(value)) => value.to_string(),
        Some(Value::ArrayValue(values)) => {
            format!("[{}]", values.values.iter().map(value_text).collect::<Vec<_>>().join(", "))
        }
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

/// Returns the spans of the message that the request with index `request` carried.
pub(crate) fn spans(request: usize, message: ExportTraceServiceRequest) -> Vec<ReceivedSpan> {
    let mut spans = Vec::new();
    for resource_spans in message.resource_spans {
        let resource: BTreeMap<String, String> = resource_spans
            .resource
            .iter()
            .flat_map(|resource| &resource.attributes)
            .map(|attribute| (attribute.key.clone(), text(attribute)))
            .collect();
        for scope_spans in resource_spans.scope_spans {
            let scope = scope_spans.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default();
            let origin = Arc::new(Origin {
                resource: resource_spans.resource.clone(),
                resource_schema_url: resource_spans.schema_url.clone(),
                scope: scope_spans.scope,
                scope_schema_url: scope_spans.schema_url,
            });
            spans.extend(scope_spans.spans.into_iter().map(|span| ReceivedSpan {
                request,
                resource: resource.clone(),
                scope: scope.clone(),
                origin: Arc::clone(&origin),
                span,
            }));
        }
    }
    spans
}
