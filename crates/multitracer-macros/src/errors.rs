//! The list of mistakes that one expansion reports.

use proc_macro2::{Span, TokenStream};

/// The mistakes found so far. The compiler shows all of them at once.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds a mistake at `span`.
    pub(crate) fn add(&mut self, span: Span, message: impl std::fmt::Display) {
        self.0.push(syn::Error::new(span, message));
    }

    /// Adds an error of a parser.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    /// Returns the value of a successful parser; adds the error of a failed one.
    pub(crate) fn take<T>(&mut self, parsed: syn::Result<T>) -> Option<T> {
        parsed.map_err(|error| self.push(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns a `compile_error!` for each mistake.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        let all = self.0.into_iter().reduce(|mut all, next| {
            all.combine(next);
            all
        });
        all.map(syn::Error::into_compile_error).unwrap_or_default()
    }
}

/// Returns "; did you mean `x`?" for the nearest candidate, or an empty text if none is near.
pub(crate) fn suggestion<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let limit = (written.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| format!("; did you mean `{candidate}`?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_candidate_is_suggested() {
        let known = ["name", "tracer", "enabled", "err"];
        assert_eq!(suggestion("nmae", known), "; did you mean `name`?");
        assert_eq!(suggestion("trcer", known), "; did you mean `tracer`?");
        assert_eq!(suggestion("er", known), "; did you mean `err`?");
        assert_eq!(suggestion("level", known), "");
        assert_eq!(suggestion("", known), "");
    }
}
