//! The places in the source that create spans and events.

use std::error::Error;
use std::io;

use opentelemetry::trace::SpanKind;
use tracing::field::Empty;
use tracing::span::Id;
use tracing::{Span, debug, debug_span, error, error_span, info, info_span, trace, warn, warn_span};

use crate::random::Random;

/// The number of places that create spans.
pub(crate) const SPANS: usize = 6;
/// The number of places that create events.
pub(crate) const EVENTS: usize = 8;

pub(crate) fn failure() -> io::Error {
    let inner = io::Error::other("inner");
    io::Error::other(Box::<dyn Error + Send + Sync>::from(inner))
}

macro_rules! span_at {
    ($site:expr, $random:expr, $($parent:tt)*) => {{
        let number = $random.next() >> $random.below(64);
        let failure = failure();
        let failure = &failure as &(dyn Error + 'static);
        match $site {
            0 => info_span!($($parent)* "plain"),
            1 => info_span!(
                $($parent)* "typed", size = number, negative = -(number as i64 >> 8), share = 0.5,
                flag = number % 2 == 0, text = "a text", late = Empty, wide = u128::from(number) << 20,
            ),
            2 => debug_span!($($parent)* "hidden", late = Empty, shown = %number, list = ?[number, 1]),
            3 => {
                let kind = $random.pick(&["server", "Client", "PRODUCER", "consumer", "internal", "none"]);
                let code = $random.pick(&["ok", "ERROR", "unset", "other"]);
                warn_span!(
                    $($parent)* "special", otel.name = %format!("job {number}"), otel.kind = kind,
                    otel.status_code = code, otel.status_description = Empty, late = Empty, otel.other = 1,
                )
            }
            4 => error_span!($($parent)* "errors", problem = failure, late = Empty, bytes = &b"ab"[..]),
            _ => info_span!(
                $($parent)* "empty", otel.name = Empty, otel.kind = ?SpanKind::Consumer, problem = Empty,
                otel.status_code = Empty, otel.status_description = Empty, error = Empty, late = Empty,
            ),
        }
    }};
}

macro_rules! event_at {
    ($site:expr, $random:expr, $($parent:tt)*) => {{
        let number = $random.next() >> $random.below(64);
        let failure = failure();
        let failure = &failure as &(dyn Error + 'static);
        match $site {
            0 => info!($($parent)* "a message with {number}"),
            1 => debug!($($parent)* number, text = "a text", "hidden"),
            2 => error!($($parent)* "an error"),
            3 => error!($($parent)* error = "no message"),
            4 => warn!($($parent)* error = ?failure, other = 1.5),
            5 => error!($($parent)* problem = failure, "with an error"),
            6 => trace!(name: "named", $($parent)* flag = true, message = number),
            _ => info!(target: "elsewhere", $($parent)* error = failure, otel.name = "not special"),
        }
    }};
}

/// Creates a span under the current one.
pub(crate) fn contextual_span(site: usize, random: &mut Random) -> Span {
    span_at!(site, random,)
}

/// Creates a span under `parent`, or a root.
pub(crate) fn span_under(parent: Option<Id>, site: usize, random: &mut Random) -> Span {
    span_at!(site, random, parent: parent.clone(),)
}

/// Creates an event in the current span.
pub(crate) fn contextual_event(site: usize, random: &mut Random) {
    event_at!(site, random,);
}

/// Creates an event in the span `parent`, or outside of all spans.
pub(crate) fn event_under(parent: Option<Id>, site: usize, random: &mut Random) {
    event_at!(site, random, parent: parent.clone(),);
}
