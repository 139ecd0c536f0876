//! The ordered rules, prepared for matching.
//!
//! A look-up in a `HeaderMap` hashes the name, 20 ns each, and most requests have none of the headers that the
//! rules ask for. So the router walks the request's headers once and picks out the ones that some rule names; a
//! 64-bit filter turns nearly all the others away without comparing a name.

use std::borrow::Cow;

use super::headers::{Headers, join};
use crate::config::model::{RouteConfig, ValueMatch};

/// So many different header names are looked up without an allocation.
const INLINE_NAMES: usize = 16;

type Value<'a> = Option<Cow<'a, [u8]>>;

/// Finds the first route that a request's headers match.
#[derive(Clone, Debug)]
pub(crate) struct Router {
    /// Every header name that some route asks for, once, in lower case.
    names: Box<[Box<str>]>,
    /// The bits that [`filter_bit`] gives for `names`.
    filter: u64,
    routes: Box<[Box<[Condition]>]>,
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
        let mut names: Vec<Box<str>> = Vec::new();
        let routes = routes
            .iter()
            .map(|route| {
                let conditions = route.headers.iter().map(|header| {
                    let lower = header.name.to_ascii_lowercase();
                    let known = names.iter().position(|name| **name == *lower);
                    let name = known.unwrap_or_else(|| {
                        names.push(lower.into_boxed_str());
                        names.len() - 1
                    });
                    Condition { name, value: header.value.clone() }
                });
                conditions.collect()
            })
            .collect();
        let filter = names.iter().fold(0, |filter, name| filter | filter_bit(name));
        Self { names: names.into_boxed_slice(), filter, routes }
    }

    /// The index of the first route all of whose conditions hold.
    pub(crate) fn first_match<H>(&self, headers: &H) -> Option<usize>
    where
        H: Headers + ?Sized,
    {
        if self.names.len() <= INLINE_NAMES {
            let mut values = [const { None }; INLINE_NAMES];
            self.match_in(headers, &mut values)
        } else {
            self.match_in(headers, &mut vec![None; self.names.len()])
        }
    }

    fn match_in<'a, H>(&self, headers: &'a H, values: &mut [Value<'a>]) -> Option<usize>
    where
        H: Headers + ?Sized,
    {
        if !self.names.is_empty() {
            self.collect(headers, values);
        }
        let holds = |condition: &Condition| {
            let value = values.get(condition.name).and_then(Option::as_deref);
            value.is_some_and(|value| condition.value.holds(value))
        };
        self.routes.iter().position(|conditions| conditions.iter().all(holds))
    }

    /// Puts the value of each of `names` that `headers` has where its index says.
    fn collect<'a, H>(&self, headers: &'a H, values: &mut [Value<'a>])
    where
        H: Headers + ?Sized,
    {
        headers.for_each_header(|candidate, value| {
            if self.filter & filter_bit(candidate) == 0 {
                return;
            }
            let index = self.names.iter().position(|name| candidate.eq_ignore_ascii_case(name));
            if let Some(found) = index.and_then(|index| values.get_mut(index)) {
                join(found, value);
            }
        });
    }
}

impl ValueMatch {
    /// Whether a header that is there, with `value`, is the one asked for.
    fn holds(&self, value: &[u8]) -> bool {
        match self {
            Self::Exact(text) => value == text.as_bytes(),
            Self::Prefix(text) => value.starts_with(text.as_bytes()),
            Self::Regex(regex) => regex.is_match(value),
            Self::Present => true,
        }
    }
}

/// One bit of 64, from the length and the ends of a name and whatever its case.
fn filter_bit(name: &str) -> u64 {
    // Letters of either case have the same low five bits.
    let end = |byte: Option<&u8>| u32::from(byte.copied().unwrap_or(0) & 0x1f);
    let bytes = name.as_bytes();
    let mixed =
        (bytes.len() as u32).wrapping_mul(11) ^ end(bytes.first()).wrapping_mul(5) ^ end(bytes.last());
    1 << (mixed % 64)
}
