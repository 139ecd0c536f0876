//! Presets of backends: key, project and environment go where the backend reads them.

use super::{load, model, refusal};
use crate::config::model::{AttributeValue, ExporterConfig, TracerConfig};

/// Returns the endpoint and the headers of an exporter.
fn sent(tracer: &TracerConfig) -> (String, Vec<String>) {
    let (endpoint, headers) = match tracer.exporters.first() {
        ExporterConfig::OtlpHttp(otlp) => (&otlp.endpoint, &otlp.headers),
        ExporterConfig::OtlpGrpc(otlp) => (&otlp.endpoint, &otlp.headers),
        ExporterConfig::File(_) | ExporterConfig::Console => unreachable!(),
    };
    let mut headers: Vec<_> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect();
    headers.sort();
    (endpoint.clone(), headers)
}

fn tracer(text: &str) -> TracerConfig {
    model(text).tracers.remove(0)
}

#[test]
fn each_backend_gets_its_key_project_and_environment() {
    // base64 of "k:s"
    let basic = "authorization: Basic azpz";
    let bearer = "authorization: Bearer k:s";
    let local = "http://localhost:4318/v1/traces";
    for (backend, endpoint, headers, attribute) in [
        (
            "honeyhive",
            "https://api.dp1.us.honeyhive.ai/opentelemetry/v1/traces",
            vec![bearer],
            "project.name",
        ),
        ("phoenix", "http://localhost:6006/v1/traces", vec![bearer], "openinference.project.name"),
        (
            "langfuse",
            "https://cloud.langfuse.com/api/public/otel/v1/traces",
            vec![basic, "x-langfuse-ingestion-version: 4"],
            "project.name",
        ),
        (
            "langsmith",
            "https://api.smith.langchain.com/otel/v1/traces",
            vec!["langsmith-project: p", "x-api-key: k:s"],
            "project.name",
        ),
        (
            "mlflow",
            "http://localhost:5000/v1/traces",
            vec![bearer, "x-mlflow-experiment-id: p"],
            "project.name",
        ),
        ("tempo", local, vec![bearer, "x-scope-orgid: p"], "project.name"),
        ("jaeger", local, vec![bearer, "x-tenant: p"], "project.name"),
        (
            "honeycomb",
            "https://api.honeycomb.io/v1/traces",
            vec!["x-honeycomb-dataset: p", "x-honeycomb-team: k:s"],
            "project.name",
        ),
        ("datadog", "https://otlp.datadoghq.com/v1/traces", vec!["dd-api-key: k:s"], "project.name"),
        ("otlp", local, vec![bearer], "project.name"),
    ] {
        let text =
            format!("tracers: {{a: {{backend: {backend}, project: p, environment: e, api_key: 'k:s'}}}}");
        let tracer = tracer(&text);
        assert_eq!(
            sent(&tracer),
            (endpoint.to_owned(), headers.iter().map(|h| (*h).to_owned()).collect()),
            "{backend}"
        );
        assert_eq!(tracer.project_attribute, attribute, "{backend}");
        assert_eq!(tracer.environment.as_deref(), Some("e"));
        let environment = ("langfuse.environment".to_owned(), AttributeValue::String("e".to_owned()));
        let expected = if backend == "langfuse" { vec![environment] } else { vec![] };
        assert_eq!(*tracer.resource, expected, "{backend}");
    }
    let grafana = "tracers: {a: {backend: grafana_cloud, api_key: 'k:s', exporter: {otlp_http: {endpoint: https://g/otlp/v1/traces}}}}";
    assert_eq!(sent(&tracer(grafana)), ("https://g/otlp/v1/traces".to_owned(), vec![basic.to_owned()]));
}

