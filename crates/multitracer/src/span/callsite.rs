//! The entry points of a traced function: one relaxed load while no tracer is enabled.

use std::panic::Location;

use opentelemetry::KeyValue;

use super::attributes::Attributes;
use super::future::traced;
use super::guard::Entered;
use super::opened::{Opened, Opening};
use super::options::Options;
use super::site::Site;
use crate::span::future::deferred::Deferred;
use crate::tracer::{Literal, Quick, any_tracer_enabled, skip_unsampled, start_quickly};

/// Opens a span that ends with the guard. `function` returns the type name of an item inside the
/// traced function.
#[inline(always)]
#[track_caller]
pub fn enter(name: &'static str, function: fn() -> &'static str) -> Entered {
    if any_tracer_enabled() { enter_now(name, function, Location::caller()) } else { Entered::none() }
}

/// Keeps the context of the call. The span opens at the first poll.
#[inline(always)]
#[track_caller]
pub fn defer(name: &'static str, function: fn() -> &'static str) -> Deferred {
    if any_tracer_enabled() { defer_now(name, function, Location::caller()) } else { Deferred::none() }
}

impl Site {
    #[inline(always)]
    #[must_use]
    pub fn enter(self) -> Entered {
        if any_tracer_enabled() { enter_site(self) } else { Entered::none() }
    }

    /// Opens a span with attributes whose expressions run no code of users. `fill` may run twice.
    #[inline(always)]
    #[must_use]
    pub fn enter_filled(self, mut fill: impl FnMut(&mut Attributes<'_>)) -> Entered {
        if any_tracer_enabled() { enter_filled(self, &mut fill) } else { Entered::none() }
    }

    #[inline(always)]
    #[must_use]
    pub fn enter_with(self, options: impl FnOnce(&mut Options)) -> Entered {
        if any_tracer_enabled() { enter_site_with(self, options) } else { Entered::none() }
    }

    #[inline(always)]
    #[must_use]
    pub fn defer(self) -> Deferred {
        if any_tracer_enabled() { defer_site(self) } else { Deferred::none() }
    }

    #[inline(always)]
    #[must_use]
    pub fn defer_with(self, options: impl FnOnce(&mut Options)) -> Deferred {
        if any_tracer_enabled() { defer_site_with(self, options) } else { Deferred::none() }
    }

    /// Runs `record` if the future around the caller has just opened a span of this site.
    #[inline(always)]
    pub fn on_start(self, record: impl FnOnce(&mut Attributes<'_>)) {
        if any_tracer_enabled() {
            traced::on_start(&self, record);
        }
    }
}

// the caller builds these arguments in its own branch, so they cost nothing while tracing is
// disabled

#[inline(never)]
fn enter_now(
    name: &'static str,
    function: fn() -> &'static str,
    place: &'static Location<'static>,
) -> Entered {
    enter_site(Site::at(name, function, place))
}

#[inline(never)]
fn enter_site(site: Site) -> Entered {
    if skip_unsampled(site.literal().map(Literal::id)) {
        return Entered::none();
    }
    enter_sampled(site)
}

#[inline(never)]
fn enter_sampled(site: Site) -> Entered {
    match start_quickly(site.literal().map(Literal::id), || site.to_function(), None) {
        Quick::Opened(cx, capture) => Entered::new(Opened { site, capture, cx, recording: true }),
        Quick::Unsampled(cx) => Entered::new(Opened::without_span(site, cx)),
        Quick::Skipped => Entered::none(),
        Quick::Unknown => opened(site, Options::new(site)),
    }
}

#[inline(never)]
fn enter_filled(site: Site, fill: &mut dyn FnMut(&mut Attributes<'_>)) -> Entered {
    if skip_unsampled(site.literal().map(Literal::id)) {
        return Entered::none();
    }
    let mut is_filled = false;
    let mut fill_list = |list: &mut Vec<KeyValue>| is_filled = Attributes::fill(list, fill);
    let quick = start_quickly(site.literal().map(Literal::id), || site.to_function(), Some(&mut fill_list));
    let entered = match quick {
        Quick::Opened(cx, capture) => Entered::new(Opened { site, capture, cx, recording: true }),
        Quick::Unsampled(cx) => return Entered::new(Opened::without_span(site, cx)),
        Quick::Skipped => return Entered::none(),
        Quick::Unknown => opened(site, Options::new(site)),
    };
    if !is_filled {
        entered.record(fill);
    }
    entered
}

#[inline(never)]
fn enter_site_with(site: Site, set: impl FnOnce(&mut Options)) -> Entered {
    let mut options = Options::new(site);
    set(&mut options);
    opened(site, options)
}

fn opened(site: Site, options: Options) -> Entered {
    match options.prepare().open(site) {
        Opening::Opened(opened) => Entered::new(opened),
        Opening::Unchanged(_) => Entered::none(),
    }
}

#[inline(never)]
fn defer_now(
    name: &'static str,
    function: fn() -> &'static str,
    place: &'static Location<'static>,
) -> Deferred {
    defer_site(Site::at(name, function, place))
}

#[inline(never)]
fn defer_site(site: Site) -> Deferred {
    Deferred::plain(site)
}

#[inline(never)]
fn defer_site_with(site: Site, set: impl FnOnce(&mut Options)) -> Deferred {
    let mut options = Options::new(site);
    set(&mut options);
    Deferred::new(options)
}
