//! Spans made without `#[traced]`: blocks, futures, computed names, and spans of callbacks.
//!
//! ```sh
//! cargo run --example manual_spans
//! ```
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use std::collections::HashMap;
use std::error::Error;

use multitracer::manual::{ManualSpan, SpanBuilder};
use multitracer::testing::TestRegistry;
use multitracer::{async_span, span};
use opentelemetry::trace::SpanKind;

/// Makes a span for a block, which costs as much as `#[traced]`.
fn import(batches: &[Vec<u32>]) -> u32 {
    let mut sum = 0;
    for batch in batches {
        let _span = span!("batch", kind = "consumer", fields(batch.size = batch.len()));
        sum += batch.iter().sum::<u32>();
    }
    sum
}

/// Makes a span for a future, on another tracer.
async fn ask(model: &str) -> Result<u32, std::num::ParseIntError> {
    async_span!("llm.call", tracer = "canary", fields(model); async { "x".parse() }).await
}

/// Makes a span whose name is known at run time.
fn load(table: &str) -> usize {
    let span = SpanBuilder::new(format!("load {table}")).kind(SpanKind::Client);
    span.attribute("db.collection.name", table).in_scope(|| 3)
}

/// Callbacks of a protocol. A span begins in one callback and ends in another.
#[derive(Default)]
struct Transfers {
    open: HashMap<u32, ManualSpan>,
}

impl Transfers {
    fn on_begin(&mut self, id: u32) {
        self.open.insert(id, SpanBuilder::new("transfer").attribute("transfer.id", i64::from(id)).start());
    }

    fn on_chunk(&self, id: u32) {
        if let Some(span) = self.open.get(&id) {
            // spans of this closure are inside the transfer
            span.in_scope(|| drop(span!("chunk")));
        }
    }

    fn on_end(&mut self, id: u32) {
        if let Some(mut span) = self.open.remove(&id) {
            span.end();
        }
    }
}

async fn work() {
    import(&[vec![1, 2], vec![3]]);
    let _ = ask("small").await;
    load("users");
    let mut transfers = Transfers::default();
    transfers.on_begin(1);
    transfers.on_begin(2);
    transfers.on_chunk(2);
    transfers.on_end(1);
    transfers.on_chunk(2);
    transfers.on_end(2);
}

async fn run() -> TestRegistry {
    // this registry keeps spans in memory; a program calls `multitracer::init("config.yaml")?`
    let test = TestRegistry::new(["production", "canary"]);
    test.run(work()).await;
    test
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run().await.trees());
    Ok(())
}

#[cfg(test)]
mod tests {
    use multitracer::{assert_no_orphans, assert_tree};

    #[tokio::test]
    async fn manual_spans_nest_like_other_spans() {
        let test = super::run().await;
        assert_tree!(
            test.trees(),
            "
            production
              batch [consumer] batch.size=2
              batch [consumer] batch.size=1
              load users [client] db.collection.name=users
              transfer transfer.id=1
              transfer transfer.id=2
                chunk
                chunk
            canary
              llm.call ERROR model=small error.type=core::num::error::ParseIntError
        "
        );
        assert_no_orphans!(test);
    }
}
