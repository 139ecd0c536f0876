//! The ordered rules, prepared for matching.
//!
//! A look-up in a `HeaderMap` hashes the name, 20 ns each, and most requests have none of the headers that the
//! rules ask for. So the router walks the request's headers once and picks out the ones that some rule names; a
//! 64-bit filter turns nearly all the others away without comparing a name.

use super::headers::{Headers, append};
use crate::config::model::{RouteConfig, ValueMatch};

/// So many different header names are looked up without an allocation.
const INLINE_NAMES: usize = 16;

/// A header that occurs more than once: its index into the router's `names`, and its joined value.
type Repeated = (usize, Vec<u8>);

/// Finds the first route that a request's headers match.
#[derive(Clone, Debug)]
pub(crate) struct Router {
    /// Every header name that some route asks for, once.
    names: Box<[Name]>,
    /// The bits of all `names`.
    filter: u64,
    routes: Box<[Box<[Condition]>]>,
}

#[derive(Clone, Debug)]
struct Name {
    /// What [`filter_bit`] gives for `text`.
    bit: u64,
    /// In lower case.
    text: Box<str>,
}

impl Name {
    fn is(&self, candidate: &str) -> bool {
        // Nearly every candidate is in lower case already, and comparing bytes is the faster way to find out.
        *self.text == *candidate || self.text.eq_ignore_ascii_case(candidate)
    }
}

/// One condition on one header.
#[derive(Clone, Debug)]
struct Condition {
    /// Index into the router's `names`.
    name: usize,
    value: ValueMatch,
}

impl Router {
    pub(crate) fn new(routes: &[RouteConfig]) -> Self {
        let mut names: Vec<Name> = Vec::new();
        let routes = routes
            .iter()
            .map(|route| {
                let conditions = route.headers.iter().map(|header| {
                    let lower = header.name.to_ascii_lowercase();
                    let known = names.iter().position(|name| *name.text == *lower);
                    let name = known.unwrap_or_else(|| {
                        names.push(Name { bit: filter_bit(&lower), text: lower.into_boxed_str() });
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

    /// The index of the first route all of whose conditions hold.
    pub(crate) fn first_match<H>(&self, headers: &H) -> Option<usize>
    where
        H: Headers + ?Sized,
    {
        if self.names.len() <= INLINE_NAMES {
            self.match_in(headers, &mut [None; INLINE_NAMES])
        } else {
            self.match_in(headers, &mut vec![None; self.names.len()])
        }
    }

    fn match_in<'a, H>(&self, headers: &'a H, values: &mut [Option<&'a [u8]>]) -> Option<usize>
    where
        H: Headers + ?Sized,
    {
        let repeated = if self.names.is_empty() { Vec::new() } else { self.collect(headers, values) };
        if repeated.is_empty() {
            return self.first(values);
        }
        let mut joined = values.to_vec();
        for (index, value) in &repeated {
            if let Some(slot) = joined.get_mut(*index) {
                *slot = Some(value);
            }
        }
        self.first(&joined)
    }

    /// Puts the value of each of `names` that `headers` has where its index says.
    fn collect<'a, H>(&self, headers: &'a H, values: &mut [Option<&'a [u8]>]) -> Vec<Repeated>
    where
        H: Headers + ?Sized,
    {
        let mut repeated = Vec::new();
        headers.for_each_header(|candidate, value| {
            let bit = filter_bit(candidate);
            if self.filter & bit == 0 {
                return;
            }
            let is_it = |name: &Name| name.bit == bit && name.is(candidate);
            let Some(index) = self.names.iter().position(is_it) else {
                return;
            };
            match values.get_mut(index) {
                Some(Some(first)) => add(&mut repeated, index, first, value),
                Some(empty) => *empty = Some(value),
                None => {}
            }
        });
        repeated
    }

    fn first(&self, values: &[Option<&[u8]>]) -> Option<usize> {
        let holds = |condition: &Condition| {
            let value = values.get(condition.name).copied().flatten();
            value.is_some_and(|value| condition.value.holds(value))
        };
        self.routes.iter().position(|conditions| conditions.iter().all(holds))
    }
}

/// Joins one more occurrence of the header `index` to the ones before, of which `first` is the first.
#[cold]
fn add(repeated: &mut Vec<Repeated>, index: usize, first: &[u8], value: &[u8]) {
    let known = repeated.iter().position(|(other, _)| *other == index);
    let known = known.unwrap_or_else(|| {
        repeated.push((index, first.to_vec()));
        repeated.len() - 1
    });
    if let Some((_, joined)) = repeated.get_mut(known) {
        append(joined, value);
    }
}

impl ValueMatch {
    /// Whether a header that is there, with `value`, is the one asked for.
    pub(super) fn holds(&self, value: &[u8]) -> bool {
        match self {
            Self::Exact(text) => value == text.as_bytes(),
            Self::Prefix(text) => value.starts_with(text.as_bytes()),
            Self::Regex(regex) => regex.is_match(value),
            Self::Present => true,
        }
    }
}

/// One bit of 64, from the length and the two ends of a name, whatever its case.
fn filter_bit(name: &str) -> u64 {
    // Letters of either case have the same low five bits.
    let end = |byte: Option<&u8>| u32::from(byte.copied().unwrap_or(0) & 0x1f);
    let bytes = name.as_bytes();
    let mixed =
        (bytes.len() as u32).wrapping_mul(11) ^ end(bytes.first()).wrapping_mul(5) ^ end(bytes.last());
    1 << (mixed % 64)
}
