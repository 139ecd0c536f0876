//! Functions that return a boxed future behind a type alias.
//!
//! The macro cannot see through the alias, so the type system tells these functions from others.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use super::deferred::Deferred;
use super::traced::Traced;
use crate::span::attributes::Attributes;
use crate::span::guard::Entered;
use crate::span::options::Options;
use crate::span::result::outcome::Outcome;
use crate::span::site::Site;

/// A function's return type, without a value.
pub struct ReturnType<T: ?Sized>(PhantomData<fn() -> Box<T>>);

impl<T: ?Sized> ReturnType<T> {
    pub const NEW: Self = Self(PhantomData);
}

impl<T: ?Sized> fmt::Debug for ReturnType<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReturnType")
    }
}

/// A call of a function that returns a boxed future with the bounds `B`.
#[derive(Debug)]
pub struct FutureCall<B> {
    deferred: Deferred,
    bounds: PhantomData<B>,
}

impl<B> FutureCall<B> {
    #[inline(always)]
    pub fn record(&mut self, f: impl FnOnce(&mut Attributes<'_>)) {
        self.deferred.record(f);
    }
}

/// The mark of a boxed future without bounds.
#[derive(Debug)]
pub enum Local {}

/// The mark of a boxed future that is `Send`.
#[derive(Debug)]
pub enum IsSend {}

/// The mark of a boxed future that is `Send` and `Sync`.
#[derive(Debug)]
pub enum IsSync {}

/// The start of a function that returns any other type.
pub trait BeginAny {
    fn begin(&self, site: Site) -> Entered;
    fn begin_with(&self, site: Site, options: impl FnOnce(&mut Options)) -> Entered;
}

impl<T> BeginAny for ReturnType<T> {
    #[inline(always)]
    fn begin(&self, site: Site) -> Entered {
        site.enter()
    }

    #[inline(always)]
    fn begin_with(&self, site: Site, options: impl FnOnce(&mut Options)) -> Entered {
        site.enter_with(options)
    }
}

macro_rules! boxed {
    ($($begin:ident, $bounds:ident, [$($auto:tt)*];)*) => {$(
        pub trait $begin {
            fn begin(&self, site: Site) -> FutureCall<$bounds>;
            fn begin_with(
                &self,
                site: Site,
                options: impl FnOnce(&mut Options),
            ) -> FutureCall<$bounds>;
        }

        impl<'a, T> $begin for &ReturnType<Pin<Box<dyn Future<Output = T> $($auto)* + 'a>>> {
            #[inline(always)]
            fn begin(&self, site: Site) -> FutureCall<$bounds> {
                FutureCall { deferred: site.defer(), bounds: PhantomData }
            }

            #[inline(always)]
            fn begin_with(
                &self,
                site: Site,
                options: impl FnOnce(&mut Options),
            ) -> FutureCall<$bounds> {
                FutureCall { deferred: site.defer_with(options), bounds: PhantomData }
            }
        }

        impl FutureCall<$bounds> {
            /// Wraps the future in its span, if there is one, and boxes it again.
            #[inline(always)]
            pub fn finish<'a, T: 'a>(
                self,
                out: Pin<Box<dyn Future<Output = T> $($auto)* + 'a>>,
                observe: impl Fn(&T, &mut Outcome) + Send + Sync + 'static,
            ) -> Pin<Box<dyn Future<Output = T> $($auto)* + 'a>> {
                if self.deferred.is_live() { Box::pin(Traced::observed(self.deferred, out, observe)) } else { out }
            }
        }
    )*};
}

boxed! {
    BeginLocalFuture, Local, [];
    BeginFuture, IsSend, [+ Send];
    BeginSyncFuture, IsSync, [+ Send + Sync];
}
