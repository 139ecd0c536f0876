//! Numbers and durations that code sets, by the ranges of the key tables.

use super::paths::tracer_path;
use crate::config::diagnostics::{ModelDiagnostic, Violation};
use crate::config::model::{SamplerConfig, TracerConfig};
use crate::config::schema::{BATCH, Key, Kind, LIMITS, MAX_MILLIS, RATE_LIMITED, RATIO, Section, TRACER};
use crate::config::yaml::KeyPath;

/// Checks the numbers of a tracer. Durations are in milliseconds, as in a file.
pub(super) fn check_numbers(tracer: &TracerConfig) -> Vec<ModelDiagnostic> {
    let path = tracer_path(tracer);
    let (at_batch, batch) = (path.key("batch"), &tracer.batch);
    let of_batch = [
        ("schedule_delay", batch.schedule_delay.as_millis()),
        ("export_timeout", batch.export_timeout.as_millis()),
        ("max_queue_size", batch.max_queue_size as u128),
        ("max_export_batch_size", batch.max_export_batch_size as u128),
        ("max_queue_bytes", batch.max_queue_bytes as u128),
        ("max_concurrent_exports", batch.max_concurrent_exports as u128),
        ("max_retries", u128::from(batch.max_retries)),
    ];
    let mut errors = Vec::new();
    errors.extend(of_batch.iter().filter_map(|(name, value)| check_number(&BATCH, &at_batch, name, *value)));
    if let Some(spans) = tracer.limits.max_spans_per_trace {
        errors.extend(check_number(&LIMITS, &path.key("limits"), "max_spans_per_trace", spans.into()));
    }
    check_sampler(&mut errors, &path, &tracer.sampler);
    errors
}

/// Checks a whole number by the range of its key.
pub(super) fn check_number(
    section: &Section,
    path: &KeyPath,
    name: &'static str,
    number: u128,
) -> Option<ModelDiagnostic> {
    let key = section.key(name)?;
    let (min, max) = match key.kind {
        Kind::Count(min, max) => (min, max),
        Kind::Millis(min) => (min, MAX_MILLIS),
        _ => return None,
    };
    let is_allowed = (u128::from(min)..=u128::from(max)).contains(&number);
    (!is_allowed).then(|| wrong(key, path, &number.to_string()))
}

/// Checks the samplers that the builder can make.
fn check_sampler(errors: &mut Vec<ModelDiagnostic>, path: &KeyPath, sampler: &SamplerConfig) {
    match sampler {
        SamplerConfig::ParentBased(parents) => {
            if let SamplerConfig::TraceIdRatioBased(ratio) = parents.root {
                errors.extend(check_ratio(&TRACER, path, "sample_rate", ratio));
            }
        }
        SamplerConfig::TraceIdRatioBased(ratio) => {
            let path = path.key("sampler").key("trace_id_ratio_based");
            errors.extend(check_ratio(&RATIO, &path, "ratio", *ratio));
        }
        SamplerConfig::RateLimited(per_second) => {
            let path = path.key("sampler").key("rate_limited");
            errors.extend(check_number(&RATE_LIMITED, &path, "per_second", (*per_second).into()));
        }
        SamplerConfig::AlwaysOn | SamplerConfig::AlwaysOff => {}
    }
}

fn check_ratio(section: &Section, path: &KeyPath, name: &'static str, ratio: f64) -> Option<ModelDiagnostic> {
    let key = section.key(name)?;
    (!(0.0..=1.0).contains(&ratio)).then(|| wrong(key, path, &ratio.to_string()))
}

fn wrong(key: &'static Key, path: &KeyPath, value: &str) -> ModelDiagnostic {
    let violation = Violation::new(format!("is not {}", key.kind.expected())).with_help(key.help());
    ModelDiagnostic::violation(path.key(key.name), value, violation)
}
