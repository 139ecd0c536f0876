//! The interpreter, which runs a program for real.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::{Shared, join_all};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use multitracer::WithTracerExt as _;
use multitracer::manual::ManualSpan;
use multitracer::propagation::Received;
use opentelemetry::Context;
use opentelemetry::trace::{
    FutureExt as _, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use tokio::task::LocalSet;
use tracing::{Instrument as _, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::context::Label;
use crate::functions::{self, Arguments, ByValue};
use crate::futures::{BoxFuture, pending, select, subscribed, yield_once};
use crate::program::{
    Attach, Block, Choice, Drive, Future, Id, Kind, Message, NAMES, Options, Parent, Program, Remote, Spawn,
    Step, TRACERS, Thread, TracingParent,
};
use crate::threads::{block_on, on_other_thread, subscriber, with_subscriber, without_runtime};
use crate::world::World;

/// A function that makes a started span current.
type Started = Box<dyn FnOnce(&Context) -> Context + Send>;

enum Value {
    Cx(Context),
    Manual(Arc<ManualSpan>),
    Started(Started),
    Tracing(usize, tracing::Span),
    Future(BoxFuture),
    Shared(Shared<BoxFuture>),
}

/// The state of a program that runs.
pub(crate) struct Env {
    pub(crate) world: World,
    values: Mutex<HashMap<Id, Value>>,
    labels: Mutex<HashMap<SpanId, Label>>,
    is_stuck: AtomicBool,
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").finish_non_exhaustive()
    }
}

/// Runs a program, and returns the labels of the spans that no tracer of the world made.
pub(crate) fn run(program: &Program, world: &World) -> HashMap<SpanId, Label> {
    let (values, labels) = (Mutex::default(), Mutex::default());
    let env = Arc::new(Env { world: world.clone(), values, labels, is_stuck: AtomicBool::new(false) });
    with_subscriber(world, world.settings.subscriber, || {
        let _ = catch_unwind(AssertUnwindSafe(|| env.block(&program.body)));
        // the values end their spans
        let values = std::mem::take(&mut *env.values.lock().unwrap());
        for value in values.into_values() {
            if let Value::Tracing(subscriber, span) = value {
                with_subscriber(world, subscriber, || drop(span));
            }
        }
    });
    std::mem::take(&mut *env.labels.lock().unwrap())
}

fn name(id: Id) -> String {
    format!("s{id}")
}

impl Env {
    fn block(self: &Arc<Self>, block: &Block) {
        for step in block.iter() {
            self.step(step);
        }
    }

    fn step(self: &Arc<Self>, step: &Step) {
        let id = step.id;
        let value = match &step.kind {
            Kind::Save => Value::Cx(Context::current()),
            Kind::StartManual(options) => Value::Manual(Arc::new(self.arguments(id, *options).start())),
            Kind::StartLibrary(registry) => Value::Started(self.library(id, *registry)),
            Kind::StartForeign => Value::Started(self.foreign(id)),
            Kind::StartTracing(parent) => Value::Tracing(subscriber(), self.tracing(id, *parent)),
            Kind::Call { future, is_shared: true } => Value::Shared(self.call(future).shared()),
            Kind::Call { future, is_shared: false } => Value::Future(self.call(future)),
            kind => return self.run(id, kind),
        };
        self.values.lock().unwrap().insert(id, value);
    }

    fn run(self: &Arc<Self>, id: Id, kind: &Kind) {
        let world = &self.world;
        match kind {
            Kind::Panic => resume_unwind(Box::new(())),
            Kind::Scope(who, block) => world.tracer(*who).scope(|| self.block(block)),
            Kind::RegistryScope(registry, block) => world.registries[*registry].scope(|| self.block(block)),
            Kind::InSpan(who, block) => world.tracer(*who).in_span(name(id), || self.block(block)),
            Kind::Function(site, options, block) => {
                functions::run(*site, self.arguments(id, *options), || self.block(block));
            }
            Kind::InManual(id, block) => match self.manual(*id) {
                Some(span) => span.in_scope(|| self.block(block)),
                None => self.block(block),
            },
            Kind::InTracing(id, block) => match self.saved_tracing(*id) {
                Some((number, span)) => {
                    with_subscriber(world, number, || span.in_scope(|| self.block(block)))
                }
                None => self.block(block),
            },
            Kind::Library(registry, block) => {
                self.within(self.library(id, *registry)(&Context::current()), block);
            }
            Kind::Foreign(block) => self.within(self.foreign(id)(&Context::current()), block),
            Kind::Tracing(parent, block) => self.tracing(id, *parent).in_scope(|| self.block(block)),
            Kind::Attach(attach, block) => match self.attached(id, *attach) {
                Some(cx) => self.within(cx, block),
                None => self.block(block),
            },
            Kind::Receive(message, block) => self.receive(message).scope(|| self.block(block)),
            Kind::Thread(how, block) => self.thread(*how, block),
            Kind::Catch(block) => {
                let _ = catch_unwind(AssertUnwindSafe(|| self.block(block)));
            }
            Kind::Subscriber(number, block) => with_subscriber(world, *number, || self.block(block)),
            Kind::BlockOn(drive, block) => {
                let local = LocalSet::new();
                let main = local.run_until(self.async_block(block));
                match drive {
                    Drive::Plain => block_on(main),
                    Drive::LocalUnder(who) => block_on(main.with_tracer(world.tracer(*who))),
                }
            }
            _ => {}
        }
    }

    fn within(self: &Arc<Self>, cx: Context, block: &Block) {
        let _attached = cx.attach();
        self.block(block);
    }

    fn thread(self: &Arc<Self>, how: Thread, block: &Block) {
        let job = self.job(block);
        match how {
            Thread::Plain => on_other_thread(job),
            Thread::Carry => on_other_thread(multitracer::carry(job)),
            Thread::SpawnThread => multitracer::spawn_thread(job).join().unwrap(),
        }
    }

    /// Returns a function that runs `block` on another thread, with the subscriber of this one.
    fn job(self: &Arc<Self>, block: &Block) -> impl FnOnce() + Send + 'static {
        let (env, block, number) = (Arc::clone(self), Arc::clone(block), subscriber());
        move || without_runtime(|| with_subscriber(&env.world, number, || env.block(&block)))
    }

    fn async_block(self: &Arc<Self>, block: &Block) -> BoxFuture {
        let (env, block) = (Arc::clone(self), Arc::clone(block));
        Box::pin(async move {
            for step in block.iter() {
                env.async_step(step).await;
            }
        })
    }

    async fn async_step(self: &Arc<Self>, step: &Step) {
        match &step.kind {
            Kind::Pending => pending(&self.is_stuck).await,
            Kind::Yield => yield_once().await,
            Kind::Await(future) => self.call(future).await,
            Kind::Select(future) => select(&self.is_stuck, self.call(future)).await,
            Kind::CatchAsync(future) => {
                let _ = AssertUnwindSafe(self.call(future)).catch_unwind().await;
            }
            Kind::Join(futures) => match &futures[..] {
                [first, second] => {
                    let (first, second) = (self.call(first), self.call(second));
                    tokio::join!(first, second);
                }
                futures => {
                    let called: Vec<_> = futures.iter().map(|future| self.call(future)).collect();
                    join_all(called).await;
                }
            },
            Kind::Unordered(futures) => {
                let mut called: FuturesUnordered<_> =
                    futures.iter().map(|future| self.call(future)).collect();
                while called.next().await.is_some() {}
            }
            Kind::Spawn { how, future, meanwhile } => {
                let task = match (how, future) {
                    (Spawn::Blocking, Future::Block(block)) => tokio::task::spawn_blocking(self.job(block)),
                    (Spawn::MultitracerBlocking, Future::Block(block)) => {
                        multitracer::spawn_blocking(self.job(block))
                    }
                    (Spawn::Multitracer, future) => multitracer::spawn(self.call(future)),
                    (Spawn::Local, future) => tokio::task::spawn_local(self.call(future)),
                    (_, future) => tokio::spawn(self.call(future)),
                };
                self.async_block(meanwhile).await;
                let _ = task.await;
            }
            _ => self.step(step),
        }
    }

    /// Calls a future, without polling it.
    fn call(self: &Arc<Self>, future: &Future) -> BoxFuture {
        match future {
            Future::Block(block) => self.async_block(block),
            Future::Traced { id, site, options, body } => {
                functions::call(*site, self.arguments(*id, *options), self.async_block(body))
            }
            Future::WithTracer(choice, future) => {
                let future = self.call(future);
                match *choice {
                    Choice::Ambient => future,
                    Choice::Handle(who) => Box::pin(future.with_tracer(self.world.tracer(who))),
                    Choice::Literal(name) | Choice::Name(name) => Box::pin(future.with_tracer(NAMES[name])),
                }
            }
            Future::WithCurrent(future) => Box::pin(self.call(future).with_current_tracer()),
            Future::Received(message, future) => {
                let future = self.call(future);
                Box::pin(self.receive(message).run(future))
            }
            Future::WithContext(attach, future) => {
                let future = self.call(future);
                match self.attached(0, *attach) {
                    Some(cx) => Box::pin(future.with_context(cx)),
                    None => future,
                }
            }
            Future::Instrument { id, parent, future } => {
                let future = self.call(future);
                let future = Box::pin(future.instrument(self.tracing(*id, *parent)));
                subscribed(Arc::clone(self), subscriber(), future)
            }
            Future::CalledIn(who, future) => self.world.tracer(*who).scope(|| self.call(future)),
            Future::Moved(future) => {
                let future = self.call(future);
                Box::pin(async move { future.await })
            }
            Future::Subscriber(number, future) => subscribed(Arc::clone(self), *number, self.call(future)),
            Future::Called(id) => {
                let mut values = self.values.lock().unwrap();
                match values.get(id) {
                    Some(Value::Shared(shared)) => Box::pin(shared.clone()),
                    Some(Value::Future(_)) => match values.remove(id) {
                        Some(Value::Future(future)) => future,
                        _ => Box::pin(async {}),
                    },
                    _ => Box::pin(async {}),
                }
            }
        }
    }

    fn arguments(&self, id: Id, options: Options) -> Arguments {
        let (literal, value) = match options.choice {
            Choice::Ambient => (None, None),
            Choice::Literal(name) => (Some(name), None),
            Choice::Name(name) => (None, Some(ByValue::Name(NAMES[name]))),
            Choice::Handle(who) => (None, Some(ByValue::Handle(self.world.tracer(who).clone()))),
        };
        let parent = match options.parent {
            Parent::Nearest => None,
            Parent::Root => Some(Context::new()),
            Parent::Saved(id) => Some(self.saved(id).unwrap_or_default()),
            Parent::Remote(remote) => Some(Context::new().with_remote_span_context(self.remote(remote))),
        };
        Arguments { name: name(id), literal, value, parent, is_enabled: options.is_enabled }
    }

    fn saved(&self, id: Id) -> Option<Context> {
        match self.values.lock().unwrap().get(&id) {
            Some(Value::Cx(cx)) => Some(cx.clone()),
            _ => None,
        }
    }

    fn manual(&self, id: Id) -> Option<Arc<ManualSpan>> {
        match self.values.lock().unwrap().get(&id) {
            Some(Value::Manual(span)) => Some(Arc::clone(span)),
            _ => None,
        }
    }

    fn saved_tracing(&self, id: Id) -> Option<(usize, tracing::Span)> {
        match self.values.lock().unwrap().get(&id) {
            Some(Value::Tracing(subscriber, span)) => Some((*subscriber, span.clone())),
            _ => None,
        }
    }

    fn library(&self, id: Id, registry: usize) -> Started {
        let tracer = self.world.registries[registry].tracer_provider().tracer("library");
        let span = tracer.start(name(id));
        Box::new(move |cx| cx.with_span(span))
    }

    fn foreign(&self, id: Id) -> Started {
        let span = self.world.foreign.start(name(id));
        let span_id = opentelemetry::trace::Span::span_context(&span).span_id();
        self.labels.lock().unwrap().insert(span_id, Label::Foreign(id));
        Box::new(move |cx| cx.with_span(span))
    }

    fn tracing(&self, id: Id, parent: TracingParent) -> tracing::Span {
        let name = name(id);
        let contextual = || info_span!("step", otel.name = name);
        match parent {
            TracingParent::Contextual => contextual(),
            TracingParent::Root => info_span!(parent: None, "step", otel.name = name),
            TracingParent::Span(id) => match self.saved_tracing(id) {
                Some((number, span)) if number == subscriber() => {
                    info_span!(parent: &span, "step", otel.name = name)
                }
                _ => contextual(),
            },
            TracingParent::Set(id) => {
                let span = contextual();
                if let Some(cx) = self.saved(id) {
                    let _ = span.set_parent(cx);
                }
                span
            }
            TracingParent::Extracted(remote) => {
                let span = contextual();
                let _ = span.set_parent(Context::new().with_remote_span_context(self.remote(remote)));
                span
            }
        }
    }

    fn attached(&self, id: Id, attach: Attach) -> Option<Context> {
        let cx = Context::current();
        Some(match attach {
            Attach::Empty => Context::new(),
            Attach::Remote(remote) => cx.with_remote_span_context(self.remote(remote)),
            Attach::OnlyRemote(remote) => Context::new().with_remote_span_context(self.remote(remote)),
            Attach::HandMade => cx.with_remote_span_context(self.hand_made(id)),
            Attach::Saved(id) => self.saved(id)?,
            Attach::SpanOf(id) => {
                let span = self.saved(id)?.span().span_context().clone();
                cx.with_remote_span_context(span)
            }
            Attach::Started(id) => {
                let mut values = self.values.lock().unwrap();
                let Some(Value::Started(_)) = values.get(&id) else { return None };
                let Some(Value::Started(started)) = values.remove(&id) else { return None };
                drop(values);
                started(&cx)
            }
        })
    }

    fn hand_made(&self, id: Id) -> SpanContext {
        let span_id = SpanId::from(0xabcd_0000 + u64::from(id));
        self.labels.lock().unwrap().insert(span_id, Label::Foreign(id));
        let trace_id = TraceId::from(0xabcd_0000_0000 + u128::from(id));
        SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED, false, TraceState::NONE)
    }

    fn remote(&self, remote: Remote) -> SpanContext {
        let (trace_id, span_id) = remote_ids(remote);
        self.labels.lock().unwrap().insert(span_id, Label::Remote(remote));
        let flags = if remote.is_sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
        SpanContext::new(trace_id, span_id, flags, true, TraceState::NONE)
    }

    fn receive(&self, message: &Message) -> Received {
        let tracers = TRACERS[message.registry];
        let mut headers = Vec::new();
        if let Some(remote) = message.remote {
            let (trace_id, span_id) = remote_ids(remote);
            self.labels.lock().unwrap().insert(span_id, Label::Remote(remote));
            let flags = u8::from(remote.is_sampled);
            headers.push(("traceparent", format!("00-{trace_id}-{span_id}-{flags:02x}")));
        }
        if let Some(tracer) = message.route {
            headers.push(("x-route", tracers[tracer].to_owned()));
        }
        if let Some(tracer) = message.baggage {
            headers.push(("baggage", format!("multitracer.route=to-{}", tracers[tracer])));
        }
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
        self.world.registries[message.registry].receive(&headers[..])
    }
}

/// Returns the identifiers of a remote span.
pub(crate) fn remote_ids(remote: Remote) -> (TraceId, SpanId) {
    let trace_id = remote_trace_id(remote.trace);
    (trace_id, SpanId::from(0xeeee_0000 + u64::from(remote.trace) * 16 + u64::from(remote.span)))
}

pub(crate) fn remote_trace_id(trace: u8) -> TraceId {
    TraceId::from(0xeeee_0000_0000_0000 + u128::from(trace))
}
