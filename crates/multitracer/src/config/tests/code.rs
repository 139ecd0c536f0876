//! Checks of configurations that code builds.

use super::model;
use crate::config::model::{ConfigModel, ExporterConfig, RouteConfig, RouteTarget};
use crate::config::{ConfigError, Secret, check};

fn message(config: &ConfigModel) -> String {
    let errors: Vec<_> = check::check_values(config).into_iter().chain(check::cross_check(config)).collect();
    ConfigError::in_code(errors).to_string()
}

#[test]
fn code_cannot_set_values_that_a_file_refuses() {
    let mut config = model(
        "default_tracer: a\ntracers: {a: , b: {exporter: otlp_grpc}, c: {exporter: console}}\n\
         experiments: {e: {variants: [{name: a}]}}",
    );
    assert!(check::check_values(&config).is_empty() && check::cross_check(&config).is_empty());
    config.default_tracer = "d".to_owned();
    config.tracers[2].name = "b".to_owned();
    if let ExporterConfig::OtlpHttp(otlp) = config.tracers[0].exporters.first_mut() {
        otlp.endpoint = "http://user:canary@host".to_owned();
        otlp.headers.push(("x-a".to_owned(), Secret::new("canary\n")));
        otlp.headers.push(("host".to_owned(), Secret::new("canary")));
        otlp.headers.extend((0..255).map(|i| (format!("x-{i}"), Secret::new("canary"))));
    }
    if let ExporterConfig::OtlpGrpc(otlp) = config.tracers[1].exporters.first_mut() {
        otlp.endpoint = "canary".to_owned();
    }
    config.tracers[1].batch.max_queue_size = 1;
    config.experiments[0].coverage = 1.5;
    config.experiments[0].variants[0].weight = 0;
    let target = RouteTarget::Experiment("f".to_owned());
    config.routes.push(RouteConfig { name: String::new(), headers: Vec::new(), target });
    assert_eq!(
        message(&config),
        "\
<code>: tracers.a.exporter.otlp_http.endpoint: the value has no path
   = help: OTLP over HTTP is sent to exactly this URL; most backends listen at `/v1/traces` (write `/` for none)
<code>: tracers.a.exporter.otlp_http.headers.x-a: the value ends with a line break
   = help: a key that was read from a file often has one
<code>: tracers.a.exporter.otlp_http.headers.host: `host` is set by the exporter itself
<code>: tracers.b.exporter.otlp_grpc.endpoint: the value is not an http:// or https:// URL
   = help: as in `https://collector.example.com:4318/v1/traces`
<code>: experiments.e.coverage: `1.5` is not a number from 0 to 1
<code>: tracers.b: `b` is the name of another tracer too
<code>: default_tracer: `d` is not the name of a tracer
   = help: the tracers are `a`, `b`, `b`
<code>: tracers.a.exporter.otlp_http.headers: more than 256 headers
   = help: those of `headers`, `headers_list`, `api_key` and `defaults` count together
<code>: tracers.b.batch.max_export_batch_size: `max_export_batch_size` is more than `max_queue_size`
   = help: a batch is taken from the queue, so it cannot be larger
<code>: routes[0].name: the route's name is empty
   = help: a name is 1 to 200 bytes of visible characters, with spaces only inside
<code>: routes[0].experiment: `f` is not the name of an experiment
   = help: the only experiment is `e`
<code>: experiments.e.variants: the weights sum to 0
   = help: the sum must be from 1 to 2147483647"
    );
}
