//! What must hold between the parts of a configuration, whether a file or code made it.

use std::collections::HashSet;

use super::model::{ConfigModel, ExperimentConfig, ExporterConfig, RouteTarget, TlsConfig, TracerConfig};
use super::path::KeyPath;
use super::rules::{self, Breach};
use super::{schema, suggest};

/// The most flaws that one look finds; a file that is not ours may have one in every line.
const MOST_FLAWS: usize = 200;

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) path: KeyPath,
    /// Where else it may stand in a file.
    pub(super) or_path: Option<KeyPath>,
    pub(super) found: Found,
    /// What is wrong, after what was found.
    pub(super) text: String,
    pub(crate) help: Option<String>,
}

/// What a flaw is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing in particular.
    Nothing,
    /// A value, which in a file a variable may have given.
    Value(String),
    /// A value that is not to be shown.
    Hidden,
}

/// The most names that a suggestion lists.
const MOST_NAMES: usize = 8;
const MOST_TOTAL: u64 = i32::MAX as u64;

impl Flaw {
    pub(super) fn new(path: KeyPath, text: impl Into<String>) -> Self {
        Self { path, or_path: None, found: Found::Nothing, text: text.into(), help: None }
    }

    fn breach(path: KeyPath, found: &str, breach: Breach) -> Self {
        let found = Found::Value(found.to_owned());
        Self { path, or_path: None, found, text: breach.predicate, help: breach.help }
    }

    fn hidden(path: KeyPath, breach: Breach) -> Self {
        Self { path, or_path: None, found: Found::Hidden, text: breach.predicate, help: breach.help }
    }

    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn message(&self) -> String {
        match &self.found {
            Found::Nothing => self.text.clone(),
            Found::Value(value) => format!("`{}` {}", value.escape_debug(), self.text),
            Found::Hidden => format!("the value {}", self.text),
        }
    }
}

/// Names as a suggestion lists them.
pub(super) fn known(names: &[&str]) -> String {
    let listed = schema::list(names.iter().take(MOST_NAMES).map(|name| &name[..]));
    if names.len() > MOST_NAMES { format!("{listed} and {} more", names.len() - MOST_NAMES) } else { listed }
}

/// Names, references, weights: what a file and a builder have in common.
pub(crate) fn model(model: &ConfigModel) -> Vec<Flaw> {
    let root = KeyPath::root();
    let mut flaws = Vec::new();
    let names = Names {
        tracers: Known::new(model.tracers.iter().map(|tracer| tracer.name.as_str()).collect()),
        experiments: Known::new(
            model.experiments.iter().map(|experiment| experiment.name.as_str()).collect(),
        ),
    };
    let tracers = &names.tracers.list;
    if tracers.is_empty() {
        flaws.push(
            Flaw::new(root.key("tracers"), "there is no tracer").help("a configuration has at least one"),
        );
    }
    distinct(&mut flaws, "tracer", tracers.iter().map(|name| (*name, root.key("tracers").key(*name))));
    if !tracers.is_empty() {
        names.tracer(&mut flaws, root.key("default_tracer"), &model.default_tracer);
    }
    for tracer in &model.tracers {
        pipeline(&mut flaws, tracer, &root.key("tracers").key(tracer.name.as_str()));
    }
    let route = |position| root.key("routes").index(position);
    let named = model.routes.iter().enumerate();
    distinct(&mut flaws, "route", named.map(|(i, each)| (each.name.as_str(), route(i).key("name"))));
    for (position, each) in model.routes.iter().enumerate() {
        match &each.target {
            RouteTarget::Tracer(name) => names.tracer(&mut flaws, route(position).key("tracer"), name),
            RouteTarget::Experiment(name) => {
                names.experiment(&mut flaws, route(position).key("experiment"), name);
            }
        }
    }
    let at = |name: &str| root.key("experiments").key(name);
    distinct(&mut flaws, "experiment", names.experiments.list.iter().map(|name| (*name, at(name))));
    for each in &model.experiments {
        experiment(&mut flaws, &names, model, each, &at(&each.name));
    }
    flaws
}

/// Single values, which a file's reader has looked at already, at their places.
pub(crate) fn values(model: &ConfigModel) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    for (exporter, path) in model.tracers.iter().flat_map(exporters) {
        let (path, endpoint, headers) = match exporter {
            ExporterConfig::OtlpHttp(otlp) => {
                (path.key("otlp_http"), rules::http_endpoint(&otlp.endpoint), &otlp.headers)
            }
            ExporterConfig::OtlpGrpc(otlp) => {
                (path.key("otlp_grpc"), rules::grpc_endpoint(&otlp.endpoint), &otlp.headers)
            }
            ExporterConfig::File(_) | ExporterConfig::Console => continue,
        };
        flaws.extend(endpoint.err().map(|breach| Flaw::hidden(path.key("endpoint"), breach)));
        for (name, value) in headers {
            let path = path.key("headers").key(name.as_str());
            let name =
                rules::export_header_name(name).err().map(|breach| Flaw::breach(path.clone(), name, breach));
            let value = rules::header_value(value.expose()).err().map(|breach| Flaw::hidden(path, breach));
            flaws.extend(name.or(value));
        }
    }
    for each in &model.experiments {
        if !(0.0..=1.0).contains(&each.coverage) {
            let path = KeyPath::root().key("experiments").key(each.name.as_str()).key("coverage");
            flaws.push(Flaw::breach(
                path,
                &each.coverage.to_string(),
                Breach::new("is not a number from 0 to 1"),
            ));
        }
    }
    flaws
}

