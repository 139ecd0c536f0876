//! The spans that arrived, from memory or from a receiver.

use multitracer_tests::ReceivedSpan;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::trace::SpanData;

/// One span that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The project: the tracer's name and the number of its build.
    pub(crate) project: String,
    /// `server` for the span of the layer.
    pub(crate) name: String,
    pub(crate) trace: u128,
    pub(crate) span: u64,
    /// The parent's span id; 0 for a root.
    pub(crate) parent: u64,
    pub(crate) links: Vec<(u128, u64)>,
    /// The request that the span says it belongs to.
    pub(crate) id: Option<u64>,
    pub(crate) visit: Option<String>,
    /// The request whose baggage was copied to the span.
    pub(crate) tenant: Option<u64>,
    /// The request and the visit of each event.
    pub(crate) events: Vec<(Option<u64>, String)>,
}

impl Seen {
    /// Returns the name of the span's tracer.
    pub(crate) fn tracer(&self) -> &str {
        self.project.split('.').next().unwrap_or_default()
    }

    /// Reads the attributes. A server span without a label has its number in the path.
    fn read_attributes(&mut self, is_server: bool, attributes: impl Iterator<Item = (String, String)>) {
        for (key, value) in attributes {
            match key.as_str() {
                "request.id" => self.id = value.parse().ok(),
                "visit" => self.visit = Some(value),
                "tenant" => self.tenant = value.strip_prefix('t').and_then(|number| number.parse().ok()),
                _ => {}
            }
        }
        if is_server {
            self.name = "server".to_owned();
        }
    }

    pub(crate) fn from_data(project: &str, data: &SpanData) -> Self {
        let mut seen = Self {
            project: project.to_owned(),
            name: data.name.to_string(),
            trace: u128::from_be_bytes(data.span_context.trace_id().to_bytes()),
            span: u64::from_be_bytes(data.span_context.span_id().to_bytes()),
            parent: u64::from_be_bytes(data.parent_span_id.to_bytes()),
            links: Vec::new(),
            id: None,
            visit: None,
            tenant: None,
            events: Vec::new(),
        };
        for event in data.events.iter().filter(|event| event.name != "feature_flag.evaluation") {
            let value = |key: &str| {
                let found = event.attributes.iter().find(|entry| entry.key.as_str() == key);
                found.map(|entry| entry.value.to_string())
            };
            let id = value("request.id").and_then(|id| id.parse().ok());
            seen.events.push((id, value("visit").unwrap_or_default()));
        }
        for link in data.links.iter() {
            let (trace, span) = (link.span_context.trace_id(), link.span_context.span_id());
            seen.links.push((u128::from_be_bytes(trace.to_bytes()), u64::from_be_bytes(span.to_bytes())));
        }
        let attributes = data.attributes.iter();
        let attributes = attributes.map(|entry| (entry.key.to_string(), entry.value.to_string()));
        seen.read_attributes(data.span_kind == SpanKind::Server, attributes);
        seen
    }

    pub(crate) fn from_received(received: &ReceivedSpan) -> Self {
        let trace = |hex: &str| u128::from_str_radix(hex, 16).unwrap_or(0);
        let span = |hex: &str| u64::from_str_radix(hex, 16).unwrap_or(0);
        let links = received.span.links.iter().map(|link| {
            let id = link.trace_id.iter().fold(0, |id, byte| (id << 8) | u128::from(*byte));
            (id, link.span_id.iter().fold(0, |id, byte| (id << 8) | u64::from(*byte)))
        });
        let mut seen = Self {
            project: received.project().to_owned(),
            name: received.name().to_owned(),
            trace: trace(&received.trace_id()),
            span: span(&received.span_id()),
            parent: span(&received.parent_id()),
            links: links.collect(),
            id: None,
            visit: None,
            tenant: None,
            events: Vec::new(),
        };
        let keys = ["request.id", "visit", "tenant"];
        let attributes = keys.into_iter().filter_map(|key| Some((key.to_owned(), received.attribute(key)?)));
        // 2 is `SPAN_KIND_SERVER`
        seen.read_attributes(received.span.kind == 2, attributes);
        seen
    }
}
