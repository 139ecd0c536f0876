//! `tracing` with tracing-opentelemetry, and with the layer of multitracer.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::layer::SubscriberExt as _;

use super::{ours, sdk};
use crate::measure::{Arrivals, Failure};

/// Makes tracing-opentelemetry the subscriber of this process.
pub(crate) fn subscribe(provider: &SdkTracerProvider) -> Result<(), Failure> {
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    Ok(tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))?)
}

/// Makes tracing-opentelemetry the subscriber of this process, and returns its arrivals.
pub(crate) fn subscribed(sampler: Sampler) -> Result<Arrivals, Failure> {
    let (provider, arrivals) = sdk::counted(sampler);
    subscribe(&provider)?;
    Ok(arrivals)
}

/// Makes the layer of multitracer the subscriber of this process.
pub(crate) fn subscribe_ours() -> Result<(), Failure> {
    let subscriber = tracing_subscriber::registry().with(multitracer::tracing_layer());
    Ok(tracing::subscriber::set_global_default(subscriber)?)
}

/// Installs a registry, makes its layer the subscriber of this process, and returns its arrivals.
pub(crate) fn subscribed_to_ours(sampler: Sampler) -> Result<Arrivals, Failure> {
    let (_, arrivals) = ours::installed(sampler)?;
    subscribe_ours()?;
    Ok(arrivals)
}