/// A tracer's exporters, and where each stands.
pub(super) fn exporters(tracer: &TracerConfig) -> impl Iterator<Item = (&ExporterConfig, KeyPath)> {
    let path = KeyPath::root().key("tracers").key(tracer.name.as_str());
    let all = std::iter::once(&tracer.exporter).chain(&tracer.more_exporters);
    all.enumerate().map(move |(position, exporter)| {
        let one = tracer.more_exporters.is_empty();
        (exporter, if one { path.key("exporter") } else { path.key("exporters").index(position) })
    })
}

struct Names<'m> {
    tracers: Known<'m>,
    experiments: Known<'m>,
}

/// Names in order, and quick to find.
struct Known<'m> {
    list: Vec<&'m str>,
    set: HashSet<&'m str>,
}

impl<'m> Known<'m> {
    fn new(list: Vec<&'m str>) -> Self {
        Self { set: list.iter().copied().collect(), list }
    }

    fn contains(&self, name: &str) -> bool {
        self.set.contains(name)
    }
}

impl Names<'_> {
    fn tracer(&self, flaws: &mut Vec<Flaw>, path: KeyPath, name: &str) {
        Self::reference(flaws, path, name, "tracer", &self.tracers);
    }

    fn experiment(&self, flaws: &mut Vec<Flaw>, path: KeyPath, name: &str) {
        Self::reference(flaws, path, name, "experiment", &self.experiments);
    }

    fn reference(flaws: &mut Vec<Flaw>, path: KeyPath, name: &str, what: &str, names: &Known<'_>) {
        if flaws.len() >= MOST_FLAWS || names.contains(name) {
            return;
        }
        let article = if what == "tracer" { "a" } else { "an" };
        let breach = Breach::new(format!("is not the name of {article} {what}"));
        let help = match suggest::nearest(name, names.list.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if names.list.is_empty() => format!("there is no {what}"),
            None if names.list.len() == 1 => format!("the only {what} is {}", known(&names.list)),
            None => format!("the {what}s are {}", known(&names.list)),
        };
        flaws.push(Flaw::breach(path, name, breach.help(help)));
    }
}

fn distinct<'m>(flaws: &mut Vec<Flaw>, what: &str, names: impl Iterator<Item = (&'m str, KeyPath)>) {
    let mut seen = HashSet::new();
    for (name, path) in names {
        if flaws.len() >= MOST_FLAWS {
            return;
        }
        if let Err(breach) = rules::name(name) {
            let text = format!("the {what}'s name {}", breach.predicate);
            flaws.push(Flaw { help: breach.help, ..Flaw::new(path, text) });
        } else if !seen.insert(name) {
            flaws.push(Flaw::breach(path, name, Breach::new(format!("is the name of another {what} too"))));
        }
    }
}

/// What a tracer's own part and the defaults say together.
fn pipeline(flaws: &mut Vec<Flaw>, tracer: &TracerConfig, path: &KeyPath) {
    let batch = &tracer.batch;
    if batch.max_export_batch_size > batch.max_queue_size {
        let at = path.key("batch").key("max_export_batch_size");
        let mut flaw = Flaw::new(at, "`max_export_batch_size` is more than `max_queue_size`")
            .help("a batch is taken from what waits in the queue, so that it cannot be larger");
        flaw.or_path = Some(path.key("batch").key("max_queue_size"));
        flaws.push(flaw);
    }
    for (exporter, path) in exporters(tracer) {
        let (kind, tls) = match exporter {
            ExporterConfig::OtlpHttp(otlp) => ("otlp_http", &otlp.tls),
            ExporterConfig::OtlpGrpc(otlp) => ("otlp_grpc", &otlp.tls),
            ExporterConfig::File(_) | ExporterConfig::Console => continue,
        };
        let TlsConfig { cert_file, key_file, .. } = tls;
        if cert_file.is_some() != key_file.is_some() {
            let at = path.key(kind).key("tls");
            flaws.push(
                Flaw::new(at, "`cert_file` and `key_file` need each other").help(
                    "a client shows its certificate and proves that it holds the key; write both or none",
                ),
            );
        }
    }
}

fn experiment(
    flaws: &mut Vec<Flaw>,
    names: &Names<'_>,
    model: &ConfigModel,
    experiment: &ExperimentConfig,
    path: &KeyPath,
) {
    let variants = path.key("variants");
    if experiment.variants.is_empty() {
        flaws.push(Flaw::new(variants, "there is no variant").help("an experiment has at least one"));
        return;
    }
    let named = experiment.variants.iter().enumerate();
    distinct(flaws, "variant", named.map(|(i, each)| (each.name.as_str(), variants.index(i).key("name"))));
    for (position, variant) in experiment.variants.iter().enumerate() {
        if variant.tracer.is_empty() && variant.name.is_empty() {
            continue;
        }
        let at = variants.index(position);
        let before = flaws.len();
        names.tracer(flaws, at.key("tracer"), &variant.tracer);
        if let (Some(flaw), true) = (flaws.get_mut(before), variant.tracer == variant.name) {
            flaw.or_path = Some(at.key("name"));
        }
    }
    let total: u64 = experiment.variants.iter().map(|variant| u64::from(variant.weight)).sum();
    if total == 0 || total > MOST_TOTAL {
        let help = format!("the sum must be from 1 to {MOST_TOTAL}");
        flaws.push(Flaw::new(variants, format!("the weights sum to {total}")).help(help));
    }
    // The default tracer was checked where it stands.
    if experiment.fallback != model.default_tracer {
        names.tracer(flaws, path.key("fallback"), &experiment.fallback);
    }
}
