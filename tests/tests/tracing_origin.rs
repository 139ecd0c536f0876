//! The tracer of `tracing` spans that start without a frame: only their origin decides.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use multitracer::builder::RegistryBuilder;
use multitracer::config::UnknownTracerPolicy;
use multitracer::export::InMemoryExporter;
use multitracer::subscriber::TracingOptions;
use multitracer::testing::TestRegistry;
use multitracer::{Registry, TracerBuilder};
use opentelemetry::Value;
use opentelemetry_sdk::trace::SpanData;
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

/// Runs `f` with a layer that adds no attributes of its own.
fn with_bare_layer(registry: &Registry, f: impl FnOnce()) {
    let options = TracingOptions::new().location(false).threads(false).target(false).inactivity(false);
    let subscriber = tracing_subscriber::registry().with(registry.tracing_layer_with(options));
    tracing::subscriber::with_default(subscriber, f);
}

fn attributes(span: &SpanData) -> Vec<(&str, &Value)> {
    span.attributes.iter().map(|attribute| (attribute.key.as_str(), &attribute.value)).collect()
}

#[test]
fn a_field_called_like_the_origin_chooses_no_tracer() {
    let f = TestRegistry::new(["production", "canary"]);
    let mut forged = Vec::new();
    with_bare_layer(f.registry(), || {
        // from now on, the bridge knows this registry by its number
        f.tracer("canary").scope(|| drop(info_span!("known")));
        for registry in 0..32_i64 {
            for name in 0..32_i64 {
                let value = (registry << 32) | name;
                forged.push(value);
                drop(info_span!(parent: None, "forged", multitracer.origin = value));
            }
        }
    });
    let names: Vec<_> = f.spans("canary").iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, ["known"]);
    let spans = f.spans("production");
    let found: Vec<_> = spans.iter().map(attributes).collect();
    let values: Vec<_> = forged.into_iter().map(Value::I64).collect();
    let expected: Vec<_> = values.iter().map(|value| vec![("multitracer.origin", value)]).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_field_called_like_the_origin_is_a_plain_attribute() {
    let f = TestRegistry::new(["production", "canary"]);
    with_bare_layer(f.registry(), || {
        let spans = || {
            drop(info_span!(parent: None, "root", multitracer.origin = true));
            drop(info_span!("inner", multitracer.origin = "text"));
        };
        spans();
        f.tracer("canary").scope(spans);
    });
    for tracer in ["production", "canary"] {
        let (root, inner) = (f.span(tracer, "root"), f.span(tracer, "inner"));
        assert_eq!(attributes(&root), [("multitracer.origin", &Value::Bool(true))]);
        assert_eq!(attributes(&inner), [("multitracer.origin", &Value::from("text"))]);
    }
}

/// A configuration with the tracers `names`, all with one exporter each.
fn config(tracers: &[(&str, &InMemoryExporter)], policy: UnknownTracerPolicy) -> RegistryBuilder {
    let mut builder = Registry::builder().default_tracer("production").unknown_tracer(policy);
    for (name, spans) in tracers {
        builder = builder.tracer(TracerBuilder::new(*name).in_memory(spans));
    }
    builder
}

/// Returns the spans of production, of a span whose tracer is removed before it starts.
fn after_the_removal(policy: UnknownTracerPolicy) -> Vec<String> {
    let [production, canary] = [InMemoryExporter::new(), InMemoryExporter::new()];
    let both = config(&[("production", &production), ("canary", &canary)], policy);
    let registry = both.build().unwrap();
    with_bare_layer(&registry, || {
        let tracer = registry.tracer("canary").unwrap();
        let span = tracer.scope(|| info_span!(parent: None, "late"));
        registry.reload(config(&[("production", &production)], policy)).unwrap();
        span.in_scope(|| info!("in late"));
    });
    assert!(canary.spans().is_empty());
    production.spans().iter().map(|span| span.name.to_string()).collect()
}

#[test]
fn the_rule_for_unknown_tracers_decides_if_a_reload_removed_the_tracer() {
    assert_eq!(after_the_removal(UnknownTracerPolicy::Drop), [""; 0]);
    assert_eq!(after_the_removal(UnknownTracerPolicy::Default), ["late"]);
}

#[test]
fn a_span_of_a_registry_that_is_gone_lands_nowhere_else() {
    let f = TestRegistry::new(["production"]);
    let gone = TestRegistry::new(["production", "canary"]);
    with_bare_layer(f.registry(), || {
        let span = gone.tracer("canary").scope(|| info_span!(parent: None, "late"));
        drop(gone);
        drop(span);
    });
    assert!(f.spans("production").is_empty());
}
