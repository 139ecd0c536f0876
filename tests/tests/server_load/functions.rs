//! The traced functions of the handlers. Each notes on the board that it ran.

use std::future::pending;

use multitracer::traced;
use tokio::task::yield_now;

use super::board::Tag;

#[traced(fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) fn plain(tag: &Tag) {
    tag.ran("plain");
}

#[traced(fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) async fn step(tag: Tag) {
    tag.ran("step");
    yield_now().await;
    plain(&tag);
    yield_now().await;
}

/// Makes no span of its own.
#[traced(enabled = false)]
pub(super) async fn thin(tag: Tag) {
    step(tag).await;
}

#[traced(fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) async fn outer(tag: Tag) {
    tag.ran("outer");
    step(tag).await;
}

#[traced(fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) async fn hang(tag: Tag) {
    tag.ran("hang");
    plain(&tag);
    pending().await
}

#[traced(fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) async fn explode(tag: Tag) {
    tag.ran("explode");
    yield_now().await;
    // unlike `panic!`, this prints nothing
    std::panic::resume_unwind(Box::new("as the request asked"));
}

#[traced(tracer = "audit", fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) fn note(tag: &Tag) {
    tag.ran("note");
    plain(tag);
}

/// Visits `canary`, and from there `audit`.
#[traced(tracer = "canary", fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) async fn to_canary(tag: Tag) {
    tag.ran("to_canary");
    note(&tag.visit("audit"));
    yield_now().await;
    tokio::spawn(step(tag)).await.unwrap_or_default();
}

/// Visits `production`, and from there `canary`.
#[traced(tracer = "production", fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) async fn to_production(tag: Tag) {
    tag.ran("to_production");
    let canary = tag.visit("canary");
    tokio::join!(step(tag), to_canary(canary));
}

#[tracing::instrument(skip_all, fields(request.id = tag.id as i64, visit = %tag.visit))]
pub(super) async fn instrumented(tag: Tag) {
    tag.ran("instrumented");
    yield_now().await;
    tracing::info!("between");
    step(tag).await;
}
