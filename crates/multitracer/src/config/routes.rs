//! `routes`.

use super::decode::Fields;
use super::model::{HeaderMatch, RouteConfig, RouteTarget, ValueMatch};
use super::pairs::Pair;
use super::rules;
use super::schema::{Key, Kind, Section};

pub(super) static ROUTE: Section = Section {
    title: "a route",
    keys: &[
        Key::new(
            "name",
            Kind::Text,
            "`routes[N]`, N from 0",
            "the route's name in spans, baggage and messages",
        ),
        Key::new(
            "headers",
            Kind::Pairs(&MATCH),
            "",
            "conditions that must all hold; without any, every request matches",
        ),
        Key::new("tracer", Kind::Text, "", "the tracer of the requests that match"),
        Key::new("experiment", Kind::Text, "", "the experiment that picks their tracer"),
    ],
    refused: &[("matches", "write the conditions under `headers`; for \"or\" write one route for each")],
};

static MATCH: Section = Section {
    title: "a header condition",
    keys: &[
        Key::new("name", Kind::Text, "", "the header's name, in any case"),
        Key::new(
            "type",
            Kind::Choice(&["exact", "prefix", "regex", "present"]),
            "`exact`",
            "how the value is compared",
        ),
        Key::new("value", Kind::Text, "", "what the header's value is compared with, byte by byte"),
    ],
    refused: &[],
};

#[derive(Clone, Copy)]
enum Match {
    Exact,
    Prefix,
    Regex,
    Present,
}

pub(super) fn read(file: &Fields<'_>) -> Vec<RouteConfig> {
    let routes = file.list("routes");
    routes.iter().enumerate().map(|(position, fields)| route(position, fields)).collect()
}

fn route(position: usize, fields: &Fields<'_>) -> RouteConfig {
    RouteConfig {
        name: fields.text("name").unwrap_or_else(|| format!("routes[{position}]")),
        headers: fields.pairs("headers").iter().filter_map(header).collect(),
        target: target(fields),
    }
}

fn target(fields: &Fields<'_>) -> RouteTarget {
    let (tracer, experiment) = (fields.text("tracer"), fields.text("experiment"));
    match (fields.get("tracer"), fields.get("experiment")) {
        (Some(_), Some(cursor)) => cursor.problem("`tracer` and `experiment` exclude each other", None),
        (None, None) => {
            fields.at.missing("tracer", Some("a route leads to a `tracer` or to an `experiment`".to_owned()));
        }
        (Some(cursor), None) | (None, Some(cursor)) if cursor.is_null() => {
            cursor.problem("expected a name, found nothing", None);
        }
        _ => {}
    }
    match (tracer, experiment) {
        (_, Some(experiment)) => RouteTarget::Experiment(experiment),
        (tracer, None) => RouteTarget::Tracer(tracer.unwrap_or_default()),
    }
}

fn header(pair: &Pair<'_>) -> Option<HeaderMatch> {
    let name = match rules::header_name(&pair.name) {
        Ok(name) => name,
        Err(breach) => {
            pair.breach(breach);
            return None;
        }
    };
    let kinds = [Match::Exact, Match::Prefix, Match::Regex, Match::Present];
    let kind = match &pair.fields {
        Some(fields) => match (fields.get("type"), fields.choice("type", &kinds)) {
            (Some(cursor), None) if !cursor.is_null() => return None,
            (_, kind) => kind.unwrap_or(Match::Exact),
        },
        None => Match::Exact,
    };
    if let Match::Present = kind {
        if let Some(value) = &pair.value {
            value.problem("a `present` condition has no value", None);
        }
        return Some(HeaderMatch { name, value: ValueMatch::Present });
    }
    let help = "for any value write `{name: .., type: present}`; for an empty one `\"\"`";
    let Some(cursor) = &pair.value else {
        pair.place().missing("value", Some(help.to_owned()));
        return None;
    };
    if cursor.is_null() {
        cursor.problem("expected a value, found nothing", Some(help.to_owned()));
        return None;
    }
    let text = cursor.text()?;
    let value = match kind {
        Match::Exact => ValueMatch::Exact(cursor.keep(rules::matched_value(&text)).map(|()| text)?),
        Match::Prefix => ValueMatch::Prefix(cursor.keep(rules::matched_value(&text)).map(|()| text)?),
        Match::Regex => ValueMatch::Regex(cursor.keep(rules::regex(&text))?),
        Match::Present => ValueMatch::Present,
    };
    Some(HeaderMatch { name, value })
}
