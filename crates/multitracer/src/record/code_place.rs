//! A place in the source, as a span records it.

use std::fmt;
use std::iter;
use std::panic::Location;

use opentelemetry::KeyValue;
#[cfg(feature = "tracing")]
use tracing::Metadata;

use super::function_name::function_name;

/// The place in the source that a span belongs to.
///
/// The compiler knows it, so a span keeps two pointers. The attributes are made when the span is
/// exported.
#[derive(Clone, Copy)]
pub(crate) enum CodePlace {
    /// The place of a traced function, or of a manual span.
    Function {
        /// Returns the type name of an item inside the traced function.
        function: Option<fn() -> &'static str>,
        location: &'static Location<'static>,
    },
    /// The place of a span of `tracing`.
    #[cfg(feature = "tracing")]
    Callsite { metadata: &'static Metadata<'static>, parts: CallsiteParts },
}

/// The attributes that a span of `tracing` has of its callsite.
#[cfg(feature = "tracing")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CallsiteParts {
    pub(crate) location: bool,
    pub(crate) level: bool,
    pub(crate) target: bool,
}

/// The identity of a place: its addresses, and the parts of a callsite.
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) type PlaceKey = (usize, usize);

impl CodePlace {
    /// Returns the number of attributes.
    pub(super) fn len(self) -> u32 {
        match self {
            Self::Function { function, .. } => 2 + u32::from(function.is_some()),
            #[cfg(feature = "tracing")]
            Self::Callsite { metadata, parts } => {
                let location = [metadata.file().is_some(), metadata.module_path().is_some(), {
                    metadata.line().is_some()
                }];
                let location = location.map(|is_known| u32::from(is_known && parts.location));
                location.iter().sum::<u32>() + u32::from(parts.level) + u32::from(parts.target)
            }
        }
    }

    /// Returns the identity of the place.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    pub(crate) fn key(self) -> PlaceKey {
        match self {
            Self::Function { function, location } => {
                (std::ptr::from_ref(location).addr(), function.map_or(0, |function| function as usize))
            }
            #[cfg(feature = "tracing")]
            Self::Callsite { metadata, parts } => {
                let CallsiteParts { location, level, target } = parts;
                let parts = usize::from(location) | usize::from(level) << 1 | usize::from(target) << 2;
                (std::ptr::from_ref(metadata).addr(), parts)
            }
        }
    }

    /// Adds the `code.*` attributes of OpenTelemetry's conventions to `attributes`. For a callsite,
    /// adds the attributes that tracing-opentelemetry adds.
    pub(crate) fn add_attributes(self, attributes: &mut Vec<KeyValue>) {
        match self {
            Self::Function { function, location } => {
                if let Some(item) = function {
                    let name = function_name(item());
                    attributes.extend(iter::once_with(|| KeyValue::new("code.function.name", name)));
                }
                let (file, line) = (location.file(), i64::from(location.line()));
                attributes.extend(iter::once_with(|| KeyValue::new("code.file.path", file)));
                attributes.extend(iter::once_with(|| KeyValue::new("code.line.number", line)));
            }
            #[cfg(feature = "tracing")]
            Self::Callsite { metadata, parts } => {
                if parts.location {
                    let (file, module) = (metadata.file(), metadata.module_path());
                    let line = metadata.line().map(i64::from);
                    attributes.extend(file.map(|file| KeyValue::new("code.file.path", file)));
                    attributes.extend(module.map(|module| KeyValue::new("code.module.name", module)));
                    attributes.extend(line.map(|line| KeyValue::new("code.line.number", line)));
                }
                if parts.level {
                    attributes.push(KeyValue::new("level", metadata.level().as_str()));
                }
                if parts.target {
                    attributes.push(KeyValue::new("target", metadata.target()));
                }
            }
        }
    }
}

impl fmt::Debug for CodePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function { location, .. } => write!(f, "{}:{}", location.file(), location.line()),
            #[cfg(feature = "tracing")]
            Self::Callsite { metadata, .. } => write!(f, "{metadata:?}"),
        }
    }
}
