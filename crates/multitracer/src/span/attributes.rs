//! Attributes on their way to a span.

use std::fmt::{Debug, Display};

use opentelemetry::{Key, KeyValue, Value};

use super::value::ToAttribute;
use crate::config::model::CaptureConfig;

/// What `fields(..)` and `args(..)` record.
#[derive(Debug)]
pub struct Attributes<'a> {
    list: Vec<KeyValue>,
    capture: Option<&'a CaptureConfig>,
}

impl<'a> Attributes<'a> {
    pub(super) fn new(capture: Option<&'a CaptureConfig>) -> Self {
        Self { list: Vec::new(), capture }
    }

    pub(super) fn into_list(self) -> Vec<KeyValue> {
        self.list
    }

    /// `key = value`; a `None` is left out.
    pub fn set<V: ToAttribute + ?Sized>(&mut self, key: impl Into<Key>, value: &V) {
        if let Some(value) = value.to_attribute() {
            self.list.push(KeyValue::new(key, value));
        }
    }

    /// `key = %value`.
    pub fn display(&mut self, key: impl Into<Key>, value: &dyn Display) {
        self.list.push(KeyValue::new(key, value.to_string()));
    }

    /// `key = ?value`.
    pub fn debug(&mut self, key: impl Into<Key>, value: &dyn Debug) {
        self.list.push(KeyValue::new(key, format!("{value:?}")));
    }

    /// An argument of the function, if the tracer is configured to capture them.
    pub fn argument(&mut self, key: impl Into<Key>, capture: impl FnOnce(&mut Captured)) {
        let Some(config) = self.capture.filter(|config| config.arguments) else { return };
        if let Some(value) = Captured::take(config.max_length, capture) {
            self.list.push(KeyValue::new(key, value));
        }
    }
}

/// A captured argument or result.
#[derive(Debug, Default)]
pub struct Captured {
    value: Option<Value>,
}

impl Captured {
    /// What `capture` captures, its text cut to `max_length` characters.
    pub(super) fn take(max_length: usize, capture: impl FnOnce(&mut Self)) -> Option<Value> {
        let mut captured = Self::default();
        capture(&mut captured);
        match captured.value? {
            Value::String(text) => match text.as_str().char_indices().nth(max_length) {
                Some((end, _)) => Some(text.as_str()[..end].to_owned().into()),
                None => Some(Value::String(text)),
            },
            value => Some(value),
        }
    }

    pub(super) fn set(&mut self, value: Option<Value>) {
        self.value = value;
    }

    pub(super) fn text(&mut self, text: String) {
        self.value = Some(text.into());
    }
}
