//! The encoded attributes of the place of a span, prepared once per place.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use super::protobuf::span_attributes;
use crate::record::{CodePlace, PlaceKey};

/// The encoded attributes of each place. At most one entry per traced function and its generic
/// arguments, and a few per callsite of `tracing`.
static ENCODED: LazyLock<RwLock<HashMap<PlaceKey, &'static [u8]>>> = LazyLock::new(RwLock::default);

/// The number of places that a request remembers.
const REMEMBERED: usize = 16;

/// The encoded attributes of some places, which one request looks up without a lock.
#[derive(Default)]
pub(super) struct EncodedCode([Option<(PlaceKey, &'static [u8])>; REMEMBERED]);

impl EncodedCode {
    /// Returns the `code.*` attributes of a place as the field `Span.attributes`.
    pub(super) fn of(&mut self, code: CodePlace) -> &'static [u8] {
        let key = code.key();
        // the lowest bits of addresses are equal
        let slot = &mut self.0[(key.0 >> 3 ^ key.1 >> 4) % REMEMBERED];
        match slot {
            Some((known, encoded)) if *known == key => encoded,
            _ => slot.insert((key, encoded_code(key, code))).1,
        }
    }
}

fn encoded_code(key: PlaceKey, code: CodePlace) -> &'static [u8] {
    let known = ENCODED.read().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
    known.unwrap_or_else(|| {
        let mut encoded = ENCODED.write().unwrap_or_else(PoisonError::into_inner);
        encoded.entry(key).or_insert_with(|| {
            let mut attributes = Vec::new();
            code.add_attributes(&mut attributes);
            span_attributes(&attributes).leak()
        })
    })
}
