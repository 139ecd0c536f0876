//! What is allowed and likely not meant.

use std::collections::{HashMap, HashSet};

use http::Uri;

use super::check::{Flaw, exporters};
use super::decode::{Context, Paths};
use super::error::Finding;
use super::load::defaults_path;
use super::model::{
    ConfigModel, ExporterConfig, HeaderMatch, OtlpGrpcConfig, OtlpHttpConfig, ParentBasedConfig,
    RemoteParent, RouteConfig, RouteTarget, SamplerConfig, TracerConfig, ValueMatch,
};
use super::overrides::{self, Override};
use super::path::KeyPath;
use super::secret::Secret;
use super::{headers as header_rules, schema, suggest};

/// A warning before its place is known.
pub(super) struct Warning {
    pub(super) code: &'static str,
    pub(super) flaw: Flaw,
}

/// Pairs of routes that are compared; a file that is not ours may have tens of thousands of routes.
const MOST_COMPARISONS: usize = 2_000_000;
/// Warnings of one kind.
const MOST: usize = 100;

pub(super) const SHARED_PROJECT: &str = "shared_project";
pub(super) const PLAIN_HTTP: &str = "plain_http";
pub(super) const INHERITED_CREDENTIALS: &str = "inherited_credentials";
pub(super) const UNREACHABLE_ROUTE: &str = "unreachable_route";
pub(super) const UNUSED_TRACER: &str = "unused_tracer";
pub(super) const SAMPLE_RATE_ZERO: &str = "sample_rate_zero";
pub(super) const UNLIMITED_CANARY: &str = "unlimited_canary";
pub(super) const IGNORED_VARIABLE: &str = "ignored_variable";
pub(super) const UNKNOWN_OVERRIDE: &str = "unknown_override";
pub(super) const NEWER_FILE_FORMAT: &str = "newer_file_format";

/// The names of all warnings.
pub(super) const NAMES: [&str; 10] = [
    SHARED_PROJECT,
    PLAIN_HTTP,
    INHERITED_CREDENTIALS,
    UNREACHABLE_ROUTE,
    UNUSED_TRACER,
    SAMPLE_RATE_ZERO,
    UNLIMITED_CANARY,
    IGNORED_VARIABLE,
    UNKNOWN_OVERRIDE,
    NEWER_FILE_FORMAT,
];

/// What is known besides the model.
pub(super) struct Known<'k> {
    pub(super) overrides: &'k [Override],
    /// The places of values that are not known.
    pub(super) unknown: &'k Paths,
    /// Whether the file itself says what stands at a place; else it is not shown.
    pub(super) literal: &'k dyn Fn(&KeyPath) -> bool,
    /// Whether the default tracer may be another one elsewhere.
    pub(super) varies: bool,
}

/// What the model says.
pub(super) fn model(model: &ConfigModel, known: &Known<'_>) -> Vec<Warning> {
    let mut found = Found { warnings: Vec::new(), known };
    found.shared_projects(model);
    found.plain_http(model);
    found.unreachable_routes(&model.routes);
    if !known.varies {
        found.unused_tracers(model);
    }
    found.sample_rates(model);
    found.unlimited_canaries(model);
    found.warnings
}

