//! The span and the route that one service sends, and the parent that the next service takes.
//!
//! Two registries stand for two services. Small programs switch tracers, open spans, attach the
//! context of a message and reload the configuration, in every order.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;
use std::fmt::Write as _;

use multitracer::builder::{RegistryBuilder, RouteBuilder};
use multitracer::export::InMemoryExporter;
use multitracer::propagation::outgoing_headers;
use multitracer::{Registry, TracerBuilder, traced};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use opentelemetry_sdk::trace::SdkTracerProvider;

/// The state of a configuration, before or after a reload.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Version {
    First,
    /// Each tracer has another project.
    Rebuilt,
    /// The tracer `canary` and its route do not exist.
    WithoutCanary,
    /// The route of the name `canary-users` leads to `audit`.
    Rerouted,
    /// The default tracer is `canary`.
    OtherDefault,
}

const RELOADS: [Version; 4] =
    [Version::Rebuilt, Version::WithoutCanary, Version::Rerouted, Version::OtherDefault];

/// The tracers. No route leads to `audit` in the first version.
const TRACERS: [&str; 3] = ["production", "canary", "audit"];

impl Version {
    fn default_tracer(self) -> &'static str {
        if self == Self::OtherDefault { "canary" } else { "production" }
    }

    fn has(self, tracer: &str) -> bool {
        self != Self::WithoutCanary || tracer != "canary"
    }

    fn target(self, route: &str) -> Option<&'static str> {
        match route {
            "operators" => Some("production"),
            "canary-users" if self == Self::Rerouted => Some("audit"),
            "canary-users" => Some("canary").filter(|tracer| self.has(tracer)),
            _ => None,
        }
    }

    fn builder(self, spans: &[InMemoryExporter; 3]) -> RegistryBuilder {
        let project = if self == Self::Rebuilt { "-again" } else { "" };
        let mut builder = Registry::builder().default_tracer(self.default_tracer()).trusted_baggage(true);
        for (name, spans) in TRACERS.iter().zip(spans).filter(|(name, _)| self.has(name)) {
            let project = format!("{name}{project}");
            builder = builder.tracer(TracerBuilder::new(*name).project(project).in_memory(spans));
        }
        for route in ["operators", "canary-users"] {
            if let Some(tracer) = self.target(route) {
                builder = builder.route(RouteBuilder::to_tracer(route, tracer).header("x-route", route));
            }
        }
        builder
    }
}

/// A service with its registry and its exported spans.
struct Service {
    registry: Registry,
    spans: [InMemoryExporter; 3],
}

impl Service {
    fn new(version: Version) -> Self {
        let spans = [(); 3].map(|()| InMemoryExporter::new());
        Self { registry: version.builder(&spans).build().unwrap(), spans }
    }

    fn reload(&self, version: Version) {
        self.registry.reload(version.builder(&self.spans)).unwrap();
    }

    /// Handles a message, and returns the tracer and the parent of the span that it starts.
    fn handle(&self, headers: &http::HeaderMap) -> (&'static str, SpanId) {
        #[traced]
        fn handle() {}

        self.registry.receive(headers).scope(handle);
        let taken = TRACERS.iter().zip(&self.spans);
        let mut taken: Vec<_> =
            taken.flat_map(|(name, spans)| spans.take().into_iter().map(|s| (*name, s))).collect();
        let (tracer, span) = taken.pop().unwrap();
        assert!(taken.is_empty());
        (tracer, span.parent_span_id)
    }
}

/// One step of a program. The later steps run inside of it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Scope(&'static str),
    Span(&'static str),
    /// A span through OpenTelemetry's provider.
    LibrarySpan,
    /// A span of a tracer provider that is none of ours.
    ForeignSpan,
    /// The context of another message is attached.
    Message,
    Reload(Version),
}

const STEPS: [Step; 9] = [
    Step::Scope("production"),
    Step::Scope("canary"),
    Step::Scope("audit"),
    Step::Span("production"),
    Step::Span("canary"),
    Step::Span("audit"),
    Step::LibrarySpan,
    Step::ForeignSpan,
    Step::Message,
];

