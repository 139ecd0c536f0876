//! Why a request goes where it goes, for people.

use std::fmt;

use super::headers::Headers;
use super::route::Route;
use crate::config::mentions_secret;
use crate::config::model::{HeaderMatch, RouteConfig, ValueMatch};

/// The decision for one request, with what each rule had to say on the way; from
/// [`Registry::explain_route`](crate::Registry::explain_route).
///
/// `Display` has one line for each rule.
#[derive(Clone, Debug)]
pub struct Explanation {
    route: Route,
    rules: Vec<RuleOutcome>,
}

/// What one route made of a request's headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleOutcome {
    route: String,
    misses: Vec<String>,
}

/// How much of a header's value is shown, in characters.
const LONGEST: usize = 100;

impl Explanation {
    pub(crate) fn new<H: Headers + ?Sized>(route: Route, routes: &[RouteConfig], headers: &H) -> Self {
        let mut rules = Vec::new();
        for config in routes {
            let misses: Vec<String> = config.headers.iter().filter_map(|each| miss(each, headers)).collect();
            let matched = misses.is_empty();
            rules.push(RuleOutcome { route: config.name.clone(), misses });
            if matched {
                break;
            }
        }
        Self { route, rules }
    }

    /// What was decided.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// The routes that were tried, in order; the last one matched, if any did.
    #[must_use]
    pub fn rules(&self) -> &[RuleOutcome] {
        &self.rules
    }
}

impl RuleOutcome {
    /// The route's name.
    #[must_use]
    pub fn route(&self) -> &str {
        &self.route
    }

    /// Whether all its conditions hold.
    #[must_use]
    pub fn matched(&self) -> bool {
        self.misses.is_empty()
    }

    /// Each condition that does not hold, and why. Values of headers whose names speak of secrets are not shown.
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

/// Why a condition does not hold; `None`: it does.
fn miss<H: Headers + ?Sized>(condition: &HeaderMatch, headers: &H) -> Option<String> {
    let name = &condition.name;
    let Some(value) = headers.header(name) else { return Some(format!("no header `{name}`")) };
    if condition.value.holds(&value) {
        return None;
    }
    let secret = mentions_secret(name);
    let shown = |text: &str| match text {
        _ if secret => "another value".to_owned(),
        text if text.chars().count() > LONGEST => {
            format!("`{}…`", text.chars().take(LONGEST).collect::<String>().escape_debug())
        }
        text => format!("`{}`", text.escape_debug()),
    };
    let found = shown(&String::from_utf8_lossy(&value));
    Some(match &condition.value {
        _ if secret => format!("`{name}` does not have the value that is wanted"),
        ValueMatch::Exact(wanted) => format!("`{name}` is {found}, not {}", shown(wanted)),
        ValueMatch::Prefix(wanted) => {
            format!("`{name}` is {found}, which does not start with {}", shown(wanted))
        }
        ValueMatch::Regex(regex) => {
            format!("`{name}` is {found}, which does not match {}", shown(regex.as_str()))
        }
        ValueMatch::Present => return None,
    })
}