/// What the environment says beside the file.
pub(super) fn surroundings(cx: &Context<'_>, model: &ConfigModel, set: &[Override]) -> Vec<Finding> {
    let names = cx.overrides.map(|variables| variables.names()).unwrap_or_default();
    let warning = |code, message, help: String| Finding {
        code: Some(code),
        path: KeyPath::root(),
        span: None,
        message,
        help: Some(help),
    };
    let mut found = Vec::new();
    let sends = model.tracers.iter().flat_map(exporters).any(|(exporter, _)| otlp(exporter).is_some());
    let mut ignored: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| name.starts_with("OTEL_EXPORTER_OTLP_") && !cx.refers_to(name))
        .collect();
    ignored.sort_unstable();
    if let (true, Some(first)) = (sends, ignored.first()) {
        let (are, them) = if ignored.len() == 1 { ("is", "it") } else { ("are", "them") };
        let list = schema::list(ignored.iter().copied());
        let help = format!("write `${{{first}}}` where its value belongs, or unset it");
        found.push(warning(IGNORED_VARIABLE, format!("{list} {are} set, and no tracer reads {them}"), help));
    }
    let mut known = vec![overrides::ENABLED.to_owned(), overrides::DEFAULT_TRACER.to_owned()];
    known.extend(model.tracers.iter().flat_map(|tracer| overrides::of_tracer(&tracer.name)));
    let mut strange: Vec<&String> = names
        .iter()
        .filter(|name| name.starts_with(overrides::PREFIX) && !known.contains(name))
        .filter(|name| !set.iter().any(|set| set.variable() == **name) && !cx.refers_to(name))
        .collect();
    strange.sort_unstable();
    for name in strange {
        // What all have in common would make everything look alike.
        let prefix =
            if name.starts_with(overrides::OF_TRACER) { overrides::OF_TRACER } else { overrides::PREFIX };
        let part = |name| str::strip_prefix(name, prefix);
        let parts = known.iter().filter_map(|name| part(name));
        let meant = part(name).and_then(|name| suggest::nearest(name, parts));
        // Programs may have variables with this prefix that are none of our business.
        let help = match meant {
            Some(meant) => format!("did you mean `{prefix}{meant}`?"),
            None if prefix == overrides::OF_TRACER => {
                "it is `MULTITRACER_TRACER_<NAME>_ENABLED` or `.._SAMPLE_RATE`, with a tracer's name in capitals"
                    .to_owned()
            }
            None => continue,
        };
        found.push(warning(
            UNKNOWN_OVERRIDE,
            format!("the variable `{name}` is set and stands for nothing"),
            help,
        ));
    }
    found
}

struct Found<'k> {
    warnings: Vec<Warning>,
    known: &'k Known<'k>,
}