/// The request that a program handles.
struct Incoming {
    headers: &'static [(&'static str, &'static str)],
    /// The tracer of the caller's span.
    caller: Option<&'static str>,
}

const REQUESTS: [Incoming; 6] = [
    Incoming { headers: &[], caller: None },
    Incoming { headers: &[PARENT], caller: Some("production") },
    Incoming { headers: &[("x-route", "canary-users")], caller: None },
    Incoming { headers: &[PARENT, ("x-route", "operators")], caller: Some("production") },
    Incoming { headers: &[PARENT, ("x-route", "canary-users")], caller: Some("production") },
    Incoming { headers: &[PARENT, ("baggage", "multitracer.route=canary-users")], caller: Some("canary") },
];

const PARENT: (&str, &str) = ("traceparent", "00-00000000000000000000000000000007-0000000000000009-01");

/// Returns `true` if the default tracer changes after a message arrived.
///
/// The message's span then counts as a span of the new default tracer, because a context does not
/// note when it was attached. Such programs are not checked.
fn default_changes_after_message(steps: &[Step]) -> bool {
    let mut after = steps.iter().skip_while(|step| **step != Step::Message);
    after.any(|step| *step == Step::Reload(Version::OtherDefault))
}

/// A run of one program: the service, and the tracer of each span that it made or received.
struct Run<'s> {
    service: &'s Service,
    version: Version,
    owners: HashMap<SpanId, String>,
    /// The spans around the current step, outermost first.
    around: Vec<SpanId>,
}

impl Run<'_> {
    fn add(&mut self, span: SpanId, owner: &str) {
        self.owners.insert(span, owner.to_owned());
        self.around.push(span);
    }

    fn steps(&mut self, steps: &[Step]) -> http::HeaderMap {
        let Some((step, inner)) = steps.split_first() else { return outgoing_headers() };
        let current = || Context::map_current(|cx| cx.span().span_context().span_id());
        let ambient = multitracer::current_tracer().map_or(String::new(), |tracer| tracer.name().to_owned());
        match *step {
            Step::Scope(tracer) | Step::Span(tracer) if self.service.registry.tracer(tracer).is_err() => {
                self.steps(inner)
            }
            Step::Scope(tracer) => self.service.registry.tracer(tracer).unwrap().scope(|| self.steps(inner)),
            Step::Span(tracer) => self.service.registry.tracer(tracer).unwrap().in_span(tracer, || {
                self.add(current(), tracer);
                self.steps(inner)
            }),
            Step::LibrarySpan => {
                let library = self.service.registry.tracer_provider().tracer("library");
                library.in_span("library", |cx| {
                    self.add(cx.span().span_context().span_id(), &ambient);
                    self.steps(inner)
                })
            }
            Step::ForeignSpan => {
                let foreign = SdkTracerProvider::default().tracer("foreign");
                foreign.in_span("foreign", |_cx| self.steps(inner))
            }
            Step::Message => {
                let remote = SpanContext::new(
                    TraceId::from(8),
                    SpanId::from(10),
                    TraceFlags::SAMPLED,
                    true,
                    TraceState::default(),
                );
                self.add(remote.span_id(), self.version.default_tracer());
                let _attached = Context::current().with_remote_span_context(remote).attach();
                self.steps(inner)
            }
            Step::Reload(version) => {
                self.service.reload(version);
                self.version = version;
                self.steps(inner)
            }
        }
    }
}

/// The two services, and the deviations so far.
struct Suite {
    /// The next service, by the version of its configuration.
    next: Vec<(Version, Service)>,
    programs: usize,
    deviations: usize,
    report: String,
}

impl Suite {
    fn new() -> Self {
        let versions = [Version::First].into_iter().chain(RELOADS);
        let next = versions.map(|version| (version, Service::new(version))).collect();
        Self { next, programs: 0, deviations: 0, report: String::new() }
    }

