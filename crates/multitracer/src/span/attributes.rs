//! Attributes on their way to a span.

use std::fmt::{Debug, Display};

use opentelemetry::{Key, KeyValue, Value};

use super::value::ToAttribute;
use crate::config::model::CaptureConfig;

/// What `fields(..)` and `args(..)` record.
#[derive(Debug)]
pub struct Attributes<'a> {
    list: Vec<KeyValue>,
    arguments: Vec<KeyValue>,
    /// `None`: the tracer is not known yet, and arguments are kept apart.
    capture: Option<&'a CaptureConfig>,
}

impl<'a> Attributes<'a> {
    pub(super) fn new(capture: &'a CaptureConfig) -> Self {
        Self { list: Vec::new(), arguments: Vec::new(), capture: Some(capture) }
    }

    pub(super) fn early() -> Self {
        Self { list: Vec::new(), arguments: Vec::new(), capture: None }
    }

    /// The attributes, and those arguments that were kept apart.
    pub(super) fn into_lists(self) -> (Vec<KeyValue>, Vec<KeyValue>) {
        (self.list, self.arguments)
    }

    /// `key = value`; a `None` is left out.
    pub fn set<V: ToAttribute + ?Sized>(&mut self, key: impl Into<Key>, value: &V) {
        if let Some(value) = value.to_attribute() {
            self.list.push(KeyValue::new(key, value));
        }
    }

    /// `key = "text"`.
    pub fn literal(&mut self, key: impl Into<Key>, value: &'static str) {
        self.list.push(KeyValue::new(key, value));
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
        match self.capture {
            Some(config) if config.arguments => {
                if let Some(value) = Captured::take(config.max_length, capture) {
                    self.list.push(KeyValue::new(key, value));
                }
            }
            Some(_) => {}
            None => {
                if let Some(value) = Captured::take(usize::MAX, capture) {
                    self.arguments.push(KeyValue::new(key, value));
                }
            }
        }
    }
}

/// Cuts text to `max` characters.
pub(super) fn shorten(value: &mut Value, max: usize) {
    if let Value::String(text) = value
        && let Some((end, _)) = text.as_str().char_indices().nth(max)
    {
        *text = text.as_str()[..end].to_owned().into();
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
        let mut value = captured.value?;
        shorten(&mut value, max_length);
        Some(value)
    }

    pub(super) fn set(&mut self, value: Option<Value>) {
        self.value = value;
    }

    pub(super) fn text(&mut self, text: String) {
        self.value = Some(text.into());
    }
}
