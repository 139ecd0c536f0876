//! Credentials of `defaults` that a tracer removes with a null.

use super::{model, refusal};
use crate::config::model::ExporterConfig;

/// Returns the headers of an exporter of this kind.
fn sent(text: &str, kind: &str) -> Vec<String> {
    let tracer = model(text).tracers.remove(0);
    let headers = match tracer.exporters.first() {
        ExporterConfig::OtlpHttp(otlp) if kind == "otlp_http" => &otlp.headers,
        ExporterConfig::OtlpGrpc(otlp) if kind == "otlp_grpc" => &otlp.headers,
        other => unreachable!("{other:?}"),
    };
    headers.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect()
}

/// A null or empty key, or a null header, removes the key that a tracer would inherit.
#[test]
fn a_null_removes_an_inherited_key() {
    for kind in ["otlp_http", "otlp_grpc"] {
        let in_header =
            format!("exporter: {{{kind}: {{headers: {{Authorization: Bearer base, x-team: t}}}}}}");
        let in_key = format!("exporter: {{{kind}: {{headers: {{x-team: t}}}}}}, api_key: base");
        let null_header = format!("exporter: {{{kind}: {{headers: {{Authorization: null}}}}}}");
        let listed = format!("exporter: {{{kind}: {{headers: [{{name: authorization, value: null}}]}}}}");
        let forms = ["api_key: null", "api_key: ", "api_key: ~", "api_key: ''", "api_key: \"${K:-}\""];
        for own in forms.into_iter().chain([&*null_header, &*listed]) {
            for defaults in [&in_header, &in_key] {
                let text = format!("defaults: {{{defaults}}}\ntracers: {{a: {{{own}}}}}");
                assert_eq!(sent(&text, kind), ["x-team: t"], "{text}");
            }
            // without an inherited key, a null changes nothing
            let text = format!("defaults: {{exporter: {kind}}}\ntracers: {{a: {{{own}}}}}");
            assert!(sent(&text, kind).is_empty(), "{text}");
        }
        // the own value beside the null of the other form wins
        let own_key = format!("api_key: own, {null_header}");
        let own_header = format!("api_key: null, {}", null_header.replace("null", "Bearer own"));
        for own in [own_key, own_header] {
            let text = format!("defaults: {{{in_key}}}\ntracers: {{a: {{{own}}}}}");
            assert_eq!(sent(&text, kind), ["x-team: t", "authorization: Bearer own"], "{text}");
        }
    }
    // an exporter of another kind inherits the key of `defaults`, and a null removes that as well
    let other = |own: &str| {
        format!("defaults: {{api_key: base, exporter: otlp_http}}\ntracers: {{a: {{exporter: {own}}}}}")
    };
    assert_eq!(sent(&other("otlp_grpc"), "otlp_grpc"), ["authorization: Bearer base"]);
    assert!(sent(&other("otlp_grpc, api_key: null"), "otlp_grpc").is_empty());
    assert!(sent(&other("{otlp_grpc: {headers: {authorization: null}}}"), "otlp_grpc").is_empty());
}

/// The key of a backend is in the backend's own header, and a null removes it there.
#[test]
fn a_null_removes_the_key_of_a_backend() {
    for (backend, header) in [("honeyhive", "authorization"), ("langsmith", "x-api-key")] {
        for own in ["api_key: null", &format!("exporter: {{otlp_http: {{headers: {{{header}: null}}}}}}")] {
            let in_header = format!("exporter: {{otlp_http: {{headers: {{{header}: k}}}}}}");
            for key in ["api_key: k", &in_header] {
                let text =
                    format!("defaults: {{backend: {backend}, {key}}}\ntracers: {{a: {{{own}, project: p}}}}");
                let headers = sent(&text, "otlp_http");
                assert!(headers.iter().all(|sent| !sent.starts_with(header)), "{text} {headers:?}");
            }
        }
    }
    // a null removes a fixed header of the backend
    let langfuse = "backend: langfuse, api_key: 'k:s', exporter: {otlp_http: {headers: {x-langfuse-ingestion-version: null}}}";
    let removed = format!("tracers: {{a: {{{langfuse}}}}}");
    assert_eq!(sent(&removed, "otlp_http"), ["authorization: Basic azpz"]);
    // a null without an inherited key is no key
    let shown = refusal("tracers: {a: {backend: honeyhive, api_key: null}}");
    assert!(shown.contains("the backend `honeyhive` needs an `api_key`"), "{shown}");
}