impl Found<'_> {
    fn add(&mut self, code: &'static str, flaw: Flaw) {
        if self.warnings.iter().filter(|warning| warning.code == code).count() < MOST {
            self.warnings.push(Warning { code, flaw });
        }
    }

    /// Whether what stands there, and what a tracer takes from the defaults there, is known.
    fn sure(&self, path: &KeyPath) -> bool {
        let inherited = defaults_path(path);
        let unknown = self.known.unknown;
        !unknown.touches(path) && inherited.is_none_or(|path| !unknown.touches(&path))
    }

    /// A route's name, unless a variable gave it.
    fn route_name(&self, position: usize, route: &RouteConfig) -> String {
        let at = KeyPath::root().key("routes").index(position);
        if (self.known.literal)(&at.key("name")) { route.name.clone() } else { at.to_string() }
    }

    fn shared_projects(&mut self, model: &ConfigModel) {
        type Projects<'m> = (&'static str, &'m str, &'m str, Vec<(&'m str, &'m str)>);
        let mut seen: HashMap<Projects<'_>, &TracerConfig> = HashMap::new();
        for tracer in model.tracers.iter().filter(|tracer| tracer.enabled) {
            let path = tracer_path(tracer);
            let keys = ["environment", "source", "project", "exporter", "exporters", "backend"];
            if !keys.iter().all(|key| self.sure(&path.key(*key))) {
                continue;
            }
            let Some(environment) = &tracer.environment else { continue };
            let destinations = exporters(tracer).filter_map(|(exporter, _)| otlp(exporter));
            let mut shared = None;
            for (kind, endpoint, headers) in destinations {
                let headers = headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
                let first = seen.entry((kind, endpoint, tracer.project.as_str(), headers)).or_insert(tracer);
                if first.environment.as_ref() != Some(environment) {
                    shared = Some(&first.name);
                }
            }
            let Some(other) = shared else { continue };
            let message = format!(
                "the same endpoint and project as those of `{other}`, which is of another environment"
            );
            let mut flaw = Flaw::new(path.key("environment"), message)
                .help("give each environment a `project` of its own");
            flaw.or_path = Some(path.key("source"));
            self.add(SHARED_PROJECT, flaw);
        }
    }

    fn plain_http(&mut self, model: &ConfigModel) {
        let on = model.tracers.iter().filter(|tracer| tracer.enabled);
        for (exporter, path) in on.flat_map(exporters) {
            let Some((kind, endpoint, headers)) = otlp(exporter) else { continue };
            let path = path.key(kind).key("endpoint");
            let credentials = endpoint.contains('?')
                || headers
                    .iter()
                    .any(|(name, value)| header_rules::is_credential(name) && !value.expose().is_empty());
            if !self.sure(&path) || !credentials || !leaves_in_the_clear(endpoint) {
                continue;
            }
            let flaw = Flaw::new(
                path,
                "credentials go to another machine over `http://`, which anybody on the way can read",
            );
            self.add(PLAIN_HTTP, flaw.help("use `https://`, or a collector on this machine"));
        }
    }

    fn unreachable_routes(&mut self, routes: &[RouteConfig]) {
        let path = KeyPath::root().key("routes");
        let mut comparisons = 0;
        for (position, route) in routes.iter().enumerate() {
            let at = path.index(position);
            if !self.sure(&at.key("headers")) {
                continue;
            }
            if let Some(name) = contradiction(&route.headers) {
                let literal = (self.known.literal)(&at.key("headers"));
                let header = if literal { format!("`{name}`") } else { "a header".to_owned() };
                let message = format!("this route never matches: {header} cannot have two values at once");
                self.add(
                    UNREACHABLE_ROUTE,
                    Flaw::new(at, message).help("for \"or\" write one route for each value"),
                );
                continue;
            }
            for (earlier, other) in routes.iter().enumerate().take(position) {
                comparisons += 1;
                if comparisons > MOST_COMPARISONS {
                    return;
                }
                if covers(other, route) && self.sure(&path.index(earlier).key("headers")) {
                    let message = format!(
                        "this route never matches: `{}`, further up, matches first",
                        self.route_name(earlier, other)
                    );
                    self.add(
                        UNREACHABLE_ROUTE,
                        Flaw::new(at, message).help("put the more particular route first"),
                    );
                    break;
                }
            }
        }
    }

    fn unused_tracers(&mut self, model: &ConfigModel) {
        let root = KeyPath::root();
        if !["default_tracer", "routes", "experiments"].iter().all(|key| self.sure(&root.key(*key))) {
            return;
        }
        let mut used: HashSet<&str> = HashSet::from([model.default_tracer.as_str()]);
        for route in &model.routes {
            if let RouteTarget::Tracer(name) = &route.target {
                used.insert(name);
            }
        }
        for experiment in &model.experiments {
            used.insert(&experiment.fallback);
            used.extend(experiment.variants.iter().map(|variant| variant.tracer.as_str()));
        }
        for tracer in model.tracers.iter().filter(|tracer| !used.contains(tracer.name.as_str())) {
            let flaw = Flaw::new(
                tracer_path(tracer),
                "no route, no experiment and not `default_tracer` leads to this tracer",
            );
            self.add(UNUSED_TRACER, flaw.help("right if code names it; else remove it, or add the route"));
        }
    }

    fn sample_rates(&mut self, model: &ConfigModel) {
        for tracer in model.tracers.iter().filter(|tracer| tracer.enabled) {
            let path = tracer_path(tracer);
            let sampler = match &tracer.sampler {
                SamplerConfig::ParentBased(delegates) => &delegates.root,
                other => other,
            };
            let rate = path.key("sample_rate");
            let known = self.sure(&rate) && self.sure(&path.key("sampler"));
            if !known || !matches!(sampler, SamplerConfig::TraceIdRatioBased(ratio) if *ratio == 0.0) {
                continue;
            }
            let message = match self.known.overrides.iter().find(|set| set.at == rate) {
                Some(set) => format!("the sample rate is 0, by the variable `{}`", set.variable()),
                None => "the sample rate is 0".to_owned(),
            };
            let mut flaw = Flaw::new(rate, format!("{message}: no trace begins here"));
            flaw.or_path = Some(path.key("sampler"));
            self.add(SAMPLE_RATE_ZERO, flaw.help("`enabled: false` says that, and costs less"));
        }
    }

    fn unlimited_canaries(&mut self, model: &ConfigModel) {
        let root = KeyPath::root();
        if !self.sure(&root.key("default_tracer")) {
            return;
        }
        let mut targets: HashMap<&str, String> = HashMap::new();
        for (position, route) in model.routes.iter().enumerate() {
            if let (RouteTarget::Tracer(name), false) = (&route.target, route.headers.is_empty())
                && self.sure(&root.key("routes").index(position))
            {
                targets.entry(name).or_insert_with(|| self.route_name(position, route));
            }
        }
        let followed = model.remote_parent == RemoteParent::Child;
        for tracer in
            model.tracers.iter().filter(|tracer| tracer.enabled && tracer.name != model.default_tracer)
        {
            let path = tracer_path(tracer);
            let known = self.sure(&path.key("sampler")) && self.sure(&path.key("sample_rate"));
            if let (Some(route), true, false) =
                (targets.get(tracer.name.as_str()), known, is_limited(&tracer.sampler, followed))
            {
                let message = format!(
                    "headers of a request choose this tracer, by the route `{route}`, and nothing limits how often"
                );
                let help = "add `sampler: {rate_limited: {per_second: 100}}`";
                self.add(UNLIMITED_CANARY, Flaw::new(path, message).help(help));
            }
        }
    }
}

