//! Models of the hand-over from the threads of spans to the worker, which loom runs in every order
//! of their steps: `.ci/loom`.
//!
//! A wake-up that is lost leaves all threads waiting, which loom reports as a deadlock.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use loom::future::block_on;
use loom::model::Builder;
use loom::thread::{self, JoinHandle};

use super::sync::set_timers_elapse;
use super::tests::span;
use super::*;

const DELAY: Duration = Duration::from_secs(5);

/// Runs `model` in every order with up to 2 switches away from a thread that could continue, or
/// up to `LOOM_MAX_PREEMPTIONS`.
fn in_every_order(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(2));
    builder.max_branches = 100_000;
    builder.check(model);
}

fn queue(max_size: usize, batch_size: usize) -> Arc<Queue> {
    Arc::new(Queue::new("test".into(), max_size, 1 << 20, batch_size))
}

fn push(queue: &Queue, shard: usize, spans: usize) {
    for _ in 0..spans {
        queue.push_into(&queue.shards[shard], &mut span(0), false);
    }
}

fn push_in_thread(queue: &Arc<Queue>, shard: usize, spans: usize) -> JoinHandle<()> {
    let queue = Arc::clone(queue);
    thread::spawn(move || push(&queue, shard, spans))
}

fn join(threads: [JoinHandle<()>; 2]) {
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Takes batches when they are due, until `spans` spans are taken.
fn take(queue: &Queue, spans: usize) {
    let mut taken = 0;
    while taken < spans {
        block_on(queue.batch_due(DELAY));
        taken += queue.take_batch().len();
    }
}

/// Polls `batch_due` once and drops it, as the worker does when an export is complete.
fn begin_to_wait(queue: &Queue) {
    block_on(async {
        let mut due = pin!(queue.batch_due(DELAY));
        poll_fn(|context| {
            let _ = due.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    });
}

#[test]
fn an_idle_worker_sees_the_spans_of_two_shards() {
    set_timers_elapse(true);
    in_every_order(|| {
        let queue = queue(8, 4);
        let threads = [0, 1].map(|shard| push_in_thread(&queue, shard, 1));
        take(&queue, 2);
        join(threads);
    });
}

#[test]
fn an_idle_worker_sees_the_spans_of_one_shard() {
    set_timers_elapse(true);
    in_every_order(|| {
        let queue = queue(8, 4);
        let threads = [2, 1].map(|spans| push_in_thread(&queue, 0, spans));
        take(&queue, 3);
        join(threads);
    });
}

#[test]
fn a_worker_that_stopped_waiting_sees_the_next_span() {
    set_timers_elapse(true);
    in_every_order(|| {
        let queue = queue(8, 4);
        let threads = [0, 1].map(|shard| push_in_thread(&queue, shard, 1));
        begin_to_wait(&queue);
        take(&queue, 2);
        join(threads);
    });
}

/// Both threads use the last of their reserved room.
#[test]
fn a_batch_that_reserved_room_completes_wakes_the_worker() {
    set_timers_elapse(false);
    in_every_order(|| {
        let queue = queue(64, 16);
        push(&queue, 0, 13);
        push(&queue, 1, 1);
        assert_eq!(queue.level.reserved_beyond(14), 2);
        let threads = [0, 1].map(|shard| push_in_thread(&queue, shard, 1));
        take(&queue, 16);
        join(threads);
    });
}

/// One thread reserves room, the other uses the last of its reserved room.
#[test]
fn a_batch_that_new_room_completes_wakes_the_worker() {
    set_timers_elapse(false);
    in_every_order(|| {
        let queue = queue(64, 16);
        push(&queue, 0, 12);
        push(&queue, 1, 3);
        assert_eq!(queue.level.reserved_beyond(15), 1);
        let threads = [0, 1].map(|shard| push_in_thread(&queue, shard, 1));
        take(&queue, 16);
        join(threads);
    });
}

/// One thread needs room that the shard of the other has reserved. The queue is full then.
#[test]
fn a_batch_that_returned_room_completes_wakes_the_worker() {
    set_timers_elapse(false);
    in_every_order(|| {
        let queue = queue(36, 36);
        push(&queue, 1, 1);
        push(&queue, 0, 34);
        assert_eq!(queue.level.reserved_beyond(35), 1);
        let threads = [0, 1].map(|shard| push_in_thread(&queue, shard, 1));
        take(&queue, 36);
        join(threads);
    });
}

/// The worker waits for a full batch while a shutdown closes the queue.
#[test]
fn spans_beside_a_close_are_queued_or_counted_as_dropped() {
    set_timers_elapse(true);
    in_every_order(|| {
        let queue = queue(8, 4);
        let thread = push_in_thread(&queue, 0, 2);
        queue.close();
        let queued = queue.len();
        thread.join().unwrap();
        let counters = queue.counters();
        assert_eq!(queue.len(), queued, "a closed queue takes no span");
        assert_eq!(counters.queued + counters.dropped.shutdown, 2);
    });
}
