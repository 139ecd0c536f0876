//! What can be routed on: anything that can list its headers.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use http::HeaderMap;

/// The headers of a request, as a registry routes on them.
///
/// It is implemented for [`http::HeaderMap`] and for maps, vectors, arrays and slices of pairs, so that messages
/// of other protocols (Kafka records, gRPC metadata, job queues) can be routed like HTTP requests. The case of a name
/// never matters; a value is taken byte for byte. A header that occurs more than once counts as one header whose
/// values are joined with `, ` in the order given, as [RFC 9110 §5.3] says. Two keys of a `HashMap` that differ in
/// case alone come in the map's own, arbitrary order.
///
/// [RFC 9110 §5.3]: https://www.rfc-editor.org/rfc/rfc9110#section-5.3
///
/// # Examples
///
/// A type of your own lists its headers:
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

    /// The value of the header `name`, its occurrences joined with `, `; `None` if there is none.
    ///
    /// This allocates only for a header that occurs more than once.
    fn header(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        let mut found: Option<Cow<'_, [u8]>> = None;
        self.for_each_header(|candidate, value| {
            if candidate.eq_ignore_ascii_case(name) {
                match &mut found {
                    Some(joined) => append(joined.to_mut(), value),
                    None => found = Some(Cow::Borrowed(value)),
                }
            }
        });
        found
    }
}

/// Adds one more occurrence of a header to the value of those before.
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
