//! A place in the source, as a span records it.

use std::fmt;
use std::iter;
use std::panic::Location;

use opentelemetry::KeyValue;

use super::function_name::function_name;

/// The place in the source that a span belongs to.
///
/// The compiler knows it, so a span keeps two pointers. The attributes are made when the span is
/// exported.
#[derive(Clone, Copy)]
pub(crate) struct CodePlace {
    /// Returns the type name of an item inside the traced function.
    pub(crate) function: Option<fn() -> &'static str>,
    pub(crate) location: &'static Location<'static>,
}

impl CodePlace {
    /// Returns the number of attributes.
    pub(super) fn len(self) -> u32 {
        2 + u32::from(self.function.is_some())
    }

    /// Adds the `code.*` attributes of OpenTelemetry's conventions to `attributes`.
    pub(crate) fn add_attributes(self, attributes: &mut Vec<KeyValue>) {
        if let Some(item) = self.function {
            let name = function_name(item());
            attributes.extend(iter::once_with(|| KeyValue::new("code.function.name", name)));
        }
        let (file, line) = (self.location.file(), i64::from(self.location.line()));
        attributes.extend(iter::once_with(|| KeyValue::new("code.file.path", file)));
        attributes.extend(iter::once_with(|| KeyValue::new("code.line.number", line)));
    }
}

impl fmt::Debug for CodePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.location.file(), self.location.line())
    }
}
