//! Texts from outside, as a log or a terminal may show them: escaped, and without secrets.

mod escaped;
mod hidden;
#[cfg(any(test, feature = "otlp-http", feature = "otlp-grpc"))]
mod redact;

pub(crate) use self::escaped::Escaped;
pub(crate) use self::hidden::is_unsafe;
#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
pub(crate) use self::redact::Redactor;