#[test]
fn written_keys_win_over_those_of_the_backend() {
    let text = "
defaults: {backend: langsmith, api_key: k, exporter: {otlp_http: {timeout: 7, headers: {langsmith-project: all}}}}
default_tracer: a
tracers:
  a: {api_key: own}
  b: {exporter: {otlp_http: {endpoint: https://eu/otel/v1/traces, headers: {langsmith-project: null}}}}
  c: {backend: phoenix, project_attribute: x, resource: {attributes: {a: 1}}}
  d: {backend: langsmith}
  e: {exporter: console}
";
    let model = model(text);
    let sent: Vec<_> = model.tracers.iter().take(4).map(sent).collect();
    let langsmith = "https://api.smith.langchain.com/otel/v1/traces";
    let headers = |key: &str| vec!["langsmith-project: all".to_owned(), format!("x-api-key: {key}")];
    assert_eq!(sent[0], (langsmith.to_owned(), headers("own")));
    assert_eq!(sent[1], ("https://eu/otel/v1/traces".to_owned(), vec!["x-api-key: k".to_owned()]));
    // a backend gets nothing that belongs to another backend
    assert_eq!(sent[2], ("http://localhost:6006/v1/traces".to_owned(), vec![]));
    assert_eq!(sent[3], (langsmith.to_owned(), headers("k")));
    assert_eq!(model.tracers[2].project_attribute, "x");
    for tracer in &model.tracers[..4] {
        let ExporterConfig::OtlpHttp(otlp) = tracer.exporters.first() else { unreachable!() };
        assert_eq!(otlp.timeout.as_millis(), 7);
    }
    assert_eq!(*model.tracers[4].exporters.first(), ExporterConfig::Console);
    // a tracer with a list of its own inherits nothing, and one with a backend of its own inherits
    // no list
    let lists = self::model(
        "defaults: {backend: honeyhive, api_key: k}\ndefault_tracer: a\n\
         tracers: {a: {exporters: [{otlp_http: {endpoint: http://one/v1}}, console]}}",
    );
    assert_eq!(self::sent(&lists.tracers[0]), ("http://one/v1".to_owned(), vec![]));
    assert!(lists.tracers[0].exporters.iter().skip(1).eq([&ExporterConfig::Console]));
    let list = "defaults: {exporters: [console, {file: {path: x}}]}\ntracers: {a: {backend: phoenix}}";
    let own = tracer(list);
    assert_eq!(self::sent(&own).0, "http://localhost:6006/v1/traces");
    assert_eq!(own.exporters.len(), 1);
    let grpc = tracer("tracers: {a: {backend: tempo, project: p, exporter: otlp_grpc}}");
    assert_eq!(self::sent(&grpc), ("http://localhost:4317".to_owned(), vec!["x-scope-orgid: p".to_owned()]));
}

#[test]
fn unmet_needs_of_a_backend_are_reported() {
    for (text, message) in [
        ("backend: honeyhive", "tracers.a.backend: the backend `honeyhive` needs an `api_key`"),
        ("backend: langfuse, api_key: pk", "tracers.a.api_key: the value is not `PUBLIC_KEY:SECRET_KEY`"),
        ("backend: langfuse, api_key: 'pk:'", "tracers.a.api_key: the value is not `PUBLIC_KEY:SECRET_KEY`"),
        (
            "backend: grafana_cloud, api_key: 'k:s'",
            "the backend `grafana_cloud` has an endpoint for each region",
        ),
        ("backend: mlflow, exporter: otlp_grpc", "the backend `mlflow` takes OTLP over HTTP only"),
        ("backend: otlp, exporter: console", "a `backend` needs an OTLP exporter"),
        ("backend: tempo, project: \"a\\nb\"", "tracers.a.project: `a\\nb` is not a header value"),
        ("backend: honeyhiv, api_key: k", "help: did you mean `honeyhive`?"),
        (
            "backend: datadog, api_key: k, exporter: {otlp_http: {headers: {DD-API-KEY: k}}}",
            "`api_key` and the header `dd-api-key` exclude each other",
        ),
    ] {
        let shown = refusal(&format!("tracers: {{a: {{{text}}}}}"));
        assert!(shown.contains(message), "{text}\n{shown}");
        assert!(!shown.contains("omitted"));
    }
    let another = refusal("defaults: {api_key: k}\ntracers: {a: {backend: honeyhive}}");
    assert!(another.contains("the `api_key` of `defaults` is for another backend"), "{another}");
    let several = refusal("tracers: {a: {backend: honeyhive, exporters: [console]}}");
    assert!(several.contains("`backend` and `exporters` exclude each other"), "{several}");
    assert!(!several.contains("needs an"), "{several}");
    // a header of the tracer counts as a key
    let header = "tracers: {a: {backend: datadog, exporter: {otlp_http: {headers: {DD-API-KEY: k}}}}}";
    assert_eq!(sent(&tracer(header)).1, ["dd-api-key: k"]);
    // a key with an unknown value counts, and a load without credentials needs no key
    let variable = "tracers: {a: {backend: langfuse, api_key: \"${K}\"}}";
    assert!(crate::config::Config::loader().check_yaml(variable).is_ok());
    assert!(crate::config::Config::loader().without_credentials().load_yaml(variable).is_ok());
    assert!(load(variable, &[("K", "a:b")]).is_ok());
    let shown = load(variable, &[("K", "cAnArY")]).unwrap_err().to_string();
    assert!(
        shown.contains("the value of `${K}` is not `PUBLIC_KEY:SECRET_KEY`") && !shown.contains("cAnArY"),
        "{shown}"
    );
}
