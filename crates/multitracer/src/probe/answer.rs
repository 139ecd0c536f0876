//! What a backend said.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;

use super::{ProbeOutcome, ProbeStep};
use crate::config::Secret;
use crate::config::mentions_secret;
use crate::config::model::{AttributeValue, ExporterConfig, TracerConfig};

/// How much of a backend's words is shown, in characters.
const LONGEST: usize = 300;
/// What is shorter is no secret, and would be found everywhere, in bytes.
const SHORTEST: usize = 4;

/// An answer over HTTP.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) trailers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) grpc: bool,
}

/// What backends send with an error over HTTP: `google.rpc.Status`.
#[derive(prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

impl Answer {
    pub(super) fn outcome(&self, secrets: &Secrets) -> ProbeOutcome {
        if !self.status.is_success() {
            return self.refused(secrets);
        }
        if self.grpc {
            return self.grpc_outcome(secrets);
        }
        // an empty body is an empty message
        let response = match self.kind() {
            "application/json" => serde_json::from_slice(&self.body).ok(),
            "application/x-protobuf" => ExportTraceServiceResponse::decode(self.body.clone()).ok(),
            _ if self.body.is_empty() => Some(ExportTraceServiceResponse::default()),
            _ => None,
        };
        match response {
            Some(response) => taken(&response, secrets),
            // backends that say `{}` as text, or `ok`, took it; a web page did not
            None if !self.kind().contains("html") && self.body.len() < 64 => ProbeOutcome::ExportSuccess,
            None => {
                let error = format!("the answer, {}, is not one of OTLP; is the path right?", self.status);
                ProbeOutcome::unreachable(ProbeStep::Http, error)
            }
        }
    }

    fn refused(&self, secrets: &Secrets) -> ProbeOutcome {
        let words = match self.kind() {
            "application/x-protobuf" => {
                Status::decode(self.body.clone()).map(|status| status.message).unwrap_or_default()
            }
            "text/html" => String::new(),
            "application/json" => match serde_json::from_slice::<serde_json::Value>(&self.body) {
                Ok(value) => {
                    match ["message", "error", "detail"].iter().find_map(|key| value.get(key)?.as_str()) {
                        Some(message) => message.to_owned(),
                        None => value.to_string(),
                    }
                }
                Err(_) => String::from_utf8_lossy(&self.body).into_owned(),
            },
            _ => String::from_utf8_lossy(&self.body).into_owned(),
        };
        let mut message = secrets.words(&words);
        if let Some(place) = self.headers.get(http::header::LOCATION).and_then(|place| place.to_str().ok()) {
            let place = crate::config::secret::shown_url(place);
            message = secrets.words(&format!("it points to {place}, and redirects are not followed"));
        }
        ProbeOutcome::Refused { status: self.status.to_string(), message }
    }

    fn grpc_outcome(&self, secrets: &Secrets) -> ProbeOutcome {
        let value = |name: &str| {
            let value = self.trailers.get(name).or_else(|| self.headers.get(name))?;
            value.to_str().ok().map(str::to_owned)
        };
        match value("grpc-status").as_deref() {
            Some("0") => {
                let message = self.body.get(5..).unwrap_or_default();
                // asked for uncompressed answers, so the flag is 0
                let response = ExportTraceServiceResponse::decode(message).unwrap_or_default();
                taken(&response, secrets)
            }
            Some(code) => {
                let message = value("grpc-message").map(|text| percent_decoded(&text)).unwrap_or_default();
                ProbeOutcome::Refused { status: grpc_name(code), message: secrets.words(&message) }
            }
            None => ProbeOutcome::unreachable(ProbeStep::Http, "the answer is not one of gRPC"),
        }
    }

    /// The media type without its parameters.
    fn kind(&self) -> &str {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim()
    }
}

fn taken(response: &ExportTraceServiceResponse, secrets: &Secrets) -> ProbeOutcome {
    match &response.partial_success {
        Some(partial) if partial.rejected_spans > 0 => ProbeOutcome::Partial {
            rejected: partial.rejected_spans,
            message: secrets.words(&partial.error_message),
        },
        _ => ProbeOutcome::ExportSuccess,
    }
}

fn grpc_name(code: &str) -> String {
    const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    let name = code.parse::<usize>().ok().and_then(|code| NAMES.get(code));
    name.map_or_else(|| "an unknown gRPC status".to_owned(), |name| (*name).to_owned())
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match hex {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What must not be shown, even if a backend says it.
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Every header value, with the parts that it is made of, the query of the endpoint, and attributes that speak of secrets.
    pub(super) fn of(config: &TracerConfig) -> Self {
        let (endpoint, headers): (&str, &[(String, Secret)]) = match config.exporters.first() {
            ExporterConfig::OtlpHttp(otlp) => (&otlp.endpoint, &otlp.headers),
            ExporterConfig::OtlpGrpc(otlp) => (&otlp.endpoint, &otlp.headers),
            ExporterConfig::File(_) | ExporterConfig::Console => ("", &[]),
        };
        let mut secrets = Vec::new();
        for (_, value) in headers {
            let value = value.expose();
            secrets.push(value.to_owned());
            // `Bearer KEY`, `Basic base64(ID:KEY)`
            if let Some((_, key)) = value.split_once(' ') {
                secrets.push(key.to_owned());
                let decoded = STANDARD.decode(key).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                secrets.extend(decoded.iter().flat_map(|text| text.split(':')).map(str::to_owned));
            }
        }
        if let Some((_, query)) = endpoint.split_once('?') {
            secrets.extend(query.split('&').filter_map(|pair| Some(pair.split_once('=')?.1.to_owned())));
            secrets.push(query.to_owned());
        }
        // a backend may repeat what it was sent
        for (_, value) in config.resource.iter().filter(|(name, _)| mentions_secret(name)) {
            match value {
                AttributeValue::String(value) => secrets.push(value.clone()),
                AttributeValue::StringArray(values) => secrets.extend(values.iter().cloned()),
                _ => {}
            }
        }
        secrets.retain(|secret| secret.trim().len() >= SHORTEST);
        // the longest first, since it may hold another
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    pub(super) fn redact(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "[REDACTED]"))
    }

    /// A backend's words: one line, shortened, without secrets and without what would move a terminal's cursor.
    fn words(&self, text: &str) -> String {
        let words = self.redact(text);
        let line: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= LONGEST {
            return line;
        }
        line.chars().take(LONGEST).chain(['…']).collect()
    }
}
