//! Overrides: `MULTITRACER_*` over the file.

use super::load;
use crate::config::model::{ParentBasedConfig, SamplerConfig};
use crate::config::{Config, Variables};

const FILE: &str = "\
default_tracer: production
tracers:
  production: {exporter: console}
  canary-2: {exporter: console, sampler: always_off, enabled: false}
experiments:
  split: {variants: [{name: canary-2}]}
";

/// Returns the message for variables that are refused.
fn refusal(variables: &[(&str, &str)]) -> String {
    load(FILE, variables).unwrap_err().to_string()
}

#[test]
fn overrides_replace_values_of_the_file() {
    let config = load(
        FILE,
        &[
            ("MULTITRACER_ENABLED", "FALSE"),
            ("MULTITRACER_DEFAULT_TRACER", "canary-2"),
            ("MULTITRACER_TRACER_CANARY_2_SAMPLE_RATE", "0.25"),
            ("MULTITRACER_TRACER_CANARY_2_ENABLED", "true"),
            ("MULTITRACER_TRACER_PRODUCTION_SAMPLE_RATE", ""),
        ],
    )
    .unwrap();
    let model = config.model();
    assert!(!model.enabled && model.tracers[1].enabled);
    assert_eq!(model.default_tracer, "canary-2");
    // keys that default to the default tracer follow the override
    assert_eq!(model.experiments[0].fallback, "canary-2");
    let rate = ParentBasedConfig::with_root(SamplerConfig::TraceIdRatioBased(0.25));
    assert_eq!(model.tracers[1].sampler, SamplerConfig::ParentBased(Box::new(rate)));
    assert_eq!(model.tracers[0].sampler, SamplerConfig::default());
    let listed: Vec<_> =
        config.overrides().iter().map(|set| (set.variable(), set.path(), set.value())).collect();
    assert_eq!(
        listed,
        [
            ("MULTITRACER_ENABLED", "enabled", "false"),
            ("MULTITRACER_DEFAULT_TRACER", "default_tracer", "canary-2"),
            ("MULTITRACER_TRACER_CANARY_2_ENABLED", "tracers.canary-2.enabled", "true"),
            ("MULTITRACER_TRACER_CANARY_2_SAMPLE_RATE", "tracers.canary-2.sample_rate", "0.25"),
        ]
    );
    assert_eq!(load(FILE, &[]).unwrap().overrides(), []);
}

#[test]
fn opentelemetrys_switch_disables_tracing() {
    let off = load(FILE, &[("MULTITRACER_ENABLED", "true"), ("OTEL_SDK_DISABLED", "True")]).unwrap();
    assert!(!off.model().enabled);
    assert_eq!((off.overrides()[1].variable(), off.overrides()[1].value()), ("OTEL_SDK_DISABLED", "false"));
    assert!(load(FILE, &[("OTEL_SDK_DISABLED", "1")]).unwrap().model().enabled);
}

#[test]
fn wrong_values_are_named_and_not_shown() {
    assert_eq!(
        refusal(&[("MULTITRACER_ENABLED", "nope"), ("MULTITRACER_TRACER_PRODUCTION_SAMPLE_RATE", "1.5")]),
        "<string>: the variable `MULTITRACER_ENABLED` is not `true` or `false`\n   \
         = help: unset `MULTITRACER_ENABLED` to use what the file says\n\
         <string>: the variable `MULTITRACER_TRACER_PRODUCTION_SAMPLE_RATE` is not a number from 0 to 1\n   \
         = help: unset `MULTITRACER_TRACER_PRODUCTION_SAMPLE_RATE` to use what the file says"
    );
    assert_eq!(
        refusal(&[("MULTITRACER_DEFAULT_TRACER", "prodution")]),
        "<string>: the variable `MULTITRACER_DEFAULT_TRACER` is not the name of a tracer\n   \
         = help: did you mean `production`?"
    );
}