fn tracer_path(tracer: &TracerConfig) -> KeyPath {
    KeyPath::root().key("tracers").key(tracer.name.as_str())
}

/// Kind, endpoint and headers.
type Destination<'t> = (&'static str, &'t str, &'t [(String, Secret)]);

/// Kind, endpoint and headers of an exporter that sends somewhere.
fn otlp(exporter: &ExporterConfig) -> Option<Destination<'_>> {
    match exporter {
        ExporterConfig::OtlpHttp(OtlpHttpConfig { endpoint, headers, .. }) => {
            Some(("otlp_http", endpoint, headers))
        }
        ExporterConfig::OtlpGrpc(OtlpGrpcConfig { endpoint, headers, .. }) => {
            Some(("otlp_grpc", endpoint, headers))
        }
        ExporterConfig::File(_) | ExporterConfig::Console => None,
    }
}

/// Whether what is sent there can be read by others on the way.
fn leaves_in_the_clear(endpoint: &str) -> bool {
    let Ok(uri) = endpoint.parse::<Uri>() else { return false };
    uri.scheme_str() == Some("http") && !uri.host().is_some_and(is_loopback)
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// Whether a sampler keeps only so many traces that requests from outside begin; `followed`: a caller in another process is
/// its parent, if it says so.
fn is_limited(sampler: &SamplerConfig, followed: bool) -> bool {
    match sampler {
        SamplerConfig::AlwaysOff | SamplerConfig::RateLimited(_) => true,
        SamplerConfig::TraceIdRatioBased(ratio) => *ratio == 0.0,
        SamplerConfig::AlwaysOn => false,
        SamplerConfig::ParentBased(delegates) => {
            let ParentBasedConfig { root, remote_parent_sampled, .. } = &**delegates;
            is_limited(root, followed) && (!followed || is_limited(remote_parent_sampled, followed))
        }
    }
}

/// The header that the conditions want to have two values.
fn contradiction(headers: &[HeaderMatch]) -> Option<&str> {
    let mut exact: HashMap<&str, &str> = HashMap::new();
    for header in headers {
        if let ValueMatch::Exact(value) = &header.value
            && *exact.entry(&header.name).or_insert(value) != value.as_str()
        {
            return Some(&header.name);
        }
    }
    let refuses = |header: &&HeaderMatch| match (exact.get(header.name.as_str()), &header.value) {
        (Some(value), ValueMatch::Prefix(prefix)) => !value.starts_with(prefix.as_str()),
        (Some(value), ValueMatch::Regex(regex)) => !regex.is_match(value.as_bytes()),
        _ => false,
    };
    headers.iter().find(refuses).map(|header| header.name.as_str())
}

/// Whether every request that matches `later` matches `earlier` too.
fn covers(earlier: &RouteConfig, later: &RouteConfig) -> bool {
    let implied = |wide: &HeaderMatch| {
        later.headers.iter().any(|narrow| narrow.name == wide.name && implies(&narrow.value, &wide.value))
    };
    earlier.headers.iter().all(implied)
}

fn implies(narrow: &ValueMatch, wide: &ValueMatch) -> bool {
    match (wide, narrow) {
        (ValueMatch::Present, _) => true,
        (ValueMatch::Exact(a), ValueMatch::Exact(b)) => a == b,
        (ValueMatch::Prefix(prefix), _) if prefix.is_empty() => true,
        (ValueMatch::Prefix(prefix), ValueMatch::Exact(text) | ValueMatch::Prefix(text)) => {
            text.starts_with(prefix.as_str())
        }
        (ValueMatch::Regex(regex), ValueMatch::Exact(text)) => regex.is_match(text.as_bytes()),
        (ValueMatch::Regex(a), ValueMatch::Regex(b)) => a.as_str() == b.as_str(),
        _ => false,
    }
}
