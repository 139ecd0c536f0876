//! The unit of an experiment, read from a request.

use super::headers::Headers;
use crate::experiment::{Assignment, Experiment};

impl Experiment {
    /// Returns the variant of the unit in the header that the configuration's `unit: {header: ..}` names.
    /// A request without that header, or with a value that is not UTF-8, gets the fallback.
    #[must_use]
    pub fn assign_by_header<H: Headers + ?Sized>(&self, headers: &H) -> Assignment {
        let value = self.unit_header().and_then(|name| headers.header(name.as_str()));
        self.assigned(value.as_deref().and_then(|value| std::str::from_utf8(value).ok()))
    }
}
