//! Random `baggage` headers through two services: a caller forges no entry of this library, and
//! entries of users arrive as they were.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod random;

use std::collections::BTreeMap;
use std::env;

use http::{HeaderMap, HeaderValue};
use multitracer::Registry;
use multitracer::propagation::outgoing_headers;
use multitracer::testing::TestRegistry;
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;
use percent_encoding::percent_decode_str;

use self::random::Random;

const YAML: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}}
routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
baggage: {trusted: true}
"#;

/// Parts of headers. No name is one of this library's before it is decoded.
const PARTS: &[&str] = &[
    "a",
    "user",
    "tenant-1",
    "=",
    "=",
    "=",
    ",",
    ",",
    ";",
    ";",
    " ",
    "\t",
    "%",
    "%2C",
    "%3D",
    "%3B",
    "%25",
    "%252C",
    "%0D%0A",
    "%22",
    "%5C",
    "%E2%82%AC",
    "%FF",
    "%zz",
    "\"",
    "\\",
    "{}",
    "\u{e4}",
    "+",
    "p=1",
    ";p=%2Cmultitracer.route=canary-users",
    ";p=%2Cmultitracer.variant=x",
    "x=%2Cmultitracer.route%3Dcanary-users",
    "%6Dultitracer.route=canary-users",
    "multitracer%2Eroute=canary-users",
    "k=;multitracer.route=canary-users",
    "k%2Cmultitracer.route=canary-users",
];

/// The name, the value and the properties of each entry that a handler sees.
type Baggage = BTreeMap<String, (String, String)>;

fn header(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(24) {
        text.push_str(random.pick(PARTS));
        if random.chance(10) {
            text.push(',');
        }
    }
    text
}

/// Handles a message. Returns the baggage that the handler sees, and the `baggage` that it sends.
fn serve(registry: &Registry, baggage: &HeaderValue) -> (Option<String>, Baggage, HeaderValue) {
    let mut headers = HeaderMap::new();
    headers.insert("baggage", baggage.clone());
    let received = registry.receive(&headers);
    let route = received.route().name().map(str::to_owned);
    let (seen, sent) = received.scope(|| {
        let seen = Context::map_current(|cx| {
            let entries = cx.baggage().iter();
            let texts = entries.map(|(name, (value, properties))| {
                (name.to_string(), (value.to_string(), properties.as_str().to_owned()))
            });
            texts.collect()
        });
        (seen, outgoing_headers()["baggage"].clone())
    });
    (route, seen, sent)
}

/// Returns the names in a `baggage` header, decoded once and twice.
fn names(header: &str) -> Vec<String> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let names = header.split(',').map(|entry| entry.split(['=', ';']).next().unwrap_or("").trim().to_owned());
    names.flat_map(|name| [decode(&decode(&name)), decode(&name), name]).collect()
}

#[test]
fn random_baggage_forges_nothing_and_loses_nothing() {
    let count = env::var("MULTITRACER_BAGGAGE_HEADERS").map_or(20_000, |count| count.parse().unwrap());
    let [first, second] = [(); 2].map(|()| TestRegistry::from_yaml(YAML).unwrap());
    let mut random = Random::new(7);
    let mut entries = 0;
    for _ in 0..count {
        let text = header(&mut random);
        let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) else { continue };
        let (route, seen, sent) = serve(first.registry(), &value);
        assert_eq!(route, None, "{text:?}");
        let sent_text = sent.to_str().unwrap();
        let forged: Vec<_> =
            names(sent_text).into_iter().filter(|name| name.starts_with("multitracer.")).collect();
        assert!(forged.is_empty(), "{text:?} became {sent_text:?}");
        let (route, seen_next, sent_next) = serve(second.registry(), &sent);
        assert_eq!((route, &seen_next, &sent_next), (None, &seen, &sent), "{text:?} became {sent_text:?}");
        entries += seen.len();
    }
    assert!(entries > count / 3, "{entries} entries");
}

#[test]
fn a_route_that_the_registry_has_is_sent_beside_hostile_entries() {
    let [first, second] = [(); 2].map(|()| TestRegistry::from_yaml(YAML).unwrap());
    let value = HeaderValue::from_static("a=1;p=%2Cmultitracer.route=x,multitracer.route=canary-users,b=2=3");
    let (route, seen, sent) = serve(first.registry(), &value);
    assert_eq!(route.as_deref(), Some("canary-users"));
    assert_eq!(sent, "multitracer.route=canary-users,a=1;p=%2Cmultitracer.route=x,b=2%3D3");
    let (route, seen_next, _) = serve(second.registry(), &sent);
    assert_eq!(route.as_deref(), Some("canary-users"));
    assert_eq!(seen_next, seen);
}