#[test]
fn a_variable_that_two_tracers_share_is_refused() {
    let text = "default_tracer: a-b\ntracers: {a-b: {exporter: console}, a_b: {exporter: console}}";
    assert!(load(text, &[]).is_ok());
    let error = load(text, &[("MULTITRACER_TRACER_A_B_ENABLED", "false")]).unwrap_err().to_string();
    assert!(error.contains("`MULTITRACER_TRACER_A_B_ENABLED` names two tracers, `a-b` and `a_b`"), "{error}");
}

#[test]
fn a_check_of_the_structure_ignores_overrides() {
    let enabled = |name: &str| (name == "MULTITRACER_ENABLED").then(|| "nope".to_owned());
    assert!(Config::loader().overrides(enabled).load_yaml(FILE).is_err());
    assert!(Config::loader().overrides(enabled).check_yaml(FILE).is_ok());
}

/// A source of variables that lists their names.
struct Listed(&'static [(&'static str, &'static str)]);

impl Variables for Listed {
    fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    fn names(&self) -> Vec<String> {
        self.0.iter().map(|(key, _)| (*key).to_owned()).collect()
    }
}

#[test]
fn variables_without_effect_cause_warnings() {
    const SET: Listed = Listed(&[
        ("MULTITRACER_TRACER_CANRY_2_SAMPLE_RATE", "cAnArY"),
        ("MULTITRACER_TRACER_PRODUCTION_SAMPLE_RATES", "cAnArY"),
        ("MULTITRACER_TRACER_X", "cAnArY"),
        ("MULTITRACER_ENABELD", "cAnArY"),
        ("MULTITRACER_OF_ANOTHER_PROGRAM", "cAnArY"),
        ("MULTITRACER_ENABLED", "true"),
    ]);
    let config = Config::loader().overrides(SET).load_yaml(FILE).unwrap();
    let warnings: Vec<String> =
        config.warnings().iter().map(|each| each.render("f", false).to_string()).collect();
    assert_eq!(
        warnings,
        [
            "f: warning: the variable `MULTITRACER_ENABELD` is set, but it overrides nothing [unknown_override]\n   \
             = help: did you mean `MULTITRACER_ENABLED`?",
            "f: warning: the variable `MULTITRACER_TRACER_CANRY_2_SAMPLE_RATE` is set, but it overrides nothing \
             [unknown_override]\n   = help: did you mean `MULTITRACER_TRACER_CANARY_2_SAMPLE_RATE`?",
            "f: warning: the variable `MULTITRACER_TRACER_PRODUCTION_SAMPLE_RATES` is set, but it overrides nothing \
             [unknown_override]\n   = help: did you mean `MULTITRACER_TRACER_PRODUCTION_SAMPLE_RATE`?",
            "f: warning: the variable `MULTITRACER_TRACER_X` is set, but it overrides nothing [unknown_override]\n   \
             = help: it is `MULTITRACER_TRACER_<NAME>_ENABLED` or `.._SAMPLE_RATE`, with a tracer's name in capitals",
        ]
    );
}

#[test]
fn ignored_exporter_variables_cause_warnings() {
    const SET: Listed = Listed(&[
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=cAnArY"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://cAnArY"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://localhost/v1/traces"),
        ("OTEL_SERVICE_NAME", "cAnArY"),
    ]);
    let warnings = |text: &str| {
        let config = Config::loader().variables(SET).overrides(SET).load_yaml(text).unwrap();
        config.warnings().iter().map(|each| each.render("f", false).to_string()).collect::<Vec<_>>()
    };
    let text = "tracers: {a: {exporter: {otlp_http: {endpoint: \"${OTEL_EXPORTER_OTLP_TRACES_ENDPOINT}\"}}}}";
    assert_eq!(
        warnings(text),
        [
            "f: warning: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS` are set, and no tracer reads them \
          [ignored_variable]\n   = help: write `${OTEL_EXPORTER_OTLP_ENDPOINT}` where its value belongs, or unset it"
        ]
    );
    // without an OTLP exporter no variable is ignored
    assert_eq!(warnings("tracers: {a: {exporter: console}}"), [""; 0]);
}
