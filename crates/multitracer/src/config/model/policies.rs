//! The settings of a registry that are no tracer's: unknown names, parents, baggage.

/// What a name that no tracer has resolves to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownTracerPolicy {
    /// The registry's default tracer. This is the default.
    #[default]
    Default,
    /// Nothing: the function runs without a span.
    Drop,
}

/// How a span is parented when a function switches to a tracer that has no span around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnSwitch {
    /// A new root with a link to the span that it was called from. This is the default.
    #[default]
    Link,
    /// A child of the span that it was called from, in that span's trace.
    Child,
}

/// What an incoming remote span is to the span that a request opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemoteParent {
    /// A parent for the default tracer, a link for every other one. This is the default.
    #[default]
    Auto,
    /// Always a parent.
    Child,
    /// Always a link.
    Link,
}

/// `baggage`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BaggageConfig {
    /// Whether inbound baggage is read.
    pub(crate) trusted: bool,
    /// Entries that are copied to spans, with the attributes that they become.
    pub(crate) attributes: Vec<(String, String)>,
}
