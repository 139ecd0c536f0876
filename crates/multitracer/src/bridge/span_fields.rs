//! The fields of a span of `tracing`, in the form that tracing-opentelemetry gives them.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Debug;

use opentelemetry::trace::{SpanKind, SpanRef, Status};
use opentelemetry::{Array, KeyValue, Value};
use tracing::field::{Field, Visit};

use super::event::cause_texts;

/// The fields of a span: attributes, and the special fields whose names begin with `otel.`.
#[derive(Debug, Default)]
pub(super) struct SpanFields {
    pub(super) attributes: Vec<KeyValue>,
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) kind: Option<SpanKind>,
    pub(super) status: Option<Status>,
}

impl SpanFields {
    /// Creates an empty visitor that records into `attributes`.
    pub(super) fn into(attributes: Vec<KeyValue>) -> Self {
        Self { attributes, ..Self::default() }
    }

    /// Changes a span that has started. Its name and its kind stay.
    pub(super) fn change(self, span: &SpanRef<'_>) {
        if let Some(status) = self.status {
            span.set_status(status);
        }
        if !self.attributes.is_empty() {
            span.set_attributes(self.attributes);
        }
    }

    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn add_text(&mut self, field: &Field, text: String) {
        let name = field.name();
        if !name.starts_with("otel.") {
            return self.attributes.push(KeyValue::new(name, text));
        }
        match name {
            "otel.name" => self.name = Some(text.into()),
            "otel.kind" => self.kind = kind(&text),
            "otel.status_code" => self.status = Some(status(&text)),
            "otel.status_description" => self.status = Some(Status::error(text)),
            _ => self.add(field, text),
        }
    }
}

impl Visit for SpanFields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add_text(field, decimal(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add_text(field, format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let text = value.to_string();
        let causes = Value::Array(Array::String(cause_texts(value)));
        self.attributes.push(KeyValue::new("exception.message", text.clone()));
        self.attributes.push(KeyValue::new("exception.stacktrace", causes.clone()));
        self.attributes.push(KeyValue::new(field.name(), text));
        self.attributes.push(KeyValue::new(format!("{}.chain", field.name()), causes));
    }
}

fn kind(text: &str) -> Option<SpanKind> {
    let kinds = [
        ("server", SpanKind::Server),
        ("client", SpanKind::Client),
        ("producer", SpanKind::Producer),
        ("consumer", SpanKind::Consumer),
        ("internal", SpanKind::Internal),
    ];
    kinds.into_iter().find(|(name, _)| text.eq_ignore_ascii_case(name)).map(|(_, kind)| kind)
}

fn status(text: &str) -> Status {
    if text.eq_ignore_ascii_case("ok") {
        Status::Ok
    } else if text.eq_ignore_ascii_case("error") {
        Status::error("")
    } else {
        Status::Unset
    }
}

/// Returns the decimal digits of a number, in memory of the right size.
fn decimal(mut number: u64) -> String {
    /// The texts of the numbers below 10, one after another.
    const DIGITS: &str = "0123456789";
    let digit = |number: u64| &DIGITS[number as usize..][..1];
    if number < 10 {
        return digit(number).to_owned();
    }
    let mut unit = 10_u64.pow(number.ilog10());
    let mut text = String::with_capacity(number.ilog10() as usize + 1);
    while unit > 0 {
        text.push_str(digit(number / unit));
        number %= unit;
        unit /= 10;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_those_of_display() {
        for number in (0..64).flat_map(|bit| [1_u64 << bit, (1 << bit) - 1, u64::MAX >> bit]) {
            let text = decimal(number);
            assert_eq!((&*text, text.capacity()), (&*number.to_string(), text.len()));
        }
    }
}
