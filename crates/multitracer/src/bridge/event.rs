//! The conversion of a `tracing` event to a span event, as tracing-opentelemetry does it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Debug;

use opentelemetry::trace::SpanRef;
use opentelemetry::{Array, KeyValue, StringValue, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

use super::options::TracingOptions;
use crate::tracer::mark_error_status;

/// An event in the form of tracing-opentelemetry, with the changes that it makes to its span.
#[derive(Debug)]
pub(super) struct ConvertedEvent {
    pub(super) name: Cow<'static, str>,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) changes: SpanChanges,
}

/// The changes that an event makes to its span.
#[derive(Debug, Default)]
pub(super) struct SpanChanges {
    /// The description of the status `Error`, if the event sets it.
    pub(super) error: Option<Cow<'static, str>>,
    pub(super) attributes: Vec<KeyValue>,
}

impl ConvertedEvent {
    /// Adds the event to `span`.
    pub(super) fn add_to(self, span: &SpanRef<'_>) {
        if let Some(description) = self.changes.error {
            mark_error_status(span, description);
        }
        if !self.changes.attributes.is_empty() {
            span.set_attributes(self.changes.attributes);
        }
        span.add_event(self.name, self.attributes);
    }
}

/// Converts `event`. The level `ERROR` sets the span's status to an error.
pub(super) fn convert(event: &Event<'_>, options: &TracingOptions) -> ConvertedEvent {
    let normalized = tracing_log::NormalizeEvent::normalized_metadata(event);
    let (level, target) = match &normalized {
        Some(log) => (*log.level(), Value::from(log.target().to_owned())),
        None => (*event.metadata().level(), Value::from(event.metadata().target())),
    };
    let mut fields = Fields {
        name: None,
        attributes: vec![KeyValue::new("level", level.as_str()), KeyValue::new("target", target)],
        error_text: None,
        span_attributes: Vec::new(),
    };
    event.record(&mut fields);
    if options.location {
        fields.record_location(event, normalized.as_ref());
    }
    let error = fields.error_text.or_else(|| (level == Level::ERROR).then(String::new));
    ConvertedEvent {
        name: fields.name.unwrap_or(Cow::Borrowed(event.metadata().name())),
        attributes: fields.attributes,
        changes: SpanChanges { error: error.map(Cow::Owned), attributes: fields.span_attributes },
    }
}

/// The fields of an event, sorted by their purpose.
#[derive(Debug)]
struct Fields {
    name: Option<Cow<'static, str>>,
    attributes: Vec<KeyValue>,
    error_text: Option<String>,
    span_attributes: Vec<KeyValue>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: impl Into<Value>, text: impl FnOnce() -> String) {
        match field.name() {
            "message" => self.name = Some(text().into()),
            // the normalized metadata has the same values
            log if log.starts_with("log.") => {}
            name => self.attributes.push(KeyValue::new(name, value)),
        }
    }

    /// Records a field `error` that is not a `dyn Error`, in an event without a message.
    fn record_untyped_error(&mut self, text: String) {
        self.name = Some("exception".into());
        self.attributes.push(KeyValue::new("exception.message", text.clone()));
        self.error_text = Some(text);
    }

    fn is_untyped_error(&self, field: &Field) -> bool {
        field.name() == "error" && self.name.is_none()
    }

    /// Adds file, module and line of the event.
    fn record_location(&mut self, event: &Event<'_>, log: Option<&tracing::Metadata<'_>>) {
        let metadata = event.metadata();
        let (file, module, line) = match log {
            Some(log) => (
                log.file().map(|file| Value::from(file.to_owned())),
                log.module_path().map(|module| Value::from(module.to_owned())),
                log.line(),
            ),
            None => {
                (metadata.file().map(Value::from), metadata.module_path().map(Value::from), metadata.line())
            }
        };
        let line = line.map(|line| Value::from(i64::from(line)));
        let location = [("code.file.path", file), ("code.module.name", module), ("code.line.number", line)];
        self.attributes
            .extend(location.into_iter().filter_map(|(key, value)| Some(KeyValue::new(key, value?))));
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value, || value.to_string());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value, || value.to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value, || value.to_string());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if self.is_untyped_error(field) {
            self.record_untyped_error(format!("{value:?}"));
        } else {
            self.add(field, value.to_owned(), || value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        if self.is_untyped_error(field) {
            self.record_untyped_error(text);
        } else {
            self.add(field, text.clone(), || text);
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let text = value.to_string();
        let causes = Value::Array(Array::String(cause_texts(value)));
        let exception = [
            KeyValue::new("exception.message", text.clone()),
            KeyValue::new("exception.stacktrace", causes.clone()),
        ];
        self.span_attributes.extend(exception.clone());
        self.attributes.extend(exception);
        self.attributes.push(KeyValue::new(field.name(), text));
        self.attributes.push(KeyValue::new(format!("{}.chain", field.name()), causes));
    }
}

/// Returns the texts of the errors that caused `error`, from the nearest to the first.
pub(super) fn cause_texts(error: &(dyn Error + 'static)) -> Vec<StringValue> {
    std::iter::successors(error.source(), |cause: &&(dyn Error + 'static)| Error::source(*cause))
        .map(|cause| cause.to_string().into())
        .collect()
}
