//! Options of the `tracing` layer.

/// What the layer records beside the fields of spans and events. The defaults are tracing-opentelemetry's.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let lean = multitracer::subscriber::TracingOptions::new().threads(false).inactivity(false);
/// let subscriber = tracing_subscriber::registry().with(multitracer::subscriber::tracing_layer_with(lean));
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
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// `code.file.path`, `code.module.name` and `code.line.number`. Default `true`.
    pub fn location(self, location: bool) -> Self {
        Self { location, ..self }
    }

    /// `thread.id` and `thread.name` of spans. Default `true`.
    pub fn threads(self, threads: bool) -> Self {
        Self { threads, ..self }
    }

    /// `target` of spans. Default `true`.
    pub fn target(self, target: bool) -> Self {
        Self { target, ..self }
    }

    /// `level` of spans. Default `false`.
    pub fn level(self, level: bool) -> Self {
        Self { level, ..self }
    }

    /// `busy_ns` and `idle_ns` of spans, in nanoseconds. Default `true`.
    pub fn inactivity(self, inactivity: bool) -> Self {
        Self { inactivity, ..self }
    }
}
