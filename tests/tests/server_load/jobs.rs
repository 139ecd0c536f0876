//! The requests: their headers, and the tracer and the caller that each must have.

use multitracer::Registry;

/// The first half of the trace ids of callers.
pub(crate) const CALLERS: u64 = 0xC0FF_EE00_0000_0000;

/// The span of a caller in another process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) trace: u128,
    pub(crate) span: u64,
    pub(crate) is_sampled: bool,
}

/// The end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A whole response.
    Whole,
    /// A response whose body or messages are made while the client reads.
    Stream,
    /// A stream that the client drops after its first part.
    StreamDropped,
    /// A panic of the handler.
    Panic,
    /// A panic outside of everything that catches panics.
    PanicUncaught,
    /// A handler that hangs until the client disconnects.
    Hang,
    /// A handler that hangs until the server's timeout.
    Timeout,
}

/// The middleware inside the layer that reads the caller's headers again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inner {
    None,
    /// Starts a span in the extracted context.
    Span,
    /// Attaches the extracted context only.
    Attach,
}

/// The listener that a request is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    /// Ignores baggage.
    Public,
    /// Trusts baggage.
    Internal,
    /// Excludes every path.
    Quiet,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: u64,
    pub(crate) listener: Listener,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The tracer of the route; `None` for the default tracer.
    pub(crate) route: Option<String>,
    pub(crate) caller: Option<Caller>,
    /// `true` if trusted baggage says that the caller's span is one of the route's tracer.
    pub(crate) route_owns_caller: bool,
    /// A bit for each kind of work.
    pub(crate) work: u32,
    pub(crate) end: End,
    pub(crate) inner: Inner,
}

