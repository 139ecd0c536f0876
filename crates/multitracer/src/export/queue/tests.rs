//! Tests of the queue, which also run under Miri to find data races and use after free:
//! `MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test -p multitracer
//! --no-default-features --lib export::queue`

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Barrier;
use std::sync::atomic::AtomicBool;
use std::thread;

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use tokio::time::Instant;

use super::*;
use crate::export::outcome::{ExportError, ExportSuccess};

/// Returns a span with an attribute of `bytes` bytes.
pub(in crate::export) fn span(bytes: usize) -> SpanRecord {
    named_span("work".to_owned(), bytes)
}

/// Returns a span with a name and an attribute of `bytes` bytes.
pub(in crate::export) fn named_span(name: String, bytes: usize) -> SpanRecord {
    SpanRecord::from(SpanData {
        span_context: SpanContext::empty_context(),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: name.into(),
        start_time: std::time::SystemTime::UNIX_EPOCH,
        end_time: std::time::SystemTime::UNIX_EPOCH,
        attributes: vec![KeyValue::new("text", "x".repeat(bytes))],
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::default(),
    })
}

fn push(queue: &Queue, mut span: SpanRecord) {
    queue.push(&mut span);
}

fn queue(max_size: usize, max_bytes: usize, batch_size: usize) -> Queue {
    Queue::new("test".into(), max_size, max_bytes, batch_size)
}

fn adds_up(counters: &Counters) -> bool {
    let completed = counters.exported + counters.rejected + counters.dropped.total();
    counters.ended == completed + counters.queued + counters.in_flight
}

fn accepted(rejected: usize) -> ExportOutcome {
    Ok(ExportSuccess { rejected, ..ExportSuccess::default() })
}

#[test]
fn spans_that_do_not_fit_are_dropped() {
    let queue = queue(3, 100_000, 2);
    for _ in 0..5 {
        push(&queue, span(0));
    }
    let counters = queue.counters();
    assert_eq!((counters.ended, counters.queued, counters.dropped.queue_full), (5, 3, 2));
    assert_eq!((queue.take_batch().len(), queue.take_batch().len(), queue.take_batch().len()), (2, 1, 0));
    assert!(adds_up(&queue.counters()));
}

/// A shard reserves room for several spans. The room counts as free for the other shards.
#[test]
fn a_queue_fills_up_although_shards_reserve_room() {
    let queue = queue(512, 1 << 20, 256);
    thread::scope(|scope| {
        for _ in 0..SHARDS {
            scope.spawn(|| push(&queue, span(0)));
        }
    });
    assert!(queue.level.reserved_beyond(SHARDS) > 0, "a shard has reserved more than it used");
    for _ in 0..600 {
        push(&queue, span(0));
    }
    let counters = queue.counters();
    assert_eq!((counters.queued, counters.dropped.queue_full), (512, 600 + SHARDS as u64 - 512));
    assert!(adds_up(&counters), "{counters:?}");
    while queue.take_batch().len() > 0 {}
    assert!(queue.level.is_empty(), "all room is free again: {:?}", queue.level);
}

/// A shard reserves more bytes than its span needs. They count as free for the other shards, also
/// once the shard has used its reserved spans.
#[test]
fn a_large_span_fits_although_a_shard_reserves_bytes() {
    let queue = queue(1000, 200_000, 8);
    queue.push_into(&queue.shards[0], &mut span(0), false);
    queue.push_into(&queue.shards[1], &mut span(195_000), false);
    let counters = queue.counters();
    assert_eq!((counters.queued, counters.dropped.total()), (2, 0), "{:?}", queue.level);
}

#[test]
fn the_size_is_bounded() {
    let queue = queue(1000, 10_000, 1000);
    for _ in 0..5 {
        push(&queue, span(3000));
    }
    push(&queue, span(20_000));
    let counters = queue.counters();
    assert!((2..=3).contains(&counters.queued) && counters.queued_bytes <= 10_000, "{counters:?}");
    assert_eq!((counters.dropped.queue_full, counters.dropped.too_large), (5 - counters.queued, 1));
    queue.take_batch();
    assert_eq!(queue.counters().queued_bytes, 0);
    push(&queue, span(3000));
    assert_eq!(queue.counters().queued, 1, "the queue has room again");
}

#[test]
fn a_batch_fits_in_one_request() {
    let queue = queue(1000, 1 << 30, 1000);
    for _ in 0..4 {
        push(&queue, span(MAX_BATCH_BYTES / 2));
    }
    assert_eq!(queue.take_batch().len(), 1);
    push(&queue, span(MAX_BATCH_BYTES * 2));
    let batches: Vec<_> =
        std::iter::from_fn(|| Some(queue.take_batch().len()).filter(|len| *len > 0)).collect();
    assert_eq!(batches, [1, 1, 1, 1], "a span that is larger than a batch is exported alone");
}

