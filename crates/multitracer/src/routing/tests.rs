//! Tests of routing.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use http::header::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::{any, proptest};
use regex::bytes::Regex;

use super::{Headers, Router};
use crate::config::model::{HeaderMatch, RouteConfig, RouteTarget, ValueMatch};

fn exact(value: &str) -> ValueMatch {
    ValueMatch::Exact(value.to_owned())
}

fn prefix(value: &str) -> ValueMatch {
    ValueMatch::Prefix(value.to_owned())
}

fn regex(pattern: &str) -> ValueMatch {
    ValueMatch::Regex(Regex::new(pattern).unwrap())
}

fn route(headers: &[(&str, ValueMatch)]) -> RouteConfig {
    RouteConfig {
        name: "test".to_owned(),
        headers: headers
            .iter()
            .map(|(name, value)| HeaderMatch { name: (*name).to_owned(), value: value.clone() })
            .collect(),
        target: RouteTarget::Tracer("canary".to_owned()),
    }
}

/// Returns a router with one route that has one condition.
fn single(name: &str, value: ValueMatch) -> Router {
    Router::new(&[route(&[(name, value)])])
}

fn header_map(headers: &[(&str, &[u8])]) -> HeaderMap {
    let parse = |(name, value): &(&str, &[u8])| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value).unwrap())
    };
    headers.iter().map(parse).collect()
}

/// Returns `true` if the only route matches. A header map and a slice of pairs must agree.
fn matches(router: &Router, headers: &[(&str, &[u8])]) -> bool {
    let found = router.first_match(&header_map(headers));
    assert_eq!(found, router.first_match(headers), "{headers:?}");
    found == Some(0)
}

#[test]
fn exact_compares_bytes() {
    let router = single("x-canary-user", exact("true"));
    assert!(matches(&router, &[("x-canary-user", b"true")]));
    for value in [&b"True"[..], b"tru", b"true1", b"true,", b"", b"\xfftrue"] {
        assert!(!matches(&router, &[("x-canary-user", value)]), "{value:?}");
    }
    assert!(!matches(&router, &[("x-canary", b"true")]));
    assert!(!matches(&router, &[]));
}

#[test]
fn names_are_compared_without_regard_to_case() {
    for configured in ["X-Canary-User", "x-canary-user", "X-CANARY-USER"] {
        let router = single(configured, exact("true"));
        for sent in ["X-Canary-User", "x-canary-user", "X-CANARY-USER"] {
            assert!(matches(&router, &[(sent, b"true")]), "{configured} and {sent}");
        }
    }
}

#[test]
fn the_filter_does_not_confuse_similar_names() {
    // same length and same ends give the same filter bit
    let router = single("x-canary-user", exact("true"));
    assert!(!matches(&router, &[("x-banary-user", b"true")]));
    assert!(matches(&router, &[("x-banary-user", b"false"), ("x-canary-user", b"true")]));
}

#[test]
fn a_second_value_of_a_header_does_not_match() {
    let router = single("x-canary-user", exact("true"));
    assert!(!matches(&router, &[("x-canary-user", b"true"), ("x-canary-user", b"true")]));
    assert!(!matches(&router, &[("x-canary-user", b"false"), ("x-canary-user", b"true")]));
    assert!(!matches(&router, &[("x-canary-user", b"true"), ("X-Canary-User", b"")]));
    let anchored = single("x-plan", regex("^(pro|team)$"));
    assert!(matches(&anchored, &[("x-plan", b"pro")]));
    assert!(!matches(&anchored, &[("x-plan", b"pro"), ("x-plan", b"team")]));
}

#[test]
fn repeated_headers_are_joined_in_order() {
    let router = single("x-plan", exact("free, pro, team"));
    let joined = [("x-plan", &b"free"[..]), ("accept", b"*/*"), ("x-plan", b"pro"), ("x-plan", b"team")];
    assert!(matches(&router, &joined));
    assert!(!matches(&router, &[("x-plan", b"pro"), ("x-plan", b"free"), ("x-plan", b"team")]));
    assert!(matches(&router, &[("x-plan", b"free, pro, team")]));
}

#[test]
fn prefix_is_anchored_at_the_start() {
    let router = single("x-tenant", prefix("acme-"));
    assert!(matches(&router, &[("x-tenant", b"acme-eu")]));
    assert!(matches(&router, &[("x-tenant", b"acme-")]));
    for value in [&b"acme"[..], b"xacme-", b"ACME-eu", b""] {
        assert!(!matches(&router, &[("x-tenant", value)]), "{value:?}");
    }
}

#[test]
fn regex_is_anchored_only_by_its_own_anchors() {
    let anywhere = single("x-plan", regex("pro|team"));
    assert!(matches(&anywhere, &[("x-plan", b"a-team!")]));
    let anchored = single("x-plan", regex("^(pro|team)$"));
    assert!(!matches(&anchored, &[("x-plan", b"a-team!")]));
    assert!(!matches(&anchored, &[("x-plan", b"Pro")]));
}

