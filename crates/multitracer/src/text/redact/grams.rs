//! The short parts of secrets, by which a secret is found in a text.

use std::ops::Range;

use super::view::View;

/// Length of the parts of a secret that no text shows, in bytes.
const MAX_LEN: usize = 6;

/// Minimum length of a secret, in bytes. A shorter value would match in any text.
pub(super) const MIN_LEN: usize = 4;

/// The parts of all secrets: each six consecutive bytes, or a whole shorter secret.
#[derive(Default)]
pub(super) struct Grams {
    /// Sorted. A part is a number, with its length in the top byte.
    grams: Vec<u64>,
    /// The lengths that occur.
    lens: Vec<usize>,
}

impl Grams {
    /// Adds a secret.
    pub(super) fn add(&mut self, secret: &View) {
        let bytes = secret.bytes();
        let len = bytes.len().min(MAX_LEN);
        if len >= MIN_LEN {
            self.grams.extend(bytes.windows(len).map(gram));
        }
    }

    /// Sorts the parts, after the last secret.
    pub(super) fn finish(&mut self) {
        self.grams.sort_unstable();
        self.grams.dedup();
        let is_used = |&len: &usize| self.grams.iter().any(|gram| gram >> 56 == len as u64);
        self.lens = (MIN_LEN..=MAX_LEN).filter(is_used).collect();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.grams.is_empty()
    }

    /// Calls `found` with the place of each part of a secret in `bytes`.
    pub(super) fn find(&self, bytes: &[u8], mut found: impl FnMut(Range<usize>)) {
        for &len in &self.lens {
            for (at, window) in bytes.windows(len).enumerate() {
                if self.grams.binary_search(&gram(window)).is_ok() {
                    found(at..at + len);
                }
            }
        }
    }
}

/// Returns a part as a number, without regard to case.
fn gram(bytes: &[u8]) -> u64 {
    let fold = |number, byte: &u8| number << 8 | u64::from(byte.to_ascii_lowercase());
    bytes.iter().fold(0, fold) | (bytes.len() as u64) << 56
}