#[test]
fn abandoned_spans_are_dropped_once() {
    let queue = queue(10, 100_000, 2);
    for _ in 0..5 {
        push(&queue, span(0));
    }
    let batch = queue.take_batch();
    queue.complete(batch.len(), Duration::ZERO, &accepted(1));
    let late = queue.take_batch();
    assert_eq!(queue.abandon(), 3);
    queue.complete(late.len(), Duration::ZERO, &accepted(0));
    push(&queue, span(0));
    let counters = queue.counters();
    assert_eq!((counters.exported, counters.rejected, counters.dropped.shutdown), (1, 1, 4));
    assert_eq!(counters.dropped_by_exporter.shutdown, 2, "the spans in flight");
    assert!(adds_up(&counters), "{counters:?}");
}

/// Pushes more spans than fit in a chunk or a batch, from more threads than shards.
#[test]
fn spans_of_a_thread_keep_their_order() {
    const THREADS: usize = 6;
    const EACH: usize = if cfg!(miri) { 30 } else { 700 };
    let queue = queue(THREADS * EACH, 100 << 20, 100);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let queue = &queue;
            scope.spawn(move || {
                for n in 0..EACH {
                    push(queue, named_span(format!("{thread} {n}"), n % 50));
                }
            });
        }
    });
    let mut next = [0; THREADS];
    loop {
        let left = queue.len();
        let batch = queue.take_batch();
        assert_eq!(batch.len(), left.min(100), "a full batch while enough spans are queued");
        let is_last = batch.len() == 0;
        for span in batch.into_span_data() {
            let (thread, n) = span.name.split_once(' ').unwrap();
            let next = &mut next[thread.parse::<usize>().unwrap()];
            assert_eq!(n.parse(), Ok(*next));
            *next += 1;
        }
        if is_last {
            break;
        }
    }
    assert_eq!(next, [EACH; THREADS]);
    let counters = queue.counters();
    assert_eq!((counters.queued, counters.queued_bytes, counters.in_flight), (0, 0, (THREADS * EACH) as u64));
}

/// A mark tells when the spans in front of it have left, whatever the threads push meanwhile.
#[test]
fn a_mark_waits_for_the_spans_in_front_of_it() {
    let queue = queue(10_000, 100 << 20, 7);
    let push_from_threads = |name: &str| {
        thread::scope(|scope| {
            for thread in 0..6 {
                let queue = &queue;
                scope.spawn(move || {
                    for _ in 0..5 + 10 * thread {
                        push(queue, named_span(name.to_owned(), 0));
                    }
                });
            }
        });
    };
    push_from_threads("before");
    let (mark, mut left) = (queue.mark(), queue.len());
    push_from_threads("after");
    while !queue.has_taken(&mark) {
        assert!(left > 0, "all spans in front of the mark have left");
        left -= queue.take_batch().into_span_data().iter().filter(|span| span.name == "before").count();
    }
    assert!(left == 0 && !queue.is_empty(), "{left} spans in front of the mark are queued");
    queue.abandon();
    assert!(queue.has_taken(&queue.mark()));
}

/// Some threads push while others take, complete, read the counts and abandon the rest.
#[test]
fn counts_add_up_at_any_time() {
    const THREADS: usize = 3;
    const EACH: usize = if cfg!(miri) { 40 } else { 2000 };
    let queue = queue(16, 100_000, 4);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for n in 0..EACH {
                    push(&queue, span(n % 7));
                }
            });
        }
        scope.spawn(|| {
            for n in 0..EACH {
                let batch = queue.take_batch();
                let outcome = match n % 3 {
                    0 => accepted(batch.len() / 2),
                    1 => Err(ExportError::failed("as the test wants")),
                    _ => accepted(0),
                };
                queue.complete(batch.len(), Duration::from_micros(n as u64), &outcome);
            }
            queue.abandon();
        });
        scope.spawn(|| {
            for _ in 0..EACH {
                let counters = queue.counters();
                assert!(adds_up(&counters), "{counters:?}");
            }
        });
    });
    let counters = queue.counters();
    assert!(adds_up(&counters) && counters.ended == (THREADS * EACH) as u64, "{counters:?}");
    assert_eq!((counters.queued, counters.in_flight, counters.queued_bytes), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_due_when_it_is_full_or_its_oldest_span_is_old() {
    let queue = queue(10, 100_000, 2);
    let delay = Duration::from_secs(5);
    let started = Instant::now();
    let due = async {
        queue.batch_due(delay).await;
        started.elapsed()
    };
    let pushing = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        push(&queue, span(0));
        tokio::time::sleep(Duration::from_secs(1)).await;
        push(&queue, span(0));
    };
    let (due, ()) = tokio::join!(due, pushing);
    assert_eq!(due.as_secs(), 2, "full");
    queue.take_batch();
    push(&queue, span(0));
    let started = Instant::now();
    queue.batch_due(delay).await;
    assert_eq!(started.elapsed().as_secs(), 5, "old");
}

