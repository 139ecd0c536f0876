//! The options of the layer for servers.

use std::sync::Arc;

use http::request::Parts;
use http::{Extensions, HeaderName};

use super::choose_route::ChooseRoute;
use super::exclusions::Exclusions;
use crate::registry::Registry;
use crate::routing::Route;

type FindRoute = dyn Fn(&Extensions) -> Option<String> + Send + Sync;
type Accept = dyn Fn(&Parts, &Route) -> bool + Send + Sync;

/// The options of an [`HttpLayer`](super::HttpLayer).
#[derive(Clone)]
pub(super) struct Options {
    pub(super) registry: Registry,
    pub(super) find_route: Option<Arc<FindRoute>>,
    pub(super) choose: Option<Arc<dyn ChooseRoute>>,
    pub(super) accept: Option<Arc<Accept>>,
    /// `true` if the layer reads inbound baggage that the configuration trusts.
    pub(super) reads_baggage: bool,
    pub(super) exclusions: Exclusions,
    pub(super) response_header: Option<HeaderName>,
}

impl Options {
    /// Returns `true` if a function of the user decides about the route, which reads the whole
    /// head.
    pub(super) fn decides_by_head(&self) -> bool {
        self.choose.is_some() || self.accept.is_some()
    }
}
