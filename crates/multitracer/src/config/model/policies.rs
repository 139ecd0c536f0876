//! The policies of a registry: unknown names, parents, baggage.

/// The policy for a name that no tracer has.
///
/// ```
/// use multitracer::config::UnknownTracerPolicy;
/// use multitracer::{Registry, TracerBuilder};
///
/// let registry = Registry::builder()
///     .tracer(TracerBuilder::new("main").console())
///     .unknown_tracer(UnknownTracerPolicy::Drop)
///     .build()?;
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownTracerPolicy {
    /// The registry's default tracer. This is the default.
    #[default]
    Default,
    /// No tracer: the function runs without a span.
    Drop,
}

/// The parent of a span when a function switches to a tracer without a current span.
///
/// ```
/// use multitracer::config::OnSwitch;
/// use multitracer::{Registry, TracerBuilder};
///
/// let registry = Registry::builder()
///     .tracer(TracerBuilder::new("main").console())
///     .on_switch(OnSwitch::Child)
///     .build()?;
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnSwitch {
    /// The span is a new root with a link to the calling span. This is the default.
    #[default]
    Link,
    /// The span is a child of the calling span, in the same trace.
    Child,
}

/// The relation between the remote span of an incoming request and the span that the request opens.
///
/// ```
/// use multitracer::config::RemoteParent;
/// use multitracer::{Registry, TracerBuilder};
///
/// let registry = Registry::builder()
///     .tracer(TracerBuilder::new("main").console())
///     .remote_parent(RemoteParent::Child)
///     .build()?;
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemoteParent {
    /// The remote span is a parent for the default tracer, and a link for every other tracer.
    ///
    /// This is the default.
    #[default]
    Auto,
    /// The remote span is always the parent.
    Child,
    /// The remote span is always a link.
    Link,
}

/// `baggage`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BaggageConfig {
    /// `true` if inbound baggage is read.
    pub(crate) trusted: bool,
    /// The entries to copy to spans, with the names of their attributes.
    pub(crate) attributes: Vec<(String, String)>,
}
