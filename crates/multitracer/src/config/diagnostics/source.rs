//! The text that was loaded, with lines, columns and masked excerpts.

use super::excerpt::{Excerpt, ExcerptBuilder};
use super::mask::{Mask, find_secrets};
use crate::config::schema::Section;
use crate::config::secret::REDACTED;
use crate::config::yaml::{Node, Span};

/// A text and its name in messages.
pub(crate) struct Source<'t> {
    pub(crate) name: String,
    text: &'t str,
    /// The table of all keys.
    keys: &'static Section,
    line_starts: Vec<usize>,
    /// The parts that excerpts mask, in order, without overlaps.
    ///
    /// `None` if the text is not a tree: then anything may be a secret.
    masks: Option<Vec<Mask>>,
}

/// A place in a text, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// The line, from 1.
    pub(super) line: usize,
    /// The column in characters, from 1.
    pub(super) column: usize,
}

/// The bytes of a line to consider before and after a place.
const NEAR: usize = 1000;

impl<'t> Source<'t> {
    pub(crate) fn new(name: &str, text: &'t str, keys: &'static Section) -> Self {
        let starts = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(starts).collect();
        Self { name: name.to_owned(), text, keys, line_starts, masks: None }
    }

    /// Finds the secrets to mask.
    ///
    /// Without this call excerpts mask everything but a known key at the start of a line.
    pub(crate) fn mask_secrets(&mut self, root: &Node<'_>) {
        self.masks = Some(find_secrets(self.text, self.keys, root));
    }

    /// Returns the line and the column of a byte.
    pub(super) fn position(&self, at: usize) -> Position {
        let line = self.line_starts.partition_point(|&start| start <= at).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = self.text.as_bytes().get(start..at).unwrap_or_default();
        let column = before.iter().filter(|byte| (**byte & 0xC0) != 0x80).count() + 1;
        Position { line, column }
    }

    /// Returns the line of `span` with its secrets masked.
    pub(super) fn excerpt(&self, span: Span) -> Option<Excerpt> {
        let Position { line, .. } = self.position(span.start);
        let line_start = *self.line_starts.get(line - 1)?;
        // a line may be the whole file, so only the part near the place counts
        let mut start = line_start.max(span.start.saturating_sub(NEAR));
        while !self.text.is_char_boundary(start) {
            start += 1;
        }
        let rest = self.text.get(start..)?;
        let mut end = rest.len().min(2 * NEAR);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let end = start + rest.get(..end)?.find(['\n', '\r']).unwrap_or(end);
        let mut excerpt = ExcerptBuilder::new(span);
        match &self.masks {
            Some(masks) => {
                let first = masks.partition_point(|mask| mask.span.end <= start);
                let mut at = start;
                for mask in masks.iter().skip(first).take_while(|mask| mask.span.start < end) {
                    let Span { start: from, end: to } = mask.span;
                    excerpt.copy(self.text, at, from.clamp(at, end));
                    excerpt.mask(from.max(at), to.min(end), mask.shown);
                    at = to.clamp(at, end);
                }
                excerpt.copy(self.text, at, end);
            }
            None => {
                let line = self.text.get(start..end).filter(|_| start == line_start)?;
                let key = self.first_key(line)?;
                excerpt.copy(self.text, start, start + key);
                if !line.get(key..)?.trim().is_empty() {
                    excerpt.separate();
                    excerpt.mask(start + key, end, REDACTED);
                }
            }
        }
        excerpt.build(end)
    }

    /// Returns the length of a line up to the colon of its first key, if the key is a known one.
    fn first_key(&self, line: &str) -> Option<usize> {
        let colon = line.find(": ").or_else(|| line.ends_with(':').then(|| line.len() - 1))?;
        let key = line.get(..colon)?.trim_start_matches([' ', '-', '{', '[', '"', '\'']);
        let key = key.trim_end_matches(['"', '\'']);
        // a line of a multi-line text may look like a key, too
        self.keys.knows(key).then_some(colon + 1)
    }
}
