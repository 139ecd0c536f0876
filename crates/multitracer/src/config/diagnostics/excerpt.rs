//! The source line under a message, cut to what fits a screen.

use crate::config::yaml::Span;
use crate::text::is_unsafe;

/// One line of the text, ready to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) line: String,
    /// The position of the caret in characters of `line`, from 0.
    pub(super) caret: usize,
    /// The width of the caret in characters, at least 1.
    pub(super) width: usize,
}

/// The most characters of a long line before the place.
const MAX_BEFORE: usize = 60;
/// The most characters of a long line.
const MAX_WIDTH: usize = 120;

/// A line that is being copied.
pub(super) struct ExcerptBuilder {
    line: String,
    caret: Option<usize>,
    width: Option<usize>,
    span: Span,
}

impl ExcerptBuilder {
    /// Starts an excerpt with carets under `span`.
    pub(super) fn new(span: Span) -> Self {
        Self { line: String::new(), caret: None, width: None, span }
    }

    /// Adds the bytes `from..to` of the text.
    pub(super) fn copy(&mut self, text: &str, from: usize, to: usize) {
        let Some(piece) = text.get(from..to) else { return };
        if self.caret.is_none() && (from..to).contains(&self.span.start) {
            let before = piece.get(..self.span.start - from).unwrap_or("");
            self.caret = Some(self.line.chars().count() + before.chars().count());
        }
        self.line.extend(piece.chars().map(|c| match c {
            c if c.is_control() => ' ',
            // a bidirectional mark would show the line in another order
            c if is_unsafe(c) => char::REPLACEMENT_CHARACTER,
            c => c,
        }));
    }

    /// Adds `shown` in place of the bytes `from..to` of the text.
    pub(super) fn mask(&mut self, from: usize, to: usize, shown: &str) {
        if self.caret.is_none() && (from..to).contains(&self.span.start) {
            self.caret = Some(self.line.chars().count());
            self.width = Some(shown.len());
        }
        self.line.push_str(shown);
    }

    /// Adds a space.
    pub(super) fn separate(&mut self) {
        self.line.push(' ');
    }

    /// Returns the excerpt, or `None` for an empty line. `end` is the end of the line in the text.
    pub(super) fn build(self, end: usize) -> Option<Excerpt> {
        let mut line = self.line.trim_end().to_owned();
        if line.trim_start().is_empty() {
            return None;
        }
        let mut caret = self.caret.unwrap_or_else(|| line.chars().count());
        let width = self.width.unwrap_or(self.span.end.min(end).saturating_sub(self.span.start));
        if caret > MAX_BEFORE {
            let cut = caret - MAX_BEFORE;
            line = format!("…{}", line.chars().skip(cut + 1).collect::<String>());
            caret = MAX_BEFORE;
        }
        if line.chars().count() > MAX_WIDTH {
            line = line.chars().take(MAX_WIDTH).chain(['…']).collect();
        }
        let width = width.min(line.chars().count().saturating_sub(caret)).max(1);
        Some(Excerpt { line, caret, width })
    }
}
