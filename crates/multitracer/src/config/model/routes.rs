//! Routes, with their conditions on headers.

use std::fmt;

use crate::config::secret::is_credential_header;

/// One entry of `routes`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RouteConfig {
    /// The name, default `routes[N]` with N from 0.
    pub(crate) name: String,
    /// The conditions, which must all match. Without conditions every request matches.
    pub(crate) headers: Vec<HeaderMatch>,
    pub(crate) target: RouteTarget,
}

/// The target of a route, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RouteTarget {
    Tracer(String),
    Experiment(String),
}

/// One condition on a header.
#[derive(Clone, PartialEq)]
pub(crate) struct HeaderMatch {
    /// A valid header name, in lower case.
    pub(crate) name: String,
    pub(crate) value: ValueMatch,
}

// `Debug` is by hand, because the header of a condition may carry a credential
impl fmt::Debug for HeaderMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value } = self;
        let mut shown = f.debug_struct("HeaderMatch");
        shown.field("name", name);
        if is_credential_header(name) {
            shown.finish_non_exhaustive()
        } else {
            shown.field("value", value).finish()
        }
    }
}

/// `type` and `value` of a header match.
#[derive(Clone, Debug)]
pub(crate) enum ValueMatch {
    Exact(String),
    Prefix(String),
    /// An unanchored ASCII expression of at most 64 KiB when compiled.
    Regex(regex::bytes::Regex),
    Present,
}

impl PartialEq for ValueMatch {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) | (Self::Prefix(a), Self::Prefix(b)) => a == b,
            (Self::Regex(a), Self::Regex(b)) => a.as_str() == b.as_str(),
            (Self::Present, Self::Present) => true,
            _ => false,
        }
    }
}