    /// Runs `steps` in each request, and checks what is sent.
    fn program(&mut self, service: &Service, steps: &[Step]) {
        if default_changes_after_message(steps) {
            return;
        }
        for Incoming { headers, caller } in REQUESTS {
            let mut run =
                Run { service, version: Version::First, owners: HashMap::new(), around: Vec::new() };
            if let Some(caller) = caller {
                run.add(SpanId::from(9), caller);
            }
            let sent = service.registry.receive(headers).scope(|| run.steps(steps));
            service.spans.iter().for_each(|spans| drop(spans.take()));
            self.programs += 1;
            if let Err(deviation) = self.check(&run, steps, &sent) {
                self.deviations += 1;
                if self.deviations <= 10 {
                    writeln!(self.report, "{headers:?} {steps:?}: {deviation}").unwrap();
                }
            }
            if steps.iter().any(|step| matches!(step, Step::Reload(_))) {
                service.reload(Version::First);
            }
        }
    }

    fn check(&self, run: &Run<'_>, steps: &[Step], sent: &http::HeaderMap) -> Result<(), String> {
        let text = |name: &str| sent.get(name).map_or("", |value| value.to_str().unwrap());
        let route = text("baggage").strip_prefix("multitracer.route=");
        let named = match route {
            Some(route) => run.version.target(route).ok_or(format!("the route `{route}` is gone"))?,
            None => run.version.default_tracer(),
        };
        let parent = text("traceparent").split('-').nth(2);
        let parent = parent.map(|id| SpanId::from_hex(id).unwrap());
        let owner = |id| run.owners.get(&id).map(String::as_str);
        if let Some(parent) = parent
            && owner(parent) != Some(named)
        {
            return Err(format!("sends a span of {:?} for {named}", owner(parent)));
        }
        // a span that covers another one, and a reload, may cost a trace its parent
        let may_lose_parent =
            |step: &Step| matches!(step, Step::ForeignSpan | Step::Message | Step::Reload(_));
        if !steps.iter().any(may_lose_parent) {
            let nearest = run.around.iter().rev().copied().find(|id| owner(*id) == Some(named));
            if parent != nearest {
                return Err(format!("sends {parent:?} for {named}, not {nearest:?}"));
            }
        }
        let (_, next) = self.next.iter().find(|(version, _)| *version == run.version).unwrap();
        let (tracer, taken) = next.handle(sent);
        if taken != SpanId::INVALID && owner(taken) != Some(tracer) {
            return Err(format!("an orphan: {tracer} continues a span of {:?}", owner(taken)));
        }
        if tracer != named {
            return Err(format!("the next service uses {tracer}, not {named}"));
        }
        Ok(())
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.programs > 0);
            assert_eq!(self.deviations, 0, "of {} programs; the first:\n{}", self.programs, self.report);
        }
    }
}

#[test]
fn the_next_service_has_no_orphan_whatever_is_current() {
    let (mut suite, service) = (Suite::new(), Service::new(Version::First));
    suite.program(&service, &[]);
    for a in STEPS {
        suite.program(&service, &[a]);
        for b in STEPS {
            suite.program(&service, &[a, b]);
            for c in STEPS {
                suite.program(&service, &[a, b, c]);
            }
        }
    }
}

#[test]
fn the_next_service_has_no_orphan_if_both_reload_meanwhile() {
    let (mut suite, service) = (Suite::new(), Service::new(Version::First));
    for reload in RELOADS.map(Step::Reload) {
        suite.program(&service, &[reload]);
        for a in STEPS {
            suite.program(&service, &[reload, a]);
            suite.program(&service, &[a, reload]);
            for b in STEPS {
                suite.program(&service, &[reload, a, b]);
                suite.program(&service, &[a, reload, b]);
                suite.program(&service, &[a, b, reload]);
            }
        }
    }
}

#[test]
fn a_foreign_span_is_sent_only_if_no_registry_is_in_force() {
    let service = Service::new(Version::First);
    SdkTracerProvider::default().tracer("foreign").in_span("foreign", |cx| {
        let id = cx.span().span_context().span_id().to_string();
        assert!(outgoing_headers()["traceparent"].to_str().unwrap().contains(&id));
        assert_eq!(service.registry.scope(outgoing_headers)["traceparent"], "");
        // the propagator of a registry needs no ambient tracer
        let mut carrier = HashMap::new();
        service.registry.propagator().inject_context(&cx, &mut carrier);
        assert_eq!(carrier["traceparent"], "");
    });
}
