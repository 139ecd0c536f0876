//! The matcher of ordered rules.
//!
//! A look-up in a `HeaderMap` hashes the name, which costs 20 ns. Most requests have none of the
//! headers that the rules name. The router therefore walks the request's headers once and picks the
//! headers that some rule names. A 64-bit filter rejects nearly all other headers without comparing
//! names.

use super::headers::{Headers, append};
use crate::config::model::{RouteConfig, ValueMatch};

/// The largest number of header names that a match handles without an allocation.
const INLINE_NAMES: usize = 16;

/// A header that occurs more than once.
struct RepeatedHeader {
    /// Index into the router's `names`.
    name: usize,
    joined: Vec<u8>,
}

/// The rules of a registry, prepared for matching.
#[derive(Clone, Debug)]
pub(crate) struct Router {
    /// The distinct header names of all routes.
    names: Box<[HeaderName]>,
    /// The bits of all `names`.
    filter: u64,
    /// The conditions of each route.
    routes: Box<[Box<[Condition]>]>,
}

/// A header name that some route has a condition on.
#[derive(Clone, Debug)]
struct HeaderName {
    /// The [`filter_bit`] of `text`.
    bit: u64,
    /// The name in lower case.
    text: Box<str>,
}

impl HeaderName {
    fn matches(&self, candidate: &str) -> bool {
        // nearly every candidate is in lower case, and comparing bytes is faster
        *self.text == *candidate || self.text.eq_ignore_ascii_case(candidate)
    }
}

/// A condition on one header.
#[derive(Clone, Debug)]
struct Condition {
    /// Index into the router's `names`.
    name: usize,
    value: ValueMatch,
}

impl Router {
    /// Prepares `routes` for matching.
    pub(crate) fn new(routes: &[RouteConfig]) -> Self {
        let mut names: Vec<HeaderName> = Vec::new();
        let routes = routes
            .iter()
            .map(|route| {
                let conditions = route.headers.iter().map(|header| {
                    let lower = header.name.to_ascii_lowercase();
                    let known = names.iter().position(|name| *name.text == *lower);
                    let name = known.unwrap_or_else(|| {
                        names.push(HeaderName { bit: filter_bit(&lower), text: lower.into_boxed_str() });
                        names.len() - 1
                    });
                    Condition { name, value: header.value.clone() }
                });
                conditions.collect()
            })
            .collect();
        let filter = names.iter().fold(0, |filter, name| filter | name.bit);
        Self { names: names.into_boxed_slice(), filter, routes }
    }

    /// Returns the index of the first route whose conditions all hold.
    pub(crate) fn first_match<H>(&self, headers: &H) -> Option<usize>
    where
        H: Headers + ?Sized,
    {
        if self.names.is_empty() {
            self.first_match_of(&[])
        } else {
            self.first_match_and(headers, |_, _| ())
        }
    }

    /// Returns the index of the first route whose conditions all hold. Passes each header to
    /// `visit`, in the same walk.
    pub(crate) fn first_match_and<'a, H, V>(&self, headers: &'a H, visit: V) -> Option<usize>
    where
        H: Headers + ?Sized,
        V: FnMut(&'a str, &'a [u8]),
    {
        match self.names.len() {
            0 => {
                headers.for_each_header(visit);
                self.first_match_of(&[])
            }
            1..=INLINE_NAMES => self.match_with(headers, &mut [None; INLINE_NAMES], visit),
            names => self.match_with(headers, &mut vec![None; names], visit),
        }
    }

    fn match_with<'a, H, V>(&self, headers: &'a H, values: &mut [Option<&'a [u8]>], visit: V) -> Option<usize>
    where
        H: Headers + ?Sized,
        V: FnMut(&'a str, &'a [u8]),
    {
        let repeated = self.collect_values(headers, values, visit);
        if repeated.is_empty() {
            return self.first_match_of(values);
        }
        let mut joined = values.to_vec();
        for header in &repeated {
            if let Some(slot) = joined.get_mut(header.name) {
                *slot = Some(&header.joined);
            }
        }
        self.first_match_of(&joined)
    }

    /// Writes the value of each name in `names` to its index in `values`. Returns the headers that
    /// occur more than once.
    fn collect_values<'a, H, V>(
        &self,
        headers: &'a H,
        values: &mut [Option<&'a [u8]>],
        mut visit: V,
    ) -> Vec<RepeatedHeader>
    where
        H: Headers + ?Sized,
        V: FnMut(&'a str, &'a [u8]),
    {
        let mut repeated = Vec::new();
        headers.for_each_header(|candidate, value| {
            visit(candidate, value);
            let bit = filter_bit(candidate);
            if self.filter & bit == 0 {
                return;
            }
            let is_candidate = |name: &HeaderName| name.bit == bit && name.matches(candidate);
            let Some(name) = self.names.iter().position(is_candidate) else {
                return;
            };
            match values.get_mut(name) {
                Some(Some(first)) => join(&mut repeated, name, first, value),
                Some(empty) => *empty = Some(value),
                None => {}
            }
        });
        repeated
    }

    /// Returns the index of the first route whose conditions hold for `values`.
    fn first_match_of(&self, values: &[Option<&[u8]>]) -> Option<usize> {
        let holds = |condition: &Condition| {
            let value = values.get(condition.name).copied().flatten();
            value.is_some_and(|value| condition.value.holds(value))
        };
        self.routes.iter().position(|conditions| conditions.iter().all(holds))
    }
}

/// Joins another occurrence of the header `name` to the occurrences before. `first` is the first
/// one.
#[cold]
fn join(repeated: &mut Vec<RepeatedHeader>, name: usize, first: &[u8], value: &[u8]) {
    if let Some(header) = repeated.iter_mut().find(|header| header.name == name) {
        append(&mut header.joined, value);
        return;
    }
    let mut joined = first.to_vec();
    append(&mut joined, value);
    repeated.push(RepeatedHeader { name, joined });
}

impl ValueMatch {
    /// Returns `true` if the condition holds for a header with this value.
    pub(super) fn holds(&self, value: &[u8]) -> bool {
        match self {
            Self::Exact(text) => value == text.as_bytes(),
            Self::Prefix(text) => value.starts_with(text.as_bytes()),
            Self::Regex(regex) => regex.is_match(value),
            Self::Present => true,
        }
    }
}

/// Returns one bit of 64, computed from the length and both ends of a name. Case does not matter.
fn filter_bit(name: &str) -> u64 {
    // upper and lower case of a letter have the same low five bits
    let low_bits = |byte: Option<&u8>| u32::from(byte.copied().unwrap_or(0) & 0x1f);
    let bytes = name.as_bytes();
    let mixed = (bytes.len() as u32).wrapping_mul(11)
        ^ low_bits(bytes.first()).wrapping_mul(5)
        ^ low_bits(bytes.last());
    1 << (mixed % 64)
}
