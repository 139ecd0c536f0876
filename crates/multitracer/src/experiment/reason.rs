//! The reason of a decision, by OpenTelemetry's conventions for feature flags.

use std::fmt;

/// The reason why an experiment chose a variant or a route chose a tracer.
///
/// The values are those of OpenTelemetry's attribute `feature_flag.result.reason`. Spans record the
/// text that [`as_str`](Self::as_str) returns.
///
/// ```
/// use multitracer::experiment::Reason;
///
/// assert_eq!(Reason::TargetingMatch.as_str(), "targeting_match");
/// assert_eq!(Reason::Split.to_string(), "split");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The value is fixed; no rule was evaluated.
    Static,
    /// The fallback was used: the request has no unit, the unit is outside the experiment's
    /// coverage, or no route matched.
    Default,
    /// A rule forced the value, for example a rule on a request header. An analysis of the
    /// experiment must exclude such requests.
    TargetingMatch,
    /// The hash of the unit chose the variant.
    Split,
    /// The value came from a cache.
    Cached,
    /// The experiment is disabled.
    Disabled,
    /// The reason is unknown.
    Unknown,
    /// The value came from a cache and may be out of date.
    Stale,
    /// The evaluation failed.
    Error,
}

impl Reason {
    /// Returns the value of `feature_flag.result.reason`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Default => "default",
            Self::TargetingMatch => "targeting_match",
            Self::Split => "split",
            Self::Cached => "cached",
            Self::Disabled => "disabled",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
