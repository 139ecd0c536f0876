//! The path of a value, as users write it: `tracers.canary.exporter`, `routes[2].tracer`.

use std::fmt;

use crate::config::secret::{is_credential_header, shown_key, shown_len};
use crate::config::suggest;

/// The keys and positions from the top of the file to one value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct KeyPath(Vec<Segment>);

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Segment {
    Key(String),
    Index(usize),
}

impl KeyPath {
    pub(crate) fn root() -> Self {
        Self::default()
    }

    pub(crate) fn key(&self, key: impl Into<String>) -> Self {
        self.join(Segment::Key(key.into()))
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        self.join(Segment::Index(index))
    }

    fn join(&self, segment: Segment) -> Self {
        let mut segments = Vec::with_capacity(self.0.len() + 1);
        segments.extend_from_slice(&self.0);
        segments.push(segment);
        Self(segments)
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Returns every path above this one, from the top.
    pub(crate) fn above(&self) -> impl Iterator<Item = Self> + '_ {
        (0..self.0.len()).map(|length| Self(self.0.iter().take(length).cloned().collect()))
    }

    /// Returns the path of the list that this path is an item of.
    pub(crate) fn list(&self) -> Option<Self> {
        match self.segments() {
            [list @ .., Segment::Index(_)] => Some(Self(list.to_vec())),
            _ => None,
        }
    }

    /// Returns `true` if messages must not show the values at this path.
    ///
    /// The keys alone decide, and an unclear key counts as secret: a misspelt `api-key` is secret
    /// too.
    pub(crate) fn is_secret(&self) -> bool {
        let is_first = |name: &str| matches!(self.0.first(), Some(Segment::Key(key)) if key == name);
        let (routes, experiments) = (is_first("routes"), is_first("experiments"));
        let named = experiments || is_first("tracers");
        if let [.., Segment::Key(headers), Segment::Index(_), Segment::Key(name)] = self.0.as_slice()
            && headers == "headers"
            && (name == "name" || name == "type")
        {
            return false;
        }
        self.0.iter().enumerate().any(|(position, segment)| match segment {
            // a tracer's name says nothing about the secrecy of its values
            Segment::Key(_) if named && position == 1 && self.0.len() > 2 => false,
            // the headers of requests, which are no secrets, unlike those of an exporter
            Segment::Key(key) if routes && position == 2 && key == "headers" => false,
            Segment::Key(key) if experiments && position == 3 && key == "header" => false,
            Segment::Key(key) => holds_secret(key, position + 1 == self.0.len()),
            Segment::Index(_) => false,
        })
    }

    /// Returns `true` if the value at this path is a credential of an exporter.
    pub(crate) fn is_credential(&self) -> bool {
        let is =
            |position: usize, key: &str| matches!(self.0.get(position), Some(Segment::Key(k)) if k == key);
        let start = if is(0, "defaults") { 1 } else { 2 };
        is(start, "api_key")
            || (is(start, "exporter") && (is(start + 2, "headers") || is(start + 2, "headers_list")))
            || (is(start, "exporters") && (is(start + 3, "headers") || is(start + 3, "headers_list")))
    }

    /// Returns the path that a tracer's key inherits from: `tracers.<name>.rest` ->
    /// `defaults.rest`.
    pub(crate) fn in_defaults(&self) -> Option<Self> {
        match self.segments() {
            [Segment::Key(tracers), Segment::Key(_), rest @ ..]
                if tracers == "tracers" && !rest.is_empty() =>
            {
                let head = [Segment::Key("defaults".to_owned())];
                Some(Self([&head, rest].concat()))
            }
            _ => None,
        }
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if key.contains('.') || key.is_empty() => {
                    write!(f, "[\"{}\"]", shown_key(key))?;
                }
                Segment::Key(key) if position == 0 => f.write_str(&shown_key(key))?,
                Segment::Key(key) => write!(f, ".{}", shown_key(key))?,
            }
        }
        Ok(())
    }
}

/// Returns `true` if a key says that the value under it is secret. For the `last` key misspellings
/// count, too.
fn holds_secret(key: &str, last: bool) -> bool {
    key.is_empty()
        || shown_len(key) < key.len()
        || is_credential_header(key)
        || (last && suggest::nearest(key, ["api_key", "authorization", "headers", "headers_list"]).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_renders_as_a_user_writes_it() {
        let path = KeyPath::root().key("tracers").key("a").key("attributes").key("service.name");
        assert_eq!(path.to_string(), r#"tracers.a.attributes["service.name"]"#);
        assert_eq!(KeyPath::root().key("routes").index(2).key("tracer").to_string(), "routes[2].tracer");
        assert_eq!(KeyPath::root().to_string(), "");
    }

    #[test]
    fn secret_places_are_found() {
        let tracer = KeyPath::root().key("tracers").key("a");
        assert!(tracer.key("api_key").is_secret());
        assert!(tracer.key("apiKey").is_secret() && tracer.key("api_k-ey").is_secret());
        assert!(tracer.key("api_kye").is_secret() && tracer.key("athorization").is_secret());
        assert!(tracer.key("exporter").key("otlp_http").key("headers").key("x").is_secret());
        assert!(!tracer.key("project").is_secret());
        assert!(!KeyPath::root().key("tracers").key("author").key("project").is_secret());
        let headers = tracer.key("exporter").key("otlp_http").key("headers");
        assert!(headers.index(0).key("value").is_secret() && headers.index(0).key("value").is_credential());
        assert!(!headers.index(0).key("name").is_secret());
        let one_of_two = tracer.key("exporters").index(0).key("otlp_http").key("headers").key("x-a");
        assert!(one_of_two.is_secret() && one_of_two.is_credential());
        assert!(!tracer.key("resource").key("attributes").key("cache_key").is_credential());
        assert!(!KeyPath::root().key("routes").index(0).key("headers").key("X-Plan").is_secret());
        for name in ["Authorization", "x-honeycomb-team", "X-Honeycomb-Team"] {
            assert!(KeyPath::root().key("routes").index(0).key("headers").key(name).is_secret(), "{name}");
        }
    }
}
