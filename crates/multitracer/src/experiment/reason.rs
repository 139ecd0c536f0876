//! Why a variant was chosen, in OpenTelemetry's words.

use std::fmt;

/// Why an experiment or a route gave what it gave.
///
/// The values are those of OpenTelemetry's attribute `feature_flag.result.reason`; [`as_str`](Self::as_str) is
/// the text that spans carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The value is fixed: nothing was evaluated.
    Static,
    /// The fallback: there was no unit to split, or the unit is outside the experiment's coverage.
    Default,
    /// A rule forced it, for example one on a request header. Leave such requests out of an analysis.
    TargetingMatch,
    /// The unit's hash chose it.
    Split,
    /// It came from a cache.
    Cached,
    /// The experiment is switched off.
    Disabled,
    /// The reason is not known.
    Unknown,
    /// It came from a cache and may be out of date.
    Stale,
    /// The evaluation failed.
    Error,
}

impl Reason {
    /// The value of `feature_flag.result.reason`.
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
