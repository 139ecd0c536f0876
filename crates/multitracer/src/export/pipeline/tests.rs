//! Tests of a pipeline that outlives its registry.

mod panics;
mod programs;

use std::sync::Mutex;
use std::time::Duration;

use super::runtime::BACKGROUND_TIMEOUT;
use super::*;
use crate::config::model::BatchConfig;
use crate::export::batch::Batch;
use crate::export::exporter::{ExportFuture, Exporter, Retry};
use crate::export::outcome::ExportSuccess;
use crate::export::queue::tests::span;

/// An exporter that counts its spans.
#[derive(Default)]
struct Counting(Mutex<usize>);

impl Exporter for Counting {
    fn export(self: Arc<Self>, batch: Batch, _retry: Retry) -> ExportFuture {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += batch.len();
        Box::pin(async { Ok(ExportSuccess::default()) })
    }
}

/// A span that ends after its registry is dropped is exported for a while, and then counted as
/// dropped.
#[test]
fn spans_that_outlive_the_registry() -> std::io::Result<()> {
    let runtime = ExportRuntime::start()?;
    let batch = BatchConfig { schedule_delay: Duration::from_secs(3600), ..BatchConfig::default() };
    let destination = Destination::start(
        &"test".into(),
        "counting".into(),
        0,
        &batch,
        Arc::<Counting>::default(),
        Arc::default(),
        &runtime,
    );
    let pipeline = Pipeline::new(vec![destination]);
    pipeline.push(&mut span(0));
    drop(runtime);
    pipeline.push(&mut span(0));
    let counters = || pipeline.counters().swap_remove(0).counters;
    let wait = |done: &dyn Fn(&Counters) -> bool| {
        let started = std::time::Instant::now();
        while !done(&counters()) && started.elapsed() < BACKGROUND_TIMEOUT * 10 {
            std::thread::sleep(Duration::from_millis(5));
        }
        counters()
    };
    assert_eq!(wait(&|counters| counters.exported == 2).exported, 2, "although the delay is an hour");
    std::thread::sleep(BACKGROUND_TIMEOUT * 2);
    pipeline.push(&mut span(0));
    let counters = wait(&|counters| counters.dropped.shutdown == 1);
    assert_eq!((counters.ended, counters.exported, counters.dropped.shutdown), (3, 2, 1));
    Ok(())
}