#[test]
fn an_empty_value_is_not_an_absent_header() {
    for value in [ValueMatch::Present, exact(""), prefix(""), regex("^$"), regex("")] {
        let router = single("x-shadow", value.clone());
        assert!(matches(&router, &[("x-shadow", b"")]), "{value:?}");
        assert!(!matches(&router, &[("x-other", b"")]), "{value:?}");
        assert!(!matches(&router, &[]), "{value:?}");
    }
    let present = single("x-shadow", ValueMatch::Present);
    assert!(matches(&present, &[("x-shadow", b"anything"), ("x-shadow", b"twice")]));
}

#[test]
fn values_may_be_other_than_utf_8() {
    let value = &b"acme-\xff\xfe"[..];
    assert!(matches(&single("x-tenant", prefix("acme-")), &[("x-tenant", value)]));
    assert!(matches(&single("x-tenant", ValueMatch::Present), &[("x-tenant", value)]));
    assert!(matches(&single("x-tenant", regex("(?-u)^acme-\\xff")), &[("x-tenant", value)]));
    assert!(!matches(&single("x-tenant", exact("acme-\u{fffd}\u{fffd}")), &[("x-tenant", value)]));
    assert!(matches(&single("x-tenant", exact("zoë")), &[("x-tenant", "zoë".as_bytes())]));
}

#[test]
fn all_conditions_of_a_route_must_hold() {
    let router = Router::new(&[route(&[("x-plan", exact("pro")), ("x-region", exact("eu"))])]);
    assert!(matches(&router, &[("x-region", b"eu"), ("x-plan", b"pro")]));
    assert!(!matches(&router, &[("x-plan", b"pro")]));
    assert!(!matches(&router, &[("x-plan", b"pro"), ("x-region", b"us")]));
    let same_header = Router::new(&[route(&[("x-plan", prefix("p")), ("X-Plan", regex("o$"))])]);
    assert!(matches(&same_header, &[("x-plan", b"pro")]));
    assert!(!matches(&same_header, &[("x-plan", b"plus")]));
}

#[test]
fn the_first_match_wins() {
    let router = Router::new(&[
        route(&[("x-plan", exact("pro")), ("x-canary", exact("true"))]),
        route(&[("x-canary", exact("true"))]),
        route(&[("x-plan", ValueMatch::Present)]),
        route(&[]),
        route(&[("x-plan", exact("team"))]),
    ]);
    let first = |headers: &[(&str, &str)]| router.first_match(headers);
    assert_eq!(first(&[("x-canary", "true"), ("x-plan", "pro")]), Some(0));
    assert_eq!(first(&[("x-canary", "true"), ("x-plan", "team")]), Some(1));
    assert_eq!(first(&[("x-plan", "team")]), Some(2));
    assert_eq!(first(&[("x-other", "1")]), Some(3), "a route without conditions matches every request");
    assert_eq!(first(&[]), Some(3));
}

#[test]
fn a_router_without_routes_matches_no_request() {
    assert_eq!(Router::new(&[]).first_match(&header_map(&[("x-plan", b"pro")])), None);
}

#[test]
fn more_names_than_the_inline_limit() {
    let names: Vec<String> = (0..40).map(|index| format!("x-header-{index}")).collect();
    let routes: Vec<_> = names.iter().map(|name| route(&[(name, exact("true"))])).collect();
    let router = Router::new(&routes);
    for (index, name) in names.iter().enumerate() {
        assert_eq!(router.first_match(&[(name, "true")]), Some(index));
    }
}

#[test]
fn every_type_of_headers_is_routed_the_same() {
    let router = single("X-Canary-User", exact("true"));
    let pairs = [("X-Canary-User", "true"), ("Accept", "*/*")];
    let owned: Vec<(String, Vec<u8>)> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    assert_eq!(router.first_match(&pairs), Some(0));
    assert_eq!(router.first_match(&pairs[..]), Some(0));
    assert_eq!(router.first_match(pairs.as_slice()), Some(0));
    assert_eq!(router.first_match(&&pairs), Some(0));
    assert_eq!(router.first_match(&owned), Some(0));
    assert_eq!(router.first_match(&owned.iter().cloned().collect::<HashMap<_, _>>()), Some(0));
    assert_eq!(router.first_match(&owned.into_iter().collect::<BTreeMap<_, _>>()), Some(0));
    assert_eq!(router.first_match(&header_map(&[("x-canary-user", b"true")])), Some(0));
}

#[test]
fn a_look_up_borrows_unless_the_header_repeats() {
    let map = header_map(&[("x-user-id", b"42"), ("x-plan", b"pro"), ("x-plan", b"team")]);
    assert!(matches!(map.header("X-User-Id"), Some(Cow::Borrowed(b"42"))));
    assert_eq!(map.header("x-plan").unwrap(), &b"pro, team"[..]);
    assert_eq!(map.header("x-other"), None);
    assert_eq!([("X-User-ID", "42")].header("x-user-id").unwrap(), &b"42"[..]);
}

proptest! {
    /// The filter never rejects a header that a route names.
    #[test]
    fn every_name_is_found_in_every_case(
        name in "[a-z0-9!#$%&'*+.^_`|~-]{1,24}",
        upper in proptest::collection::vec(any::<bool>(), 24),
    ) {
        let sent: String = name
            .chars()
            .zip(upper)
            .map(|(char, upper)| if upper { char.to_ascii_uppercase() } else { char })
            .collect();
        assert!(matches(&single(&name, exact("1")), &[(&sent, b"1")]));
    }
}
