//! The assignment of a request by the header that holds its unit.

use super::headers::Headers;
use crate::experiment::{Assignment, Experiment};

impl Experiment {
    /// Assigns the unit in the header that `unit: {header: ..}` of the configuration names.
    ///
    /// A request without that header, or with a value that is not UTF-8, gets the fallback.
    ///
    /// ```
    /// # use multitracer::Registry;
    /// # let registry = Registry::from_yaml("
    /// # default_tracer: production
    /// # tracers: {production: {exporter: console}, warm: {exporter: console}}
    /// # experiments: {tone: {unit: {header: x-user-id}, variants: [{name: warm}]}}
    /// # ")?;
    /// let tone = registry.experiment("tone")?;
    /// assert_eq!(tone.assign_by_header(&[("X-User-Id", "42")]).variant(), Some("warm"));
    /// assert_eq!(tone.assign_by_header(&[("Accept", "*/*")]).variant(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn assign_by_header<H: Headers + ?Sized>(&self, headers: &H) -> Assignment {
        let value = self.unit_header().and_then(|name| headers.header(name.as_str()));
        self.assign_unit(value.as_deref().and_then(|value| std::str::from_utf8(value).ok()))
    }
}
