//! The traced functions of the handlers. Each notes on the board that it ran.

use std::future::pending;

use multitracer::propagation::outgoing_headers;
use multitracer::traced;
use tokio::task::yield_now;

use super::board::Tag;

#[traced(fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) fn plain(tag: &Tag) {
    tag.ran("plain");
    tracing::info!(request.id = tag.id as i64, visit = &*tag.visit, "plain");
}

#[traced(fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) async fn step(tag: Tag) {
    tag.ran("step");
    tracing::info!(request.id = tag.id as i64, visit = &*tag.visit, "step");
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
    pending::<()>().await;
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
    tag.sends(&outgoing_headers());
    plain(tag);
}

/// Visits `canary`, and from there `audit`.
#[traced(tracer = "canary", fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) async fn to_canary(tag: Tag) {
    tag.ran("to_canary");
    tag.sends(&outgoing_headers());
    note(&tag.visit("audit"));
    yield_now().await;
    tokio::spawn(step(tag)).await.unwrap_or_default();
}

/// Visits `production`, and from there `canary`.
#[traced(tracer = "production", fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) async fn to_production(tag: Tag) {
    tag.ran("to_production");
    tag.sends(&outgoing_headers());
    let canary = tag.visit("canary");
    tokio::join!(step(tag), to_canary(canary));
}

/// Visits `gone`, and from there `audit`. While no tracer has the first name, it makes no span.
#[traced(tracer = "gone", fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) async fn to_gone(tag: Tag) {
    tag.ran("to_gone");
    note(&tag.visit("audit"));
    tokio::join!(step(tag.clone()), tokio::spawn(step(tag))).1.unwrap_or_default();
}

/// Names a tracer that never exists. From there it visits `audit`.
#[traced(tracer = "nobody", fields(request.id = tag.id as i64, visit = &*tag.visit))]
pub(super) async fn to_nobody(tag: Tag) {
    tag.ran("to_nobody");
    note(&tag.visit("audit"));
    tokio::spawn(step(tag)).await.unwrap_or_default();
}

#[tracing::instrument(skip_all, fields(request.id = tag.id as i64, visit = %tag.visit))]
pub(super) async fn instrumented(tag: Tag) {
    tag.ran("instrumented");
    yield_now().await;
    tracing::info!(request.id = tag.id as i64, visit = &*tag.visit, "instrumented");
    step(tag).await;
}
