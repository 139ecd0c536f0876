//! Attributes that `fields(..)` and `args(..)` record.

use std::fmt::{Debug, Display};
use std::iter;

use opentelemetry::{Key, KeyValue, Value};

use super::value::ToAttribute;
use crate::config::model::CaptureConfig;
use crate::record::attribute_list;

/// The attributes that `fields(..)` and `args(..)` record.
#[derive(Debug)]
pub struct Attributes<'a> {
    list: &'a mut Vec<KeyValue>,
    arguments: Arguments<'a>,
    conversions: Conversions,
}

/// The use of a function's arguments.
#[derive(Debug)]
enum Arguments<'a> {
    /// The tracer decides.
    Captured(&'a CaptureConfig),
    /// The tracer is unknown. Arguments are kept apart until then.
    Apart(&'a mut Vec<KeyValue>),
    /// The function has no arguments to record.
    None,
}

/// The values that may be converted into attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conversions {
    All,
    /// Only those without code of users, because the span is not current yet.
    Plain,
    /// As before, and another value was seen.
    Incomplete,
}

impl<'a> Attributes<'a> {
    /// Returns the attributes that `record` adds.
    #[inline]
    pub(super) fn collect(
        capture: &CaptureConfig,
        record: impl FnOnce(&mut Attributes<'_>),
    ) -> Vec<KeyValue> {
        let mut list = attribute_list();
        let (arguments, conversions) = (Arguments::Captured(capture), Conversions::All);
        record(&mut Attributes { list: &mut list, arguments, conversions });
        list
    }

    /// Starts lists before the tracer is known.
    pub(super) fn early(list: &'a mut Vec<KeyValue>, arguments: &'a mut Vec<KeyValue>) -> Self {
        Self { list, arguments: Arguments::Apart(arguments), conversions: Conversions::All }
    }

    /// Fills the empty list of a span that starts.
    ///
    /// Returns `false` and leaves the list empty if a value needs code of users, who expect the
    /// span around it.
    #[inline]
    pub(super) fn fill(list: &mut Vec<KeyValue>, fill: &mut dyn FnMut(&mut Attributes<'_>)) -> bool {
        let mut all = Attributes { list, arguments: Arguments::None, conversions: Conversions::Plain };
        fill(&mut all);
        let is_complete = all.conversions != Conversions::Incomplete;
        if !is_complete {
            list.clear();
        }
        is_complete
    }

    /// Records `key = value`. A `None` sets no attribute.
    pub fn set<V: ToAttribute + ?Sized>(&mut self, key: impl Into<Key>, value: &V) {
        if self.conversions != Conversions::All && !value.is_plain() {
            self.conversions = Conversions::Incomplete;
        } else if let Some(value) = value.to_attribute() {
            self.push_with(|| KeyValue::new(key, value));
        }
    }

    /// Records `key = "text"`.
    pub fn literal(&mut self, key: impl Into<Key>, value: &'static str) {
        self.push_with(|| KeyValue::new(key, value));
    }

    /// Adds an attribute, which is made in the memory of the list.
    #[inline]
    fn push_with(&mut self, make: impl FnOnce() -> KeyValue) {
        self.list.extend(iter::once_with(make));
    }

    /// Records `key = %value`.
    pub fn display(&mut self, key: impl Into<Key>, value: &dyn Display) {
        self.list.push(KeyValue::new(key, value.to_string()));
    }

    /// Records `key = ?value`.
    pub fn debug(&mut self, key: impl Into<Key>, value: &dyn Debug) {
        self.list.push(KeyValue::new(key, format!("{value:?}")));
    }

    /// Records an argument of the function, if the tracer captures arguments.
    pub fn argument(&mut self, key: impl Into<Key>, capture: impl FnOnce(&mut Captured)) {
        match &mut self.arguments {
            Arguments::Captured(config) => {
                if config.arguments
                    && let Some(value) = Captured::take(config.max_length, capture)
                {
                    self.list.push(KeyValue::new(key, value));
                }
            }
            Arguments::Apart(arguments) => {
                if let Some(value) = Captured::take(usize::MAX, capture) {
                    arguments.push(KeyValue::new(key, value));
                }
            }
            Arguments::None => {}
        }
    }
}

/// Cuts text after `max` characters.
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
    /// Returns the value that `capture` sets. Text is cut after `max_length` characters.
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
