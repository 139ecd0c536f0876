//! Options of the `tracing` layer.

/// The attributes that the layer records in addition to the fields of spans and events.
///
/// The defaults are those of tracing-opentelemetry.
///
/// ```
/// use multitracer::subscriber::{TracingOptions, tracing_layer_with};
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let options = TracingOptions::new().threads(false).inactivity(false);
/// let subscriber = tracing_subscriber::registry().with(tracing_layer_with(options));
/// # drop(subscriber);
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until a layer is made with them"]
pub struct TracingOptions {
    pub(super) location: bool,
    pub(super) threads: bool,
    pub(super) target: bool,
    pub(super) level: bool,
    pub(super) inactivity: bool,
}

impl Default for TracingOptions {
    fn default() -> Self {
        Self { location: true, threads: true, target: true, level: false, inactivity: true }
    }
}

impl TracingOptions {
    /// Returns the default options.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records `code.file.path`, `code.module.name` and `code.line.number` of spans and events.
    ///
    /// Default `true`.
    pub fn location(self, location: bool) -> Self {
        Self { location, ..self }
    }

    /// Records `thread.id` and `thread.name` of spans. Default `true`.
    pub fn threads(self, threads: bool) -> Self {
        Self { threads, ..self }
    }

    /// Records `target` of spans. Default `true`.
    pub fn target(self, target: bool) -> Self {
        Self { target, ..self }
    }

    /// Records `level` of spans. Default `false`.
    pub fn level(self, level: bool) -> Self {
        Self { level, ..self }
    }

    /// Records `busy_ns` and `idle_ns` of spans, in nanoseconds. Default `true`.
    pub fn inactivity(self, inactivity: bool) -> Self {
        Self { inactivity, ..self }
    }
}
