//! The decoder of `routes`.

use crate::config::check::value_rules;
use crate::config::model::{HeaderMatch, RouteConfig, RouteTarget, ValueMatch};
use crate::config::reader::{Fields, NameValue};

/// The `type` of a header condition.
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
        headers: fields.name_values("headers").iter().filter_map(header).collect(),
        target: target(fields),
    }
}

fn target(fields: &Fields<'_>) -> RouteTarget {
    let (tracer, experiment) = (fields.text("tracer"), fields.text("experiment"));
    match (fields.get("tracer"), fields.get("experiment")) {
        (Some(_), Some(cursor)) => cursor.report("`tracer` and `experiment` exclude each other", None),
        (None, None) => {
            fields.at.report_missing(
                "tracer",
                Some("a route leads to a `tracer` or to an `experiment`".to_owned()),
            );
        }
        (Some(cursor), None) | (None, Some(cursor)) if cursor.is_null() => {
            cursor.report("expected a name, found nothing", None);
        }
        _ => {}
    }
    match (tracer, experiment) {
        (_, Some(experiment)) => RouteTarget::Experiment(experiment),
        (tracer, None) => RouteTarget::Tracer(tracer.unwrap_or_default()),
    }
}

fn header(pair: &NameValue<'_>) -> Option<HeaderMatch> {
    let name = match value_rules::header_name(&pair.name) {
        Ok(name) => name,
        Err(violation) => {
            pair.report_violation(violation);
            return None;
        }
    };
    let kinds = [Match::Exact, Match::Prefix, Match::Regex, Match::Present];
    let kind = match &pair.fields {
        Some(fields) => match (fields.get("type"), fields.one_word_of("type", &kinds)) {
            (Some(cursor), None) if !cursor.is_null() => return None,
            (_, kind) => kind.unwrap_or(Match::Exact),
        },
        None => Match::Exact,
    };
    if let Match::Present = kind {
        if let Some(value) = &pair.value {
            value.report("a `present` condition has no value", None);
        }
        return Some(HeaderMatch { name, value: ValueMatch::Present });
    }
    let help = "for any value write `{name: .., type: present}`; for an empty one `\"\"`";
    let Some(cursor) = &pair.value else {
        pair.place().report_missing("value", Some(help.to_owned()));
        return None;
    };
    if cursor.is_null() {
        cursor.report("expected a value, found nothing", Some(help.to_owned()));
        return None;
    }
    let text = cursor.text()?;
    let value = match kind {
        Match::Exact => ValueMatch::Exact(cursor.accept(value_rules::matched_value(&text)).map(|()| text)?),
        Match::Prefix => ValueMatch::Prefix(cursor.accept(value_rules::matched_value(&text)).map(|()| text)?),
        Match::Regex => ValueMatch::Regex(cursor.accept(value_rules::regex(&text))?),
        Match::Present => ValueMatch::Present,
    };
    Some(HeaderMatch { name, value })
}
