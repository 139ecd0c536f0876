//! The cross check: rules between the parts of a configuration.

use super::names::{NameList, Names, check_distinct};
use super::paths::{exporters, tracer_path};
use super::value_rules::MAX_HEADERS;
use crate::config::diagnostics::ModelDiagnostic;
use crate::config::model::{ConfigModel, ExperimentConfig, RouteTarget, TracerConfig};
use crate::config::yaml::KeyPath;

const MAX_TOTAL_WEIGHT: u64 = i32::MAX as u64;

/// Checks names, references and weights, for files and for configurations that code builds.
pub(crate) fn cross_check(model: &ConfigModel) -> Vec<ModelDiagnostic> {
    let root = KeyPath::root();
    let mut errors = Vec::new();
    let names = Names {
        tracers: NameList::new(model.tracers.iter().map(|tracer| tracer.name.as_str())),
        experiments: NameList::new(model.experiments.iter().map(|experiment| experiment.name.as_str())),
    };
    let tracers = names.tracers.as_slice();
    if tracers.is_empty() {
        let error = ModelDiagnostic::new(root.key("tracers"), "there is no tracer");
        errors.push(error.with_help("a configuration has at least one"));
    }
    check_distinct(&mut errors, "tracer", tracers.iter().map(|name| (*name, root.key("tracers").key(*name))));
    if !tracers.is_empty() {
        names.check_tracer(&mut errors, root.key("default_tracer"), &model.default_tracer);
    }
    for tracer in &model.tracers {
        check_tracer(&mut errors, tracer);
    }
    check_routes(&mut errors, &names, model);
    let path = |name: &str| root.key("experiments").key(name);
    let experiments = names.experiments.as_slice();
    check_distinct(&mut errors, "experiment", experiments.iter().map(|name| (*name, path(name))));
    for each in &model.experiments {
        check_experiment(&mut errors, &names, model, each);
    }
    errors
}

fn check_routes(errors: &mut Vec<ModelDiagnostic>, names: &Names<'_>, model: &ConfigModel) {
    let path = |position| KeyPath::root().key("routes").index(position);
    let named = model.routes.iter().enumerate();
    check_distinct(errors, "route", named.map(|(i, route)| (route.name.as_str(), path(i).key("name"))));
    for (position, route) in model.routes.iter().enumerate() {
        match &route.target {
            RouteTarget::Tracer(name) => names.check_tracer(errors, path(position).key("tracer"), name),
            RouteTarget::Experiment(name) => {
                names.check_experiment(errors, path(position).key("experiment"), name);
            }
        }
    }
}

/// Checks values that a tracer and the defaults may set together.
fn check_tracer(errors: &mut Vec<ModelDiagnostic>, tracer: &TracerConfig) {
    let batch = &tracer.batch;
    // a queue for no span is an error of its own
    if batch.max_export_batch_size > batch.max_queue_size && batch.max_queue_size > 0 {
        let path = tracer_path(tracer).key("batch");
        let message = "`max_export_batch_size` is more than `max_queue_size`";
        let error = ModelDiagnostic::new(path.key("max_export_batch_size"), message)
            .with_other_path(path.key("max_queue_size"));
        let help = "a batch is taken from the queue, so it cannot be larger";
        errors.push(error.with_help(help));
    }
    for (exporter, path) in exporters(tracer) {
        let Some(otlp) = exporter.otlp() else { continue };
        if otlp.headers.len() > MAX_HEADERS {
            let path = path.key(otlp.kind);
            let message = format!("more than {MAX_HEADERS} headers");
            let error = ModelDiagnostic::new(path.key("headers"), message);
            let help = "those of `headers`, `headers_list`, `api_key` and `defaults` count together";
            errors.push(error.with_other_path(path.key("headers_list")).with_help(help));
        }
        if otlp.tls.cert_file.is_some() != otlp.tls.key_file.is_some() {
            let path = path.key(otlp.kind).key("tls");
            let error = ModelDiagnostic::new(path, "`cert_file` and `key_file` need each other");
            let help = "a client shows its certificate and proves that it holds the key; write both or none";
            errors.push(error.with_help(help));
        }
    }
}

fn check_experiment(
    errors: &mut Vec<ModelDiagnostic>,
    names: &Names<'_>,
    model: &ConfigModel,
    experiment: &ExperimentConfig,
) {
    let path = KeyPath::root().key("experiments").key(experiment.name.as_str());
    let variants = path.key("variants");
    if experiment.variants.is_empty() {
        let error = ModelDiagnostic::new(variants, "there is no variant");
        errors.push(error.with_help("an experiment has at least one"));
        return;
    }
    let named = experiment.variants.iter().enumerate();
    let named = named.map(|(i, variant)| (variant.name.as_str(), variants.index(i).key("name")));
    check_distinct(errors, "variant", named);
    for (position, variant) in experiment.variants.iter().enumerate() {
        if variant.tracer.is_empty() && variant.name.is_empty() {
            continue;
        }
        let path = variants.index(position);
        let before = errors.len();
        names.check_tracer(errors, path.key("tracer"), &variant.tracer);
        if let (Some(error), true) = (errors.get_mut(before), variant.tracer == variant.name) {
            error.other_path = Some(path.key("name"));
        }
    }
    let total: u64 = experiment.variants.iter().map(|variant| u64::from(variant.weight)).sum();
    if total == 0 || total > MAX_TOTAL_WEIGHT {
        let error = ModelDiagnostic::new(variants, format!("the weights sum to {total}"));
        errors.push(error.with_help(format!("the sum must be from 1 to {MAX_TOTAL_WEIGHT}")));
    }
    // the default tracer has a check of its own
    if experiment.fallback != model.default_tracer {
        names.check_tracer(errors, path.key("fallback"), &experiment.fallback);
    }
}