/// A full batch leaves other spans in their shard. They do not wait for the delay again.
#[tokio::test]
async fn a_span_that_a_full_batch_leaves_waits_no_longer_than_the_delay() {
    let queue = queue(10, 100_000, 2);
    let delay = Duration::from_secs(1);
    let started = std::time::Instant::now();
    push(&queue, span(0));
    tokio::time::sleep(delay * 4 / 5).await;
    for _ in 0..2 {
        push(&queue, span(0));
    }
    queue.batch_due(delay).await;
    assert_eq!(queue.take_batch().len(), 2);
    assert!(started.elapsed() < delay, "the batch is full");
    queue.batch_due(delay).await;
    assert_eq!(queue.take_batch().len(), 1);
    let elapsed = started.elapsed();
    assert!(elapsed >= delay && elapsed < delay * 3 / 2, "{elapsed:?}");
    // all are taken, so the time of the first span no longer counts
    let started = std::time::Instant::now();
    push(&queue, span(0));
    queue.batch_due(delay).await;
    assert!(started.elapsed() >= delay);
}

/// A queue without room for more bytes would drop spans until the delay is over.
#[tokio::test(start_paused = true)]
async fn a_batch_is_due_when_the_queue_is_half_full_of_bytes() {
    let queue = queue(1000, 20_000, 1000);
    let started = Instant::now();
    for _ in 0..4 {
        push(&queue, span(3000));
    }
    queue.batch_due(Duration::from_secs(5)).await;
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn no_batch_of_an_empty_queue_is_due() {
    let queue = queue(1, 0, 1);
    let due = tokio::time::timeout(Duration::from_secs(60), queue.batch_due(Duration::from_secs(5)));
    assert!(due.await.is_err());
}

/// For large spans, a shard reserves bytes more often. It does not reserve spans each time.
#[test]
fn a_shard_reserves_room_for_few_spans() {
    let queue = queue(2048, 64 << 20, 512);
    for n in 1..=20 {
        push(&queue, span(100 << 10));
        assert!(queue.level.reserved_beyond(n) < 64, "{:?}", queue.level);
    }
}

/// Threads push one span each at the same time, around the time at which the worker becomes idle,
/// and push the next ones when these are taken. So a wake-up that is lost stops them all.
#[test]
#[cfg_attr(miri, ignore = "Miri is too slow for the margin")]
fn no_span_waits_much_longer_than_the_delay() {
    const DELAY: Duration = Duration::from_millis(1);
    const MARGIN: Duration = Duration::from_secs(1);
    const THREADS: u32 = 3;
    let queue = queue(64, 100_000, 16);
    let started = Instant::now();
    let (together, is_over) = (Barrier::new(THREADS as usize), AtomicBool::new(false));
    let push_rounds = |thread: u32| {
        for round in 0_u32.. {
            if thread == 0 && started.elapsed() > Duration::from_millis(1200) {
                is_over.store(true, Ordering::Relaxed);
            }
            together.wait();
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            // different pauses, between 0.5 and 1.5 times the time after which a worker is idle
            thread::sleep(DELAY / 2 + DELAY * (round * 37 % 100) / 100);
            push(&queue, named_span(started.elapsed().as_micros().to_string(), 0));
            while !queue.is_empty() {
                thread::yield_now();
            }
        }
        if thread == 0 {
            push(&queue, named_span("last".to_owned(), 0));
        }
    };
    let take_until_last = async {
        let mut slowest = Duration::ZERO;
        loop {
            let due = tokio::time::timeout(DELAY + MARGIN, queue.batch_due(DELAY)).await;
            if due.is_err() {
                is_over.store(true, Ordering::Relaxed);
                queue.abandon();
                return None;
            }
            for span in queue.take_batch().into_span_data() {
                let Ok(queued) = span.name.parse() else { return Some(slowest) };
                slowest = slowest.max(started.elapsed().saturating_sub(Duration::from_micros(queued)));
            }
        }
    };
    let slowest = thread::scope(|scope| {
        for thread in 0..THREADS {
            let push_rounds = &push_rounds;
            scope.spawn(move || push_rounds(thread));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(take_until_last)
    });
    assert!(slowest.is_some_and(|slowest| slowest < DELAY + MARGIN), "{slowest:?} of {}", queue.ended());
}
