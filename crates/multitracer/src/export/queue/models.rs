//! Models of the hand-over from the threads of spans to the worker, for `.ci/loom`.
//!
//! loom runs each model in many orders of its threads' steps: those with up to two switches away
//! from a thread that could continue. A model has two shards, and a model of [`Notify`] and of the
//! timers. A wake-up that is lost leaves all threads waiting, which loom reports as a deadlock.

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

/// Runs `model` in every order with up to two switches away from a thread that could continue, or
/// with up to `LOOM_MAX_PREEMPTIONS`.
fn in_many_orders(model: impl Fn() + Send + Sync + 'static) {
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
    in_many_orders(|| {
        let queue = queue(8, 4);
        let threads = [0, 1].map(|shard| push_in_thread(&queue, shard, 1));
        take(&queue, 2);
        join(threads);
    });
}

#[test]
fn an_idle_worker_sees_the_spans_of_one_shard() {
    set_timers_elapse(true);
    in_many_orders(|| {
        let queue = queue(8, 4);
        let threads = [2, 1].map(|spans| push_in_thread(&queue, 0, spans));
        take(&queue, 3);
        join(threads);
    });
}

#[test]
fn a_worker_that_stopped_waiting_sees_the_next_span() {
    set_timers_elapse(true);
    in_many_orders(|| {
        let queue = queue(8, 4);
        let threads = [0, 1].map(|shard| push_in_thread(&queue, shard, 1));
        begin_to_wait(&queue);
        take(&queue, 2);
        join(threads);
    });
}

/// Two threads push one span each and so complete a batch. Before, their shards have `queued`
/// spans, and reserved room for `reserved` more.
fn completes_a_batch(max_size: usize, batch_size: usize, queued: [usize; 2], reserved: usize) {
    set_timers_elapse(false);
    in_many_orders(move || {
        let queue = queue(max_size, batch_size);
        push(&queue, 1, queued[1]);
        push(&queue, 0, queued[0]);
        assert_eq!(queue.level.reserved_beyond(queued[0] + queued[1]), reserved);
        let threads = [0, 1].map(|shard| push_in_thread(&queue, shard, 1));
        take(&queue, batch_size);
        join(threads);
    });
}

/// Both threads use the last of their reserved room.
#[test]
fn a_batch_that_reserved_room_completes_wakes_the_worker() {
    completes_a_batch(64, 16, [13, 1], 2);
}

/// One thread reserves room, the other uses the last of its reserved room.
#[test]
fn a_batch_that_new_room_completes_wakes_the_worker() {
    completes_a_batch(64, 16, [12, 3], 1);
}

/// One thread needs room that the shard of the other has reserved. The queue is full then.
#[test]
fn a_batch_that_returned_room_completes_wakes_the_worker() {
    completes_a_batch(36, 36, [34, 1], 1);
}

/// A command of a shutdown ends the worker's wait, while a thread pushes spans.
#[test]
fn spans_beside_a_close_are_taken_or_counted_as_dropped() {
    set_timers_elapse(true);
    in_many_orders(|| {
        let queue = queue(8, 4);
        let thread = push_in_thread(&queue, 0, 2);
        begin_to_wait(&queue);
        queue.close();
        let taken = queue.take_batch().len();
        thread.join().unwrap();
        let counters = queue.counters();
        assert_eq!(counters.queued, 0, "a closed queue takes no span");
        assert_eq!(taken as u64 + counters.dropped.shutdown, 2, "{counters:?}");
    });
}

/// A large span does not fit, and takes no room from a small one.
#[test]
fn a_span_fits_beside_one_that_does_not() {
    in_many_orders(|| {
        let queue = Arc::new(Queue::new("test".into(), 8, 5000, 4));
        push(&queue, 0, 1);
        let threads = [(0, 4300), (1, 0)].map(|(shard, bytes)| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.push_into(&queue.shards[shard], &mut span(bytes), false))
        });
        join(threads);
        let counters = queue.counters();
        assert_eq!((counters.queued, counters.dropped.queue_full), (2, 1), "{counters:?}");
    });
}

/// Two threads need room that another shard has reserved.
#[test]
fn two_spans_fit_into_returned_room() {
    in_many_orders(|| {
        let queue = queue(64, 64);
        push(&queue, 1, 1);
        push(&queue, 0, 60);
        assert_eq!(queue.level.reserved_beyond(61), 3);
        join([0, 0].map(|shard| push_in_thread(&queue, shard, 1)));
        let counters = queue.counters();
        assert_eq!((counters.queued, counters.dropped.total()), (63, 0), "{counters:?}");
    });
}
