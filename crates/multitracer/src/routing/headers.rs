//! The headers of a request, as any protocol lists them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use http::HeaderMap;

/// The headers of a request, on which a registry routes.
///
/// [`http::HeaderMap`] implements this trait, and so do maps, vectors, arrays and slices of pairs.
/// Messages of other protocols, such as Kafka records, gRPC metadata or jobs of a queue, can
/// therefore be routed like HTTP requests.
///
/// Names are compared without regard to case, values byte by byte. A header that occurs more than
/// once counts as one header. Its values are joined with `, ` in the order given, as [RFC 9110
/// §5.3] says. If two keys of a `HashMap` differ only in case, their order is arbitrary.
///
/// [RFC 9110 §5.3]: https://www.rfc-editor.org/rfc/rfc9110#section-5.3
///
/// # Examples
///
/// A type of your own implements the trait by listing its headers:
///
/// ```
/// use multitracer::routing::Headers;
///
/// struct Job {
///     customer: String,
///     payload: Vec<u8>,
/// }
///
/// impl Headers for Job {
///     fn for_each_header<'a, F: FnMut(&'a str, &'a [u8])>(&'a self, mut visit: F) {
///         visit("X-Customer", self.customer.as_bytes());
///     }
/// }
///
/// let job = Job { customer: "acme".to_owned(), payload: vec![] };
/// assert_eq!(job.header("x-customer").as_deref(), Some(&b"acme"[..]));
/// assert_eq!(job.header("x-plan"), None);
/// ```
pub trait Headers {
    /// Calls `visit` with the name and the value of every header, once per occurrence.
    fn for_each_header<'a, F>(&'a self, visit: F)
    where
        F: FnMut(&'a str, &'a [u8]);

    /// Returns the value of the header `name`, with its occurrences joined by `, `. Returns `None`
    /// if the request has no such header.
    ///
    /// The call allocates only if the header occurs more than once.
    fn header(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        let mut found: Option<Cow<'_, [u8]>> = None;
        self.for_each_header(|candidate, value| {
            if candidate.eq_ignore_ascii_case(name) {
                add_occurrence(&mut found, value);
            }
        });
        found
    }
}

/// Adds an occurrence of a header to those that were `found` before.
pub(crate) fn add_occurrence<'a>(found: &mut Option<Cow<'a, [u8]>>, value: &'a [u8]) {
    match found {
        Some(joined) => append(joined.to_mut(), value),
        None => *found = Some(Cow::Borrowed(value)),
    }
}

/// Appends another occurrence of a header to its joined value.
pub(super) fn append(joined: &mut Vec<u8>, value: &[u8]) {
    joined.extend_from_slice(b", ");
    joined.extend_from_slice(value);
}

impl Headers for HeaderMap {
    fn for_each_header<'a, F>(&'a self, mut visit: F)
    where
        F: FnMut(&'a str, &'a [u8]),
    {
        for (name, value) in self {
            visit(name.as_str(), value.as_bytes());
        }
    }
}

impl<K, V> Headers for [(K, V)]
where
    K: AsRef<str>,
    V: AsRef<[u8]>,
{
    fn for_each_header<'a, F>(&'a self, mut visit: F)
    where
        F: FnMut(&'a str, &'a [u8]),
    {
        for (name, value) in self {
            visit(name.as_ref(), value.as_ref());
        }
    }
}

impl<K, V, const N: usize> Headers for [(K, V); N]
where
    K: AsRef<str>,
    V: AsRef<[u8]>,
{
    fn for_each_header<'a, F>(&'a self, visit: F)
    where
        F: FnMut(&'a str, &'a [u8]),
    {
        self.as_slice().for_each_header(visit);
    }
}

impl<K, V> Headers for Vec<(K, V)>
where
    K: AsRef<str>,
    V: AsRef<[u8]>,
{
    fn for_each_header<'a, F>(&'a self, visit: F)
    where
        F: FnMut(&'a str, &'a [u8]),
    {
        self.as_slice().for_each_header(visit);
    }
}

impl<K, V, S> Headers for HashMap<K, V, S>
where
    K: AsRef<str>,
    V: AsRef<[u8]>,
{
    fn for_each_header<'a, F>(&'a self, mut visit: F)
    where
        F: FnMut(&'a str, &'a [u8]),
    {
        for (name, value) in self {
            visit(name.as_ref(), value.as_ref());
        }
    }
}

impl<K, V> Headers for BTreeMap<K, V>
where
    K: AsRef<str>,
    V: AsRef<[u8]>,
{
    fn for_each_header<'a, F>(&'a self, mut visit: F)
    where
        F: FnMut(&'a str, &'a [u8]),
    {
        for (name, value) in self {
            visit(name.as_ref(), value.as_ref());
        }
    }
}

impl<H> Headers for &H
where
    H: Headers + ?Sized,
{
    fn for_each_header<'a, F>(&'a self, visit: F)
    where
        F: FnMut(&'a str, &'a [u8]),
    {
        (**self).for_each_header(visit);
    }
}
