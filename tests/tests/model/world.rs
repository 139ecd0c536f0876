//! The registries and subscribers that programs run in.

use multitracer::builder::{RegistryBuilder, RouteBuilder};
use multitracer::config::{OnSwitch, RemoteParent, UnknownTracerPolicy};
use multitracer::export::InMemoryExporter;
use multitracer::subscriber::{TracingOptions, tracing_layer_with};
use multitracer::{Registry, Tracer, TracerBuilder};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanData};
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::generate::Random;
use crate::program::{TRACERS, Who};

/// The number of different worlds.
pub(crate) const WORLDS: u64 = 24;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TracerSettings {
    pub(crate) is_on: bool,
    pub(crate) rate: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct RegistrySettings {
    pub(crate) tracers: [TracerSettings; 3],
    pub(crate) on_switch: OnSwitch,
    pub(crate) remote_parent: RemoteParent,
    pub(crate) drops_unknown: bool,
    pub(crate) trusts_baggage: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) registries: [RegistrySettings; 2],
    /// The subscriber of the program; the last one belongs to no registry.
    pub(crate) subscriber: usize,
}

impl Settings {
    /// Returns the settings of a world. The first worlds are plain.
    pub(crate) fn new(world: u64) -> Self {
        let mut random = Random::new(world);
        let mut registry = || RegistrySettings {
            tracers: [(); 3].map(|()| TracerSettings {
                is_on: world < 4 || !random.chance(15),
                rate: match random.below(10) {
                    _ if world < 6 => 1.0,
                    0 => 0.0,
                    1 | 2 => 0.5,
                    _ => 1.0,
                },
            }),
            on_switch: if world >= 2 && random.chance(25) { OnSwitch::Child } else { OnSwitch::Link },
            remote_parent: match random.below(6) {
                0 if world >= 2 => RemoteParent::Child,
                1 if world >= 2 => RemoteParent::Link,
                _ => RemoteParent::Auto,
            },
            drops_unknown: random.chance(50),
            trusts_baggage: random.chance(50),
        };
        let registries = [registry(), registry()];
        Self { registries, subscriber: random.below(3) }
    }

    pub(crate) fn tracer(&self, who: Who) -> TracerSettings {
        self.registries[who.registry].tracers[who.tracer]
    }
}

/// The registries of a world, and everything that programs need of them.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) registries: [Registry; 2],
    pub(crate) tracers: [Vec<Tracer>; 2],
    exporters: [Vec<InMemoryExporter>; 2],
    pub(crate) subscribers: [Dispatch; 3],
    pub(crate) foreign: SdkTracer,
}

impl World {
    pub(crate) fn new(number: u64) -> Self {
        let settings = Settings::new(number);
        let exporters = [(); 2].map(|()| [(); 3].map(|()| InMemoryExporter::new()).to_vec());
        let registries = [0, 1]
            .map(|number| builder(number, &settings.registries[number], &exporters[number]).build().unwrap());
        let tracers = [0, 1].map(|number: usize| {
            TRACERS[number].iter().map(|name| registries[number].tracer(name).unwrap()).collect()
        });
        let options = || TracingOptions::new().location(false).threads(false).target(false).inactivity(false);
        let subscribers = [
            Dispatch::new(tracing_subscriber::registry().with(registries[0].tracing_layer_with(options()))),
            Dispatch::new(tracing_subscriber::registry().with(registries[1].tracing_layer_with(options()))),
            Dispatch::new(tracing_subscriber::registry().with(tracing_layer_with(options()))),
        ];
        let foreign = SdkTracerProvider::builder().build().tracer("foreign");
        Self { settings, registries, tracers, exporters, subscribers, foreign }
    }

    pub(crate) fn tracer(&self, who: Who) -> &Tracer {
        &self.tracers[who.registry][who.tracer]
    }

    /// Takes the spans that have ended, with the tracer that received each.
    pub(crate) fn take_spans(&self) -> Vec<(Who, SpanData)> {
        let mut spans = Vec::new();
        for (registry, exporters) in self.exporters.iter().enumerate() {
            for (tracer, exporter) in exporters.iter().enumerate() {
                spans.extend(exporter.take().into_iter().map(|span| (Who { registry, tracer }, span)));
            }
        }
        spans
    }
}

fn builder(number: usize, settings: &RegistrySettings, exporters: &[InMemoryExporter]) -> RegistryBuilder {
    let mut builder = Registry::builder()
        .default_tracer(TRACERS[number][0])
        .on_switch(settings.on_switch)
        .remote_parent(settings.remote_parent)
        .trusted_baggage(settings.trusts_baggage)
        .unknown_tracer(if settings.drops_unknown {
            UnknownTracerPolicy::Drop
        } else {
            UnknownTracerPolicy::Default
        });
    for (at, name) in TRACERS[number].iter().enumerate() {
        let TracerSettings { is_on, rate } = settings.tracers[at];
        let tracer = TracerBuilder::new(*name).enabled(is_on).sample_rate(rate).in_memory(&exporters[at]);
        builder = builder.tracer(tracer);
        builder =
            builder.route(RouteBuilder::to_tracer(format!("to-{name}"), *name).header("x-route", *name));
    }
    builder
}
