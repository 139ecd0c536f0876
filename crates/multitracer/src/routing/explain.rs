//! Explanations of routing decisions, for people.

use std::fmt;

use super::headers::Headers;
use super::route::Route;
use crate::config::is_credential_header;
use crate::config::model::{HeaderMatch, RouteConfig, ValueMatch};

/// A routing decision with the outcome of each rule that was tried.
///
/// `Display` prints one line per rule, then the tracer. Comes from
/// [`Registry::explain_route`](crate::Registry::explain_route).
///
/// ```
/// # use multitracer::Registry;
/// # let registry = Registry::from_yaml(r#"
/// # default_tracer: production
/// # tracers: {production: {exporter: console}, canary: {exporter: console}}
/// # routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
/// # "#)?;
/// let explanation = registry.explain_route(&[("accept", "*/*")]);
/// assert_eq!(
///     explanation.to_string(),
///     "canary-users: no header `x-canary-user`\ntracer: production",
/// );
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Explanation {
    route: Route,
    rules: Vec<RuleOutcome>,
}

/// The outcome of one route for the headers of a request.
///
/// ```
/// # use multitracer::Registry;
/// # let registry = Registry::from_yaml(r#"
/// # default_tracer: production
/// # tracers: {production: {exporter: console}, canary: {exporter: console}}
/// # routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
/// # "#)?;
/// let explanation = registry.explain_route(&[("x-canary-user", "yes")]);
/// let outcome = &explanation.rules()[0];
/// assert_eq!((outcome.route(), outcome.matched()), ("canary-users", false));
/// assert_eq!(outcome.misses(), ["`x-canary-user` is `yes`, not `true`"]);
/// # Ok::<(), multitracer::error::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleOutcome {
    route: String,
    misses: Vec<String>,
}

/// The largest number of characters of a value that a text shows.
const MAX_SHOWN_CHARS: usize = 100;

impl Explanation {
    /// Explains `route`, which `routes` gave for `headers`.
    pub(crate) fn new<H: Headers + ?Sized>(route: Route, routes: &[RouteConfig], headers: &H) -> Self {
        let mut rules = Vec::new();
        for config in routes {
            let misses = config.headers.iter().filter_map(|condition| miss(condition, headers)).collect();
            let rule = RuleOutcome { route: config.name.clone(), misses };
            let matched = rule.matched();
            rules.push(rule);
            if matched {
                break;
            }
        }
        Self { route, rules }
    }

    /// Returns the decision.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Returns the outcomes of the routes that were tried, in order. Only the last can be a match.
    #[must_use]
    pub fn rules(&self) -> &[RuleOutcome] {
        &self.rules
    }
}

impl RuleOutcome {
    /// Returns the route's name.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.route
    }

    /// Returns `true` if all conditions of the route hold.
    #[must_use]
    pub fn matched(&self) -> bool {
        self.misses.is_empty()
    }

    /// Returns a text for each condition that does not hold. The texts hide the values of headers
    /// with names such as `authorization` or `x-api-key`.
    #[must_use]
    pub fn misses(&self) -> &[String] {
        &self.misses
    }
}

impl fmt::Display for RuleOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.matched() {
            return write!(f, "{}: matches", self.route);
        }
        write!(f, "{}: {}", self.route, self.misses.join("; "))
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in &self.rules {
            writeln!(f, "{rule}")?;
        }
        write!(f, "tracer: {}", self.route.tracer().name())
    }
}

/// Returns the text about a condition that does not hold, or `None` if it holds.
fn miss<H: Headers + ?Sized>(condition: &HeaderMatch, headers: &H) -> Option<String> {
    let name = &condition.name;
    let Some(value) = headers.header(name) else { return Some(format!("no header `{name}`")) };
    if condition.value.holds(&value) {
        return None;
    }
    if is_credential_header(name) {
        return Some(format!("`{name}` does not have the expected value"));
    }
    let found = quoted(&String::from_utf8_lossy(&value));
    Some(match &condition.value {
        ValueMatch::Exact(expected) => format!("`{name}` is {found}, not {}", quoted(expected)),
        ValueMatch::Prefix(prefix) => {
            format!("`{name}` is {found}, which does not start with {}", quoted(prefix))
        }
        ValueMatch::Regex(regex) => {
            format!("`{name}` is {found}, which does not match {}", quoted(regex.as_str()))
        }
        ValueMatch::Present => return None,
    })
}

/// Returns the start of `text`, escaped and in backquotes.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("`{}…`", text[..end].escape_debug()),
        None => format!("`{}`", text.escape_debug()),
    }
}
