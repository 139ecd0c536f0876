//! A decoded form of a text, whose bytes know their places in the text.

use std::ops::Range;

use crate::text::hidden::is_hidden;

/// A decoded form of a text, without hidden characters.
pub(super) struct View {
    bytes: Vec<u8>,
    /// For each byte, the bytes of the original text that it was read from.
    places: Vec<Place>,
}

/// A range of the original text.
pub(super) type Place = (usize, usize);

impl View {
    /// Returns the view of a text that is not decoded.
    pub(super) fn of(text: &str) -> Self {
        let mut view = Self { bytes: Vec::with_capacity(text.len()), places: Vec::with_capacity(text.len()) };
        let mut utf8 = [0; 4];
        for (at, char) in text.char_indices().filter(|&(_, char)| !is_hidden(char)) {
            let place = (at, at + char.len_utf8());
            view.bytes.extend_from_slice(char.encode_utf8(&mut utf8).as_bytes());
            view.places.resize(view.bytes.len(), place);
        }
        view
    }

    /// Returns the view of decoded bytes.
    pub(super) fn decoded(bytes: &[u8], places: &[Place]) -> Self {
        let mut view =
            Self { bytes: Vec::with_capacity(bytes.len()), places: Vec::with_capacity(bytes.len()) };
        let mut at = 0;
        let mut push = |part: &[u8], at: usize| {
            view.bytes.extend_from_slice(part);
            view.places.extend_from_slice(&places[at..at + part.len()]);
        };
        for chunk in bytes.utf8_chunks() {
            for char in chunk.valid().chars() {
                let len = char.len_utf8();
                if !is_hidden(char) {
                    push(&bytes[at..at + len], at);
                }
                at += len;
            }
            push(chunk.invalid(), at);
            at += chunk.invalid().len();
        }
        view
    }

    /// Returns the view without its parts that are no text, and without texts below `min_len`
    /// bytes.
    ///
    /// Most of what is decoded was never encoded. One byte, which no text has, separates the rest.
    pub(super) fn without_noise(&self, min_len: usize) -> Self {
        let mut view = Self { bytes: Vec::new(), places: Vec::new() };
        let mut at = 0;
        for chunk in self.bytes.utf8_chunks() {
            let (start, end) = (at, at + chunk.valid().len());
            at = end + chunk.invalid().len();
            if end - start >= min_len {
                view.bytes.extend_from_slice(&self.bytes[start..end]);
                view.places.extend_from_slice(&self.places[start..end]);
                view.bytes.push(0xff);
                view.places.push(self.places[end - 1]);
            }
        }
        view
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the bytes with their places.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u8, Place)> {
        self.bytes.iter().copied().zip(self.places.iter().copied())
    }

    /// Returns the place of a range of bytes, or `None` for an empty range.
    pub(super) fn place(&self, range: Range<usize>) -> Option<Place> {
        let places = self.places.get(range)?;
        Some((places.first()?.0, places.last()?.1))
    }
}
