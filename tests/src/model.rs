//! What a receiver records.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OTLP over HTTP, protobuf.
    HttpProtobuf,
    /// OTLP over HTTP, JSON.
    HttpJson,
    /// OTLP over gRPC.
    Grpc,
}

/// One request, refused ones included.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// How it came.
    pub protocol: Protocol,
    /// The URL's path.
    pub path: String,
    /// Headers or metadata, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Spans in it.
    pub spans: usize,
    /// The HTTP status, or the gRPC code, that it was answered with.
    pub status: u16,
}

/// One span, as it arrived.
#[derive(Clone, Debug)]
pub struct ReceivedSpan {
    /// The request that brought it, as an index into the receiver's requests.
    pub request: usize,
    /// The resource's attributes, as text.
    pub resource: BTreeMap<String, String>,
    /// The instrumentation scope's name.
    pub scope: String,
    /// The span itself.
    pub span: Span,
}

impl ReceivedSpan {
    /// The resource attribute `project.name`.
    #[must_use]
    pub fn project(&self) -> &str {
        self.resource.get("project.name").map_or("", String::as_str)
    }

    /// The span's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.span.name
    }

    /// A span attribute, as text.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<String> {
        self.span.attributes.iter().find(|attribute| attribute.key == key).map(text)
    }

    /// In hexadecimal.
    #[must_use]
    pub fn trace_id(&self) -> String {
        hex(&self.span.trace_id)
    }

    /// In hexadecimal.
    #[must_use]
    pub fn span_id(&self) -> String {
        hex(&self.span.span_id)
    }

    /// In hexadecimal; empty for a root.
    #[must_use]
    pub fn parent_id(&self) -> String {
        hex(&self.span.parent_span_id)
    }

    /// Whether its status is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.span.status.as_ref().is_some_and(|status| status.code == 2)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

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

/// The spans of a request.
pub(crate) fn spans(request: usize, message: ExportTraceServiceRequest) -> Vec<ReceivedSpan> {
    let mut spans = Vec::new();
    for of_resource in message.resource_spans {
        let resource: BTreeMap<String, String> = of_resource
            .resource
            .iter()
            .flat_map(|resource| &resource.attributes)
            .map(|attribute| (attribute.key.clone(), text(attribute)))
            .collect();
        for of_scope in of_resource.scope_spans {
            let scope = of_scope.scope.map(|scope| scope.name).unwrap_or_default();
            spans.extend(of_scope.spans.into_iter().map(|span| ReceivedSpan {
                request,
                resource: resource.clone(),
                scope: scope.clone(),
                span,
            }));
        }
    }
    spans
}