/// Headers that choose a route, the tracer that they lead to, and `true` if they need trust.
struct Kind(&'static [(&'static str, &'static str)], Route, bool);

enum Route {
    Default,
    To(&'static str),
    /// The variant of the experiment.
    Variant,
}

const KINDS: &[Kind] = &[
    Kind(&[], Route::Default, false),
    Kind(&[("x-canary-user", "true")], Route::To("canary"), false),
    Kind(&[("x-shadow-traffic", "true")], Route::To("shadow"), false),
    Kind(&[("x-plan", "pro"), ("x-user-id", "user-42")], Route::Variant, false),
    Kind(&[("x-canary-user", "true")], Route::To("canary"), false),
    Kind(&[("x-plan", "team"), ("x-user-id", "user-1")], Route::Variant, false),
    Kind(&[("x-canary-user", "True")], Route::Default, false),
    Kind(&[("x-canary-user", "true"), ("x-canary-user", "true")], Route::Default, false),
    Kind(&[("baggage", "multitracer.route=canary-users"), ("tracer", "canary")], Route::Default, false),
    Kind(&[("baggage", "multitracer.route=shadow"), ("x-canary-user", "true")], Route::To("canary"), false),
    Kind(&[("baggage", "multitracer.route=canary-users")], Route::To("canary"), true),
    Kind(&[("baggage", "multitracer.route=shadow"), ("x-canary-user", "true")], Route::To("shadow"), true),
    Kind(
        &[("baggage", "multitracer.route=paying,multitracer.variant=terse"), ("x-user-id", "user-42")],
        Route::To("terse"),
        true,
    ),
];

/// A value of `traceparent` whose trace id is too short. OpenTelemetry's own propagator reads it.
const TOO_SHORT: &str = "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01";

/// Values of `traceparent` that name no caller.
const GARBAGE: [&str; 8] = [
    TOO_SHORT,
    "00-garbage",
    "",
    "00-00000000000000000000000000000000-0000000000000001-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "zz-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0AF7651916CD43DD8448EB211C80319X-b7ad6b7169203331-01",
];

/// Returns well mixed bits of `number` (splitmix64).
pub(crate) fn mix(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

impl Job {
    /// Returns request number `id`. The number decides everything.
    pub(crate) fn new(registry: &Registry, id: u64, ends: &[End]) -> Self {
        let choice = |salt: u64, among: usize| (mix(id ^ (salt << 56)) % among as u64) as usize;
        let listener = match choice(1, 12) {
            0 => Listener::Quiet,
            1..4 => Listener::Internal,
            _ => Listener::Public,
        };
        let kinds = KINDS.iter().filter(|kind| match (listener, kind.2) {
            (Listener::Internal, true) => true,
            // trust changes the meaning of forged baggage, so these kinds are for the public
            // listener
            (Listener::Internal, false) => kind.0.iter().all(|(name, _)| *name != "baggage"),
            (_, needs_trust) => !needs_trust,
        });
        let kinds: Vec<_> = kinds.collect();
        let Kind(chosen, route, route_owns_caller) = kinds[choice(2, kinds.len())];
        let route = match route {
            Route::Default => None,
            Route::To(tracer) => Some((*tracer).to_owned()),
            Route::Variant => Some(registry.route(*chosen).tracer().name().to_owned()),
        };
        let mut headers: Vec<_> = chosen.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        if listener == Listener::Internal {
            let tenant = format!("tenant=t{id}");
            match headers.iter_mut().find(|(name, _)| *name == "baggage") {
                Some((_, baggage)) => *baggage = format!("{baggage},{tenant}"),
                None => headers.push(("baggage", tenant)),
            }
        }
        let caller = (choice(3, 2) == 0).then(|| Caller {
            // a caller's trace has several requests
            trace: (u128::from(CALLERS) << 64) | u128::from(id / 4 + 1),
            span: mix(id) | 1,
            is_sampled: choice(4, 4) != 0,
        });
        match caller {
            Some(Caller { trace, span, is_sampled }) => {
                let flags = u8::from(is_sampled);
                headers.push(("traceparent", format!("00-{trace:032x}-{span:016x}-{flags:02x}")));
                if choice(5, 3) == 0 {
                    headers.push(("tracestate", "vendor=opaque".to_owned()));
                }
            }
            None if choice(6, 3) == 0 => {
                headers.push(("traceparent", GARBAGE[choice(7, GARBAGE.len())].to_owned()));
            }
            None => {}
        }
        let end = ends[choice(8, ends.len())];
        let inner = match headers.last() {
            // a middleware that continues this trace has a trace of its own
            Some((_, value)) if value == TOO_SHORT => Inner::None,
            _ => [Inner::Span, Inner::Attach, Inner::None, Inner::None][choice(9, 4)],
        };
        let work = (mix(id ^ (10 << 56)) & mix(id ^ (11 << 56))) as u32;
        Self { id, listener, headers, route, caller, route_owns_caller: *route_owns_caller, work, end, inner }
    }

    /// Returns all headers, with those that tell the server what to do.
    pub(crate) fn all_headers(&self) -> Vec<(&'static str, String)> {
        let mut all = self.headers.clone();
        all.push(("x-id", self.id.to_string()));
        all.push(("x-work", self.work.to_string()));
        all.push(("x-end", format!("{:?}", self.end)));
        all.push(("x-inner", format!("{:?}", self.inner)));
        all
    }

    /// Returns the path of an HTTP request.
    pub(crate) fn path(&self) -> String {
        match (self.listener, self.end) {
            (Listener::Quiet, End::Timeout) => format!("/healthz/slow/{}", self.id),
            (Listener::Quiet, _) => format!("/healthz/{}", self.id),
            (_, End::Timeout) => format!("/slow/{}", self.id),
            _ => format!("/work/{}", self.id),
        }
    }
}

/// Returns the kind of end or middleware that a header names.
pub(crate) fn named<T: Copy + std::fmt::Debug>(all: &[T], name: &str) -> Option<T> {
    all.iter().copied().find(|one| format!("{one:?}") == name)
}

pub(crate) const ENDS: [End; 7] =
    [End::Whole, End::Stream, End::StreamDropped, End::Panic, End::PanicUncaught, End::Hang, End::Timeout];
pub(crate) const INNERS: [Inner; 3] = [Inner::None, Inner::Span, Inner::Attach];
